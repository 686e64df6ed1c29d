#!/usr/bin/env python3
"""Offers a server more than it can do: how many good answers are left, how long they take, and what the rest is told.

    Benchmarks/serving/overload.py PHOTOS [--seconds 10] [--loads 0.5,1,2,3]

The rate that 32 connections reach one request after the other counts as 1. Ends with an error if 3 times that rate
costs more than a tenth of the best goodput (the client, whose share of a core is shown, takes its part of that), if an answer is neither good nor a 503 with a Retry-After, or if the
slowest hundredth of the good answers takes longer than the queue is meant to be.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import time

import open_loop

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import common  # noqa: E402


def start(binary, model, arguments):
    process = subprocess.Popen(common.serve_command(binary, model, 0, *arguments), stdout=subprocess.PIPE, text=True)
    port = int(re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())[1])
    common.wait_until_ready(port, process)
    return process, ("127.0.0.1", port)


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def goodput(answers, seconds):
    """Good answers a second of the second half, when the queue is as long as it gets."""
    return sum(answer.status == 200 and seconds / 2 < answer.time <= seconds for answer in answers) / (seconds / 2)


def main():
    parser = argparse.ArgumentParser(description="Offer effnet more than it can do.")
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, default=common.EXECUTABLE)
    parser.add_argument("--model", type=pathlib.Path, default=common.MODEL)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--loads", default="0.5,1,2,3")
    parser.add_argument("--timeout-ms", type=int, help="what each request says that it waits for")
    parser.add_argument("--longest", type=float, default=5, help="seconds that a good answer may take (p99)")
    # What is not known here is for effnet serve.
    arguments, serve = parser.parse_known_args()
    timeout = f"X-Request-Timeout-Ms: {arguments.timeout_ms}\r\n" if arguments.timeout_ms else ""
    head = f"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\n{timeout}Content-Length: "
    bodies = [photo.read_bytes() for photo in common.photographs(arguments.photos)]
    requests = [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
    server, address = start(arguments.binary, arguments.model, serve)
    problems = []
    try:
        open_loop.run(address, requests, 0, 2, closed_connections=8)
        answers, _ = open_loop.run(address, requests, 0, arguments.seconds, closed_connections=32)
        capacity = goodput(answers, arguments.seconds)
        print(f"{capacity:.0f} requests/s with 32 connections")
        print(f"{'load':>5} {'offered/s':>10} {'good/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'503/s':>8} {'others':>7} {'client':>7}  "
              "Retry-After")
        best, last = capacity, capacity
        for load in map(float, arguments.loads.split(",")):
            rate = load * capacity
            used = time.process_time()
            answers, failures = open_loop.run(address, requests, rate, arguments.seconds)
            used = (time.process_time() - used) / arguments.seconds
            good = [answer.seconds for answer in answers if answer.status == 200]
            refused = [answer for answer in answers if answer.status == 503]
            others = failures + len(answers) - len(good) - len(refused)
            last = goodput(answers, arguments.seconds)
            best = max(best, last)
            told = sorted({answer.retry_after for answer in refused}, key=lambda value: value or 0)
            print(
                f"{load:5.1f} {rate:10.0f} {last:8.1f} {1e3 * percentile(good, 0.5):8.1f} "
                f"{1e3 * percentile(good, 0.99):8.1f} {len(refused) / arguments.seconds:8.1f} {others:7} {used:7.2f}  {told}",
                flush=True,
            )
            if others:
                problems.append(f"{others} requests at {load} times the rate got no answer, or an unexpected one")
            if None in told or any(value < 1 for value in told):
                problems.append("a 503 had no Retry-After")
            if percentile(good, 0.99) > arguments.longest:
                problems.append(f"good answers took more than {arguments.longest} s")
        if last < 0.9 * best:
            problems.append(f"the goodput fell from {best:.0f} to {last:.0f} requests/s")
    finally:
        server.terminate()
        if server.wait(timeout=60) != 0:
            problems.append("the server did not end well")
    for problem in problems:
        print(f"overload: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
