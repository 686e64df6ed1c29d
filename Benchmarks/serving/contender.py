"""One server of the comparison: how it is started, asked and watched."""

import dataclasses
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import common

PORT = 8377


@dataclasses.dataclass
class Contender:
    name: str
    command: list
    environment: dict = dataclasses.field(default_factory=dict)
    #: How photos.lua sends a photograph, and where to.
    form: str = "raw"
    path: str = "/v1/classify"
    ready_path: str = "/readyz"


@dataclasses.dataclass
class Row:
    """What was measured at one number of connections."""

    connections: int
    requests_per_second: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    refused: int
    errors: int
    #: Of processor time that the server took for a request.
    cpu_ms: float
    #: The most memory that its processes were seen with so far.
    peak_bytes: int


def wait_for_port(seconds=20):
    """Waits until the last server's processes are gone."""
    end = time.monotonic() + seconds
    while True:
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                return probe.bind(("127.0.0.1", PORT))
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


class Running:
    """A server while it runs. The most memory of all its processes is watched, pages that they share counted once for
    each."""

    def __init__(self, contender, log):
        wait_for_port()
        self.contender, self.peak = contender, 0
        self.process = subprocess.Popen(
            [str(word) for word in contender.command],
            env={**os.environ, **{name: str(value) for name, value in contender.environment.items()}},
            stdout=log,
            stderr=subprocess.STDOUT,
            # Some leave processes behind: all of the group are ended. A session of its own would get its own share of the
            # processor.
            process_group=0,
        )
        threading.Thread(target=self.watch, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def processes(self):
        found, open_list = [], [self.process.pid]
        while open_list:
            current = open_list.pop()
            found.append(current)
            try:
                for task in pathlib.Path(f"/proc/{current}/task").iterdir():
                    open_list += map(int, (task / "children").read_text().split())
            except OSError:
                continue
        return found

    def resident(self):
        total = 0
        for process in self.processes():
            try:
                status = pathlib.Path(f"/proc/{process}/status").read_text()
                total += int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024
            except (OSError, TypeError):
                continue
        return total

    def cpu_seconds(self):
        total = 0
        for process in self.processes():
            try:
                fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
            except OSError:
                continue
        return total / os.sysconf("SC_CLK_TCK")

    def watch(self):
        while self.process.poll() is None:
            self.peak = max(self.peak, self.resident())
            time.sleep(0.1)

    def wait_until_ready(self):
        common.wait_until_ready(PORT, self.process, self.contender.ready_path)

    def measure(self, connections, seconds, photos):
        before = self.cpu_seconds()
        result = common.post_photographs(PORT, connections, seconds, photos, self.contender.form, self.contender.path)
        good = max(1, result["good"])
        return Row(
            connections=connections,
            requests_per_second=result["good"] / result["seconds"],
            p50_ms=result["p50_ms"],
            p90_ms=result["p90_ms"],
            p99_ms=result["p99_ms"],
            refused=result["refused"],
            errors=result["errors"],
            cpu_ms=1e3 * (self.cpu_seconds() - before) / good,
            peak_bytes=self.peak,
        )

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
