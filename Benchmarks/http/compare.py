"""Compares HTTP servers on one small answer, all of them in one run.

    scripts/install-packages wrk nginx-light
    swift build -c release --product effnet
    swift build -c release --package-path Benchmarks/http/hummingbird-peer
    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install -r Benchmarks/http/requirements.txt
    /tmp/peers/bin/python Benchmarks/http/compare.py [--seconds 4] [--rounds 3]

Each server answers GET /livez with the same 17 bytes of JSON: effnet; Hummingbird 2 on SwiftNIO; uvicorn with httptools,
on asyncio's own loop, on uvloop, and on uvloop with a worker a core; nginx with one static file. Load comes from wrk on the
same machine, so only the ratios of one run mean something. Each server is warmed up: effnet measures its model when it is
idle after the start. Then the servers take turns in every round; a cell is the median of the rounds: requests a second, the
99th percentile of latency, processor time a request (user and system, all processes of the server), and over all rounds the
requests that failed. The last columns are effnet's rate to this server's, and its requests to this server's in the same
processor time. In the rows "64 × 16" each connection sends sixteen requests at once; wrk's percentiles are wrong then.
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
CORES = len(os.sched_getaffinity(0))

NGINX = """
worker_processes {cores};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    open_file_cache max=10;
    types {{ }}
    default_type application/json;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


def commands(folder):
    """Name, port and command of every server."""
    (folder / "livez").write_text('{"status":"live"}')
    (folder / "nginx.conf").write_text(NGINX.format(cores=CORES, folder=folder, port=8084))
    folder.chmod(0o755)
    effnet = [ROOT / ".build/release/effnet", "serve", "--host", "127.0.0.1", "--log-level", "warning", "--port", "8081"]
    peer = [HERE / "hummingbird-peer/.build/release/Peer", "8082"]
    nginx = ["nginx", "-c", folder / "nginx.conf", "-p", folder, "-g", "daemon off;"]
    return [
        ("effnet", 8081, effnet),
        ("hummingbird", 8082, peer),
        ("uvicorn, asyncio", 8083, uvicorn(8083, "asyncio", workers=1)),
        ("uvicorn, uvloop", 8086, uvicorn(8086, "uvloop", workers=1)),
        (f"uvicorn × {CORES}, uvloop", 8085, uvicorn(8085, "uvloop", workers=CORES)),
        ("nginx", 8084, nginx),
    ]


def uvicorn(port, loop, workers):
    """The fast parser, and parser and loop named so that it cannot start without them; no log line a request."""
    return [
        *(sys.executable, "-m", "uvicorn", "--http", "httptools", "--loop", loop, "--no-access-log"),
        *("--log-level", "error", "--workers", str(workers), "--port", str(port), "--app-dir", HERE, "asgi_peer:app"),
    ]


def wait_for(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                if connection.recv(100).startswith(b"HTTP/1.1 200"):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"no server answers on port {port}")


def milliseconds(text):
    parts = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    if not parts:
        # What wrk says when not one request came back.
        return float("inf")
    number, unit = parts.groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}[unit]


def processor_seconds(session):
    """User and system time of all processes in a session: of a server and its workers."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            # It has ended since.
            continue
        if int(fields[3]) == session:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def load(port, session, connections, seconds, pipelined=False):
    """Requests a second, the 99th percentile of latency in milliseconds, the server's processor time a request in
    microseconds, and how many requests failed."""
    threads = min(CORES, connections)
    url = f"http://127.0.0.1:{port}/livez"
    script = ["-s", HERE / "pipeline.lua"] if pipelined else []
    command = ["wrk", "--latency", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", *script, url]
    before = processor_seconds(session)
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    spent = processor_seconds(session) - before
    failures = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = sum(int(number) for match in (failures, refused) if match for number in match.groups())
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    requests = int(re.search(r"(\d+) requests in", text)[1])
    # The lines of the threads have percentages too.
    tail = milliseconds(re.search(r"^\s+99%\s+(\S+)", text, re.MULTILINE)[1])
    return rate, tail, 1e6 * spent / max(1, requests), errors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 64, 512])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        servers, processes = [], []
        try:
            for server, port, command in commands(Path(name)):
                # A session of its own tells which processes are this server's.
                process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
                processes.append(process)
                servers.append((server, port, process.pid))
            for _, port, _ in servers:
                wait_for(port)
            for _, port, session in servers:
                load(port, session, 8, 1)
            print("| connections | server | requests/s | p99 ms | CPU µs/request | failed | effnet's rate | per CPU second |")
            print("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
            for connections in arguments.connections:
                report(servers, arguments, str(connections), connections)
            report(servers, arguments, "64 × 16", 64, pipelined=True)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()


def report(servers, arguments, title, connections, pipelined=False):
    """Measures all servers in turns, and prints their rows."""
    runs = {name: [] for name, _, _ in servers}
    for _ in range(arguments.rounds):
        for name, port, session in servers:
            runs[name].append(load(port, session, connections, arguments.seconds, pipelined))
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in runs.items()}
    our_rate, _, our_cost, _ = medians["effnet"]
    for name, (rate, tail, cost, _) in medians.items():
        failed = sum(errors for *_, errors in runs[name])
        latency = "–" if pipelined else f"{tail:.2f}"
        print(f"| {title} | {name} | {rate:,.0f} | {latency} | {cost:.2f} | {failed} | {our_rate / rate:.2f} | "
              f"{cost / our_cost:.2f} |", flush=True)


main()
