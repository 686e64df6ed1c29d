#!/usr/bin/env python3
"""Serves the same photographs with effnet and with its peers, one after the other in one run, and prints the table:
requests a second, latencies and peak memory at several numbers of connections. Needs wrk.

    python3 -m venv .venv-serving && .venv-serving/bin/pip install -r Benchmarks/serving/requirements.txt
    .venv-serving/bin/python Benchmarks/serving/compare.py PHOTOS [--seconds 10] [--connections 1,8,32,128] [--peers …]
"""

import argparse
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PORT = 8377
PEERS = ("onnxruntime", "openvino", "openvino-bf16")


def resident(process):
    """Bytes of a process and its descendants, shared pages counted once for each."""
    total, open_list = 0, [process]
    while open_list:
        current = open_list.pop()
        try:
            status = pathlib.Path(f"/proc/{current}/status").read_text()
            total += int(re.search(r"VmRSS:\s+(\d+)", status)[1]) * 1024
            for task in pathlib.Path(f"/proc/{current}/task").iterdir():
                open_list += map(int, (task / "children").read_text().split())
        except (OSError, TypeError):
            continue
    return total


class Contender:
    """One server while it runs, and the most memory that it was seen with."""

    def __init__(self, name, command, environment=None):
        self.name, self.peak = name, 0
        self.process = subprocess.Popen(
            command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while self.process.poll() is None:
            self.peak = max(self.peak, resident(self.process.pid))
            time.sleep(0.1)

    def wait_until_ready(self):
        for _ in range(1200):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
                connection.request("GET", "/readyz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise TimeoutError(f"{self.name} does not become ready")

    def measure(self, connections, seconds, photos):
        output = subprocess.run(
            ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout",
             "30s", "--script", str(HERE / "photos.lua"), f"http://127.0.0.1:{PORT}", "--", "/v1/classify", *photos],
            check=True, capture_output=True, text=True,
        ).stdout
        return json.loads(re.search(r"RESULT (.*)", output)[1])

    def stop(self):
        self.process.terminate()
        self.process.wait()


def contenders(arguments, onnx):
    """Starts one after the other; each is stopped before the next one begins."""
    yield Contender(
        "effnet",
        [arguments.binary, "serve", "--host", "127.0.0.1", "--port", str(PORT), "--log-level", "error", "--model",
         arguments.model],
    )
    for engine in arguments.peers.split(","):
        yield Contender(
            f"FastAPI + {engine}",
            [sys.executable, "-m", "uvicorn", "fastapi_peer:app", "--app-dir", HERE, "--host", "127.0.0.1", "--port",
             str(PORT), "--workers", str(arguments.workers), "--log-level", "error"],
            {
                "PEER_ENGINE": engine,
                "PEER_ONNX": str(onnx),
                "PEER_CONFIG": str(arguments.model / "config.json"),
                "OMP_NUM_THREADS": "1",
            },
        )


def main():
    parser = argparse.ArgumentParser(description="Compare effnet with other servers.")
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / ".build/release/effnet")
    parser.add_argument("--model", type=pathlib.Path, default=ROOT / "Models/tf_efficientnet_lite0")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", default="1,8,32,128")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    photos = sorted(str(path) for path in arguments.photos.iterdir() if path.suffix.lower() in (".jpg", ".jpeg"))
    if not photos:
        sys.exit(f"compare: there are no JPEG photographs in {arguments.photos}")
    print(f"{'server':24} {'conn.':>5} {'req/s':>8} {'p50 ms':>8} {'p90 ms':>8} {'p99 ms':>8} {'refused':>8} {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as work:
        onnx = pathlib.Path(work) / "model.onnx"
        exporter = ROOT / "Benchmarks/peers/export_onnx.py"
        subprocess.run([sys.executable, exporter, arguments.model, onnx], check=True, stdout=subprocess.DEVNULL)
        for contender in contenders(arguments, onnx):
            try:
                contender.wait_until_ready()
                contender.measure(2, 1, photos)
                for connections in map(int, arguments.connections.split(",")):
                    row = contender.measure(connections, arguments.seconds, photos)
                    print(
                        f"{contender.name:24} {connections:5} {row['requests_per_second']:8.1f} {row['p50_ms']:8.1f} "
                        f"{row['p90_ms']:8.1f} {row['p99_ms']:8.1f} {row['refused']:8} {contender.peak / 1e6:8.0f}",
                        flush=True,
                    )
            finally:
                contender.stop()


if __name__ == "__main__":
    main()
