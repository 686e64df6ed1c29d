"""The engines that are compared: how each one is started, in a process of its own on as many CPUs as it has threads."""

import json
import os
import subprocess
import sys

import models


def run(command, threads):
    """Runs a command on the last of the CPUs that this process may use; returns what it prints."""
    cpus = sorted(os.sched_getaffinity(0))[-threads:]
    result = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cpus),
    )
    if result.returncode != 0:
        sys.exit(f"compare: {command[0]} failed with status {result.returncode}")
    return result.stdout


def report(output):
    """The JSON object among the lines that a command prints."""
    (line,) = [line for line in output.splitlines() if line.startswith("{")]
    return json.loads(line)


class Effnet:
    name = "effnet"
    precisions = ("fp32", "bf16", "int8")
    #: It has one way to run a batch.
    hints = (None,)

    def __init__(self, executable):
        self.executable = executable

    def options(self, model, precision):
        return ["--model", model.quantised if precision == "int8" else model.folder, "--precision", precision]

    def compute(self, model, precision, images, output, batch, threads):
        """Writes the logits of a .npy file of images to another; so many images run together."""
        command = [self.executable, "run", *self.options(model, precision), "--threads", threads]
        run([*command, "--max-batch", batch, "--input", images, "--output", output], threads)

    def measure(self, model, precision, images, batch, threads, seconds, hint):
        """The report of one turn: `median_ms` of a batch, and `isa`."""
        command = [self.executable, "bench", *self.options(model, precision), "--threads", threads, "--json"]
        return report(run([*command, "--batch", batch, "--seconds", seconds], threads))


class Peer:
    def __init__(self, name, precisions, hints):
        self.name, self.precisions, self.hints = name, precisions, hints

    def command(self, model, precision, images, batch, threads):
        path = model.quantised_xml if precision == "int8" else model.onnx
        command = [sys.executable, models.HERE / "measure_peer.py", self.name, path, "--input", images]
        return [*command, "--precision", precision, "--batch", batch, "--threads", threads]

    def compute(self, model, precision, images, output, batch, threads):
        """Writes the logits of a .npy file of images to another; so many images run together."""
        run([*self.command(model, precision, images, batch, threads), "--output", output], threads)

    def measure(self, model, precision, images, batch, threads, seconds, hint):
        """The report of one turn: `median_ms` of a batch."""
        command = [*self.command(model, precision, images, batch, threads), "--seconds", seconds]
        return report(run(command + (["--hint", hint] if hint else []), threads))


ONNX_RUNTIME = Peer("onnxruntime", ("fp32",), (None,))
OPENVINO = Peer("openvino", ("fp32", "bf16", "int8"), ("LATENCY", "THROUGHPUT"))
PEERS = (ONNX_RUNTIME, OPENVINO)
