#!/usr/bin/env python3
"""Serves the same photographs from one core, from all cores in one process, and from one process a core behind haproxy as
Deploy/haproxy.cfg has it, and prints the table. All of them, and the clients, share this machine's cores over loopback.
Needs wrk and haproxy.

    Benchmarks/scaling/replicas.py PHOTOS [--seconds 10] [--connections 8,32]
"""

import argparse
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import common  # noqa: E402


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Layout:
    """Replicas, each with so many workers, and a proxy before them if asked for; they end with the block."""

    def __init__(self, arguments, replicas, threads, has_proxy):
        self.peak = 0
        ports = [free_port() for _ in range(replicas)]
        self.processes = [
            subprocess.Popen(
                common.serve_command(arguments.binary, arguments.model, port, "--threads", threads),
                stdout=subprocess.DEVNULL,
            )
            for port in ports
        ]
        self.replicas = [process.pid for process in self.processes]
        self.port = self.proxied(ports) if has_proxy else ports[0]
        self.is_watching = True
        threading.Thread(target=self.watch, daemon=True).start()

    def proxied(self, ports):
        front = free_port()
        text = (common.ROOT / "Deploy/haproxy.cfg").read_text()
        text = text.replace(" :8080\n", f" 127.0.0.1:{front}\n").replace("127.0.0.1:8404", f"127.0.0.1:{free_port()}")
        text = re.sub(r"^    server .*\n", "", text, flags=re.MULTILINE)
        servers = "".join(f"    server replica{number} 127.0.0.1:{port}\n" for number, port in enumerate(ports))
        text = re.sub(r"(^    default-server .*\n)", rf"\1{servers}", text, flags=re.MULTILINE)
        self.file = tempfile.NamedTemporaryFile("w", suffix=".cfg")
        self.file.write(text)
        self.file.flush()
        self.processes.append(
            subprocess.Popen(["haproxy", "-db", "-f", self.file.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        return front

    def watch(self):
        """The most memory that the replicas had together."""
        while self.is_watching:
            try:
                status = [pathlib.Path(f"/proc/{process}/status").read_text() for process in self.replicas]
                resident = sum(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024 for text in status)
                self.peak = max(self.peak, resident)
            except (OSError, TypeError):
                return
            time.sleep(0.1)

    def __enter__(self):
        # Two good checks make a replica of the proxy's.
        common.wait_until_ready(self.port)
        time.sleep(3)
        return self

    def __exit__(self, *_):
        self.is_watching = False
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()


def main():
    parser = argparse.ArgumentParser(description="Measure how effnet scales on this machine.")
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, default=common.EXECUTABLE)
    parser.add_argument("--model", type=pathlib.Path, default=common.MODEL)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", default="8,32")
    arguments = parser.parse_args()
    photos = common.photographs(arguments.photos)
    if not shutil.which("haproxy"):
        sys.exit("replicas: there is no haproxy; install it with: scripts/install-packages haproxy")
    cores = len(os.sched_getaffinity(0))
    layouts = [
        ("1 process, 1 worker", 1, 1, False),
        (f"1 process, {cores} workers", 1, cores, False),
        (f"1 process, {cores} workers, haproxy", 1, cores, True),
        (f"{cores} processes, 1 worker each, haproxy", cores, 1, True),
    ]
    print(f"{'layout':40} {'conn.':>5} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'refused':>8} {'memory MB':>10}")
    for name, replicas, threads, has_proxy in layouts:
        with Layout(arguments, replicas, threads, has_proxy) as layout:
            common.post_photographs(layout.port, 2, 2, photos)
            for connections in map(int, arguments.connections.split(",")):
                row = common.post_photographs(layout.port, connections, arguments.seconds, photos)
                print(
                    f"{name:40} {connections:5} {row['good'] / row['seconds']:8.1f} {row['p50_ms']:8.1f} "
                    f"{row['p99_ms']:8.1f} {row['refused']:8} {layout.peak / 1e6:10.0f}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
