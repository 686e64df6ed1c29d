#!/usr/bin/env python3
"""Serves the same photographs with effnet and with its peers, one after the other in one run, and prints the table:
requests a second, latencies and peak memory at several numbers of connections. Needs wrk.

    python3 -m venv .venv-serving && .venv-serving/bin/pip install -r Benchmarks/serving/requirements.txt
    .venv-serving/bin/python Benchmarks/serving/compare.py PHOTOS [--seconds 10] [--connections 1,8,32,128] [--peers …]

Triton needs packages that do not go with the others':

    python3 -m venv .venv-triton && .venv-triton/bin/pip install -r Benchmarks/serving/requirements-triton.txt
    .venv-serving/bin/python Benchmarks/serving/compare.py PHOTOS --triton-python .venv-triton/bin/python

effnet's `--precisions int8` serves the model folder as `effnet quantize` left it; of a folder that has no
quantization.safetensors a copy is quantised with PHOTOS first. Every peer has as many workers as there are cores, each with
one thread, and the weights of the same folder.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import simplejpeg

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import common  # noqa: E402
from contender import PORT, Contender, Running  # noqa: E402

PEERS = common.ROOT / "Benchmarks/serving/peers"
#: In the order of the table.
NAMES = ("onnxruntime", "openvino", "openvino-bf16", "granian", "litserve", "bentoml", "triton")


class Effnet:
    """effnet in one precision; none is its own choice."""

    def __init__(self, arguments, precision, workspace):
        self.binary = arguments.binary
        self.model = self.quantised(arguments, workspace) if precision == "int8" else arguments.model
        self.options = ["--precision", precision] if precision else []
        command = common.serve_command(self.binary, self.model, PORT, *self.options, *arguments.serve)
        self.contender = Contender(f"effnet {precision}".strip(), command)

    @staticmethod
    def quantised(arguments, workspace):
        if (arguments.model / "quantization.safetensors").exists():
            return arguments.model
        return common.quantised(arguments.binary, arguments.model, arguments.photos, workspace)

    def bench(self, *options):
        command = [self.binary, "bench", "--model", self.model, "--threads", "1", "--json", *self.options]
        output = subprocess.run([*command, *map(str, options)], check=True, capture_output=True, text=True).stdout
        return json.loads(output)


def peer(name, arguments, onnx):
    workers = arguments.workers
    scripts = pathlib.Path(sys.executable).parent
    environment = {
        "PEER_ONNX": onnx,
        "PEER_CONFIG": arguments.model / "config.json",
        "PEER_ENGINE": "openvino-bf16",
        "PEER_WORKERS": workers,
        "PEER_PORT": PORT,
        "PEER_PINNING": int(arguments.pinning),
        "OMP_NUM_THREADS": 1,
        "PYTHONPATH": PEERS,
    }
    if name in ("onnxruntime", "openvino", "openvino-bf16"):
        command = [sys.executable, PEERS / "fastapi_peer.py"]
        return Contender(f"FastAPI + {name}", command, {**environment, "PEER_ENGINE": name})
    if name == "granian":
        command = [scripts / "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", PORT, "--workers", workers,
                   "--runtime-threads", 1, "--loop", "uvloop", "--no-ws", "--backlog", 1024, "--log-level", "error",
                   "granian_peer:app"]
        return Contender("granian + turbo + bf16", command, environment)
    if name == "litserve":
        return Contender("LitServe + bf16", [sys.executable, PEERS / "litserve_peer.py"], environment, form="form")
    if name == "bentoml":
        command = [sys.executable, "-m", "bentoml", "serve", "bentoml_peer:Classifier", "--host", "127.0.0.1", "--port",
                   PORT, "--working-dir", PEERS]
        return Contender(
            "BentoML + bf16", command, {**environment, "BENTOML_DO_NOT_TRACK": "True"}, form="form"
        )
    if name == "triton":
        command = [arguments.triton_python, PEERS / "triton_peer.py"]
        return Contender(
            "Triton + bf16",
            command,
            # With its store of tensors, the second instance gives up while the first one still starts it.
            {**environment, "PYTRITON_NO_TENSORSTORE": 1},
            form="oip",
            path="/v2/models/classify/infer",
            ready_path="/v2/models/classify/ready",
        )
    sys.exit(f"compare: there is no peer {name}; there are {', '.join(NAMES)}")


def decoding_ms(photos):
    """libjpeg-turbo's own decoding, at full size to RGB: the mean over the photographs of each one's median."""
    medians = []
    for photo in photos:
        body = photo.read_bytes()
        times = []
        for _ in range(5):
            start = time.perf_counter()
            simplejpeg.decode_jpeg(body, colorspace="RGB")
            times.append(time.perf_counter() - start)
        medians.append(statistics.median(times))
    return 1e3 * statistics.mean(medians)


def print_overhead(arguments, effnet, rows, costs, photos):
    """What a request costs besides the network, and how close the service comes to what its parts allow."""
    batch = costs["batch_that_pays"]
    image_path = effnet.bench("--images", arguments.photos)["decode_resize_ms"]
    network = effnet.bench("--batch", batch)["median_ms"] / batch
    decoding = decoding_ms(photos)
    busiest = max(rows, key=lambda row: row.requests_per_second)
    overhead = busiest.cpu_ms - network
    possible = 1e3 * arguments.workers / (image_path + network)
    print(
        f"\nOne core, ms a photograph: libjpeg-turbo's decoding {decoding:.2f}, image path {image_path:.2f}, network "
        f"{network:.2f} (batch {batch})\n"
        f"At {busiest.connections} connections: {busiest.cpu_ms:.2f} ms of processor time a request; all but the network "
        f"{overhead:.2f} ms = {overhead / decoding:.2f} x libjpeg-turbo's decoding (goal 1.3)\n"
        f"{busiest.requests_per_second:.1f} requests/s = {busiest.requests_per_second / possible:.2f} of "
        f"{arguments.workers} cores / (image path + network) = {possible:.1f} (goal 0.9); wrk runs on the same cores\n",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description="Compare effnet with other servers.")
    parser.add_argument("photos", type=pathlib.Path)
    parser.add_argument("--binary", type=pathlib.Path, default=common.EXECUTABLE)
    parser.add_argument("--model", type=pathlib.Path, default=common.MODEL)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--warm-up", type=int, default=6, help="seconds of load before the first measurement")
    parser.add_argument("--connections", default="1,8,32,128")
    parser.add_argument("--peers", default=",".join(NAMES), help="of: " + ", ".join(NAMES) + "; none for effnet alone")
    parser.add_argument("--precisions", default="", help="of effnet, such as fp32,bf16,int8; empty for its default")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--pinning", action="store_true", help="let OpenVINO pin its threads, as it does by default")
    parser.add_argument("--triton-python", type=pathlib.Path, help="the Python that has PyTriton")
    parser.add_argument("--log", type=pathlib.Path, default=os.devnull, help="where the servers' output goes")
    # What is not known here is for effnet serve.
    arguments, serve = parser.parse_known_args()
    arguments.serve = serve
    photos = common.photographs(arguments.photos)
    names = [name for name in arguments.peers.split(",") if name and name != "none"]
    if "triton" in names and arguments.triton_python is None:
        print("Triton is left out: --triton-python says which Python has PyTriton", file=sys.stderr)
        names.remove("triton")

    print(f"{'server':24} {'conn.':>5} {'req/s':>8} {'p50 ms':>8} {'p90 ms':>8} {'p99 ms':>8} {'failed':>7} {'CPU ms':>7} "
          f"{'peak MB':>8}", flush=True)
    with tempfile.TemporaryDirectory() as work, open(arguments.log, "w") as log:
        onnx = pathlib.Path(work) / "model.onnx"
        if names:
            exporter = common.ROOT / "Benchmarks/peers/export_onnx.py"
            subprocess.run([sys.executable, exporter, arguments.model, onnx], check=True, stdout=subprocess.DEVNULL)
        ours = [Effnet(arguments, precision, pathlib.Path(work)) for precision in arguments.precisions.split(",")]
        contenders = [(effnet.contender, effnet) for effnet in ours]
        contenders += [(peer(name, arguments, onnx), None) for name in names]
        failed = []
        for contender, effnet in contenders:
            rows, costs = [], None
            try:
                with Running(contender, log) as running:
                    running.wait_until_ready()
                    # Each worker has its first requests, and what learns from them (BentoML's batching does) has learnt.
                    running.measure(8, arguments.warm_up, photos)
                    for connections in map(int, arguments.connections.split(",")):
                        row = running.measure(connections, arguments.seconds, photos)
                        rows.append(row)
                        print(
                            f"{contender.name:24} {connections:5} {row.requests_per_second:8.1f} {row.p50_ms:8.1f} "
                            f"{row.p90_ms:8.1f} {row.p99_ms:8.1f} {row.refused + row.errors:7} {row.cpu_ms:7.2f} "
                            f"{row.peak_bytes / 1e6:8.0f}",
                            flush=True,
                        )
                    if effnet:
                        costs = running.ask("/v1/models")["models"][0]["cost"]
            except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
                print(f"{contender.name:24} {error}", flush=True)
                failed.append(contender.name)
            if costs:
                print_overhead(arguments, effnet, rows, costs, photos)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
