#!/usr/bin/env python3
"""Times one FP32 picture as a tensor in the Open Inference Protocol, in JSON and in the binary form: what the server
spends on a whole request, by its own `Server-Timing`, and how much of that is not inference.

    Benchmarks/serving/tensor_request.py [--requests 200] [OPTIONS OF effnet serve]

One client sends one request after the other on one connection. The table shows medians in milliseconds; `rest` is all
that the server does but inference, `client` is what the client waits.
"""

import argparse
import array
import http.client
import json
import pathlib
import random
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import common  # noqa: E402
from contender import PORT  # noqa: E402

SHAPE = [1, 3, 224, 224]
NAME = "picture"
PATH = f"/v2/models/{NAME}/infer"
COLUMNS = ("receive", "decode", "queue", "inference", "total")


def tensor():
    """Numbers like those of a normalised picture, exactly as float32 has them."""
    source = random.Random(1)
    count = SHAPE[1] * SHAPE[2] * SHAPE[3]
    return array.array("f", (source.uniform(-2, 2) for _ in range(count)))


def json_request(numbers, write):
    text = ",".join(map(write, numbers))
    body = f'{{"inputs":[{{"name":"image","datatype":"FP32","shape":{SHAPE},"data":[{text}]}}]}}'
    return body.encode(), {"Content-Type": "application/json"}


def binary_request(numbers):
    values = numbers.tobytes()
    tensors = [{"name": "image", "datatype": "FP32", "shape": SHAPE, "parameters": {"binary_data_size": len(values)}}]
    head = json.dumps({"inputs": tensors}).encode()
    return head + values, {"Inference-Header-Content-Length": str(len(head))}


def measure(connection, body, fields, count):
    """The median of each phase, and of what the client waited, in milliseconds."""
    rows = []
    for _ in range(count):
        start = time.perf_counter()
        connection.request("POST", PATH, body, fields)
        answer = connection.getresponse()
        text = answer.read()
        waited = 1e3 * (time.perf_counter() - start)
        if answer.status != 200:
            sys.exit(f"tensor_request: {answer.status}: {text[:200]}")
        phases = {name: float(value) for name, value in re.findall(r"(\w+);dur=([\d.]+)", answer.headers["Server-Timing"])}
        rows.append({**phases, "rest": phases["total"] - phases["inference"], "client": waited})
    return {name: statistics.median(row.get(name, 0) for row in rows) for name in rows[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--binary", type=pathlib.Path, default=common.EXECUTABLE)
    parser.add_argument("--model", type=pathlib.Path, default=common.MODEL)
    # What is not known here is for effnet serve.
    arguments, serve = parser.parse_known_args()
    numbers = tensor()
    requests = {
        "JSON, 6 digits": json_request(numbers, "{:.6g}".format),
        # As Python writes float32 numbers that it holds as its own.
        "JSON, 17 digits": json_request(numbers, repr),
        # So small that all of them have an exponent, and no Float has them exactly.
        "JSON, exponents": json_request([number * 1e-5 for number in numbers], repr),
        "binary": binary_request(numbers),
    }
    command = common.serve_command(arguments.binary, f"{NAME}={arguments.model}", PORT, *serve)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        common.wait_until_ready(PORT, process)
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        names = (*COLUMNS, "rest", "client")
        print(f"{'form':16} {'KB':>6}" + "".join(f"{name:>11}" for name in names))
        for form, (body, fields) in requests.items():
            measure(connection, body, fields, 10)
            medians = measure(connection, body, fields, arguments.requests)
            print(f"{form:16} {len(body) / 1e3:6.0f}" + "".join(f"{medians[name]:11.2f}" for name in names))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
