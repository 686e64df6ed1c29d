"""Starts the built server for the tests with real clients, and knows what its answers should be."""

import os
import pathlib
import re
import signal
import subprocess
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("EFFNET_BINARY", ROOT / ".build/release/effnet"))
MODEL = ROOT / "Models/tf_efficientnet_lite0"
PHOTOS = sorted((ROOT / "Tests/Fixtures/photos").glob("*.jp*g"))
NAME = "tf_efficientnet_lite0"


class Service:
    """A server on a port of the kernel's choice; ready when the block begins, and ended cleanly behind it."""

    def __init__(self, *arguments, port=0):
        self.arguments = [str(argument) for argument in arguments]
        self.port = port

    def __enter__(self):
        self.process = subprocess.Popen(
            [BINARY, "serve", "--host", "127.0.0.1", "--port", str(self.port), "--log-level", "error", *self.arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        line = self.process.stdout.readline()
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", line)[1])
        self.wait_until_ready()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        assert code == 0, f"the server ended with {code}"

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}"

    def get(self, path):
        with urllib.request.urlopen(self.url + path) as answer:
            return answer.read()

    def wait_until_ready(self, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + "/readyz"):
                    return
            except OSError:
                time.sleep(0.02)
        raise TimeoutError("the server does not become ready")
