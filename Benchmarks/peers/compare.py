#!/usr/bin/env python3
"""Times effnet against ONNX Runtime and OpenVINO: the same weights, input, threads and CPUs, in turn, in one run.

    python3 -m venv .venv-peers && .venv-peers/bin/pip install -r Benchmarks/peers/requirements.txt
    .venv-peers/bin/python Benchmarks/peers/compare.py [--model DIR | --seeded NAME ...] [--batch 1,8] [--threads 1]

Every engine runs in a process of its own, limited to as many CPUs as it has threads. The engines take turns for
several rounds, and the table shows the median of each one's rounds, the ratio of effnet's time to the faster peer's,
and how far effnet's logits are from ONNX Runtime's, relative to the largest. All compute in float32.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import seeded_values  # noqa: E402

PEERS = ("onnxruntime", "openvino")


class Row:
    """One line of the table: a model at one batch size and number of threads."""

    def __init__(self, folder, onnx, batch, threads, workspace):
        self.folder, self.onnx, self.batch, self.threads = folder, onnx, batch, threads
        self.times = {}
        self.instruction_set = ""
        self.prefix = workspace / f"{folder.name}-{batch}-{threads}"
        size = json.loads((folder / "config.json").read_text())["pretrained_cfg"]["input_size"]
        self.input = self.prefix.with_suffix(".input.npy")
        np.save(self.input, seeded_values.picture((batch, *size)))

    def output(self, engine):
        return self.prefix.with_suffix(f".{engine}.npy")

    def run(self, command):
        """Runs a command on the last of the CPUs that this process may use; returns the JSON it prints."""
        cpus = sorted(os.sched_getaffinity(0))[-self.threads :]
        result = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )
        if result.returncode != 0:
            sys.exit(f"compare: {command[0]} failed with status {result.returncode}")
        return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]

    def measure_effnet(self, executable):
        model = ["--model", self.folder]
        bench = [executable, "bench", *model, "--batch", self.batch, "--threads", self.threads, "--json"]
        (report,) = self.run(bench)
        self.instruction_set = report.get("isa", "")
        self.times.setdefault("effnet", []).append(report["median_ms"])
        if not self.output("effnet").exists():
            self.run([executable, "run", *model, "--input", self.input, "--output", self.output("effnet")])

    def measure_peer(self, peer, seconds):
        command = [sys.executable, HERE / "measure_peer.py", peer, self.onnx, "--input", self.input]
        command += ["--output", self.output(peer), "--threads", self.threads, "--seconds", seconds]
        (report,) = self.run(command)
        self.times.setdefault(peer, []).append(report["median_ms"])

    def summary(self):
        medians = {engine: statistics.median(times) for engine, times in self.times.items()}
        result = {"model": self.folder.name, "batch": self.batch, "threads": self.threads, "median_ms": medians}
        peers = [medians[peer] for peer in PEERS if peer in medians]
        if "effnet" in medians and peers:
            result["isa"] = self.instruction_set
            result["ratio_to_faster_peer"] = medians["effnet"] / min(peers)
        if "effnet" in medians and "onnxruntime" in medians:
            ours, theirs = np.load(self.output("effnet")), np.load(self.output("onnxruntime"))
            result["difference"] = float(abs(ours - theirs).max() / abs(theirs).max())
        return result


def model_folders(arguments, workspace):
    """The folders to run; those of seeded models are made first."""
    folders = [folder.resolve() for folder in arguments.model]
    for name in arguments.seeded:
        folder = workspace / name
        if not (folder / "model.safetensors").exists():
            subprocess.run([sys.executable, ROOT / "scripts" / "make-seeded-model", name, folder], check=True)
        folders.append(folder)
    return folders or [ROOT / "Models" / "tf_efficientnet_lite0"]


def exported(folder, workspace):
    """The folder's ONNX file, made anew when the weights are newer."""
    path = workspace / f"{folder.name}.onnx"
    if not path.exists() or path.stat().st_mtime < (folder / "model.safetensors").stat().st_mtime:
        command = [sys.executable, HERE / "export_onnx.py", folder, path]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return path


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown CPU")


def print_table(rows, engines):
    versions = [f"{peer} {importlib.metadata.version(peer)}" for peer in engines if peer != "effnet"]
    print(f"\n{processor()}; {', '.join(versions)}; float32; median milliseconds of a batch\n")
    header = ["model", "batch", "threads", *engines, "ratio", "difference"]
    lines = [header]
    for summary in map(Row.summary, rows):
        lines.append(
            [
                summary["model"],
                str(summary["batch"]),
                str(summary["threads"]),
                *(f"{summary['median_ms'][engine]:.2f}" for engine in engines),
                f"{summary['ratio_to_faster_peer']:.2f}" if "ratio_to_faster_peer" in summary else "-",
                f"{summary['difference']:.1e}" if "difference" in summary else "-",
            ]
        )
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        print(
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))
            )
        )


def numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(description="Time effnet against its peers.")
    parser.add_argument(
        "--model", type=pathlib.Path, action="append", default=[], help="a model folder; may be repeated"
    )
    parser.add_argument(
        "--seeded", action="append", default=[], help="a timm architecture, with seeded weights; may be repeated"
    )
    parser.add_argument("--batch", type=numbers, default=[1, 8], help="batch sizes (default 1,8)")
    parser.add_argument("--threads", type=numbers, default=[1], help="numbers of threads (default 1)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each engine (default 3)")
    parser.add_argument("--seconds", type=float, default=2, help="length of a peer's turn (default 2)")
    parser.add_argument("--engines", default="effnet,onnxruntime,openvino", help="which to run")
    parser.add_argument(
        "--effnet", type=pathlib.Path, default=ROOT / ".build" / "release" / "effnet", help="the executable"
    )
    parser.add_argument("--workspace", type=pathlib.Path, help="a folder that keeps exports between runs")
    parser.add_argument("--json", type=pathlib.Path, help="also write the rows to this file, one JSON object a line")
    arguments = parser.parse_args()
    engines = arguments.engines.split(",")
    unknown = set(engines) - {"effnet", *PEERS}
    if unknown:
        parser.error(f"unknown engines: {', '.join(sorted(unknown))}")
    if "effnet" in engines and not arguments.effnet.exists():
        parser.error(f"{arguments.effnet} does not exist; build it with: swift build -c release")
    available = len(os.sched_getaffinity(0))
    if max(arguments.threads) > available:
        parser.error(f"this process may use {available} CPUs, fewer than {max(arguments.threads)} threads")

    with tempfile.TemporaryDirectory() as temporary:
        workspace = arguments.workspace or pathlib.Path(temporary)
        workspace.mkdir(parents=True, exist_ok=True)
        rows = []
        for folder in model_folders(arguments, workspace):
            onnx = exported(folder, workspace) if set(engines) - {"effnet"} else None
            rows += [
                Row(folder, onnx, batch, threads, pathlib.Path(temporary))
                for batch in arguments.batch
                for threads in arguments.threads
            ]
        for turn in range(arguments.rounds):
            for row in rows:
                for engine in engines:
                    print(f"round {turn + 1}: {row.folder.name}, batch {row.batch}, {engine}", file=sys.stderr)
                    if engine == "effnet":
                        row.measure_effnet(arguments.effnet)
                    else:
                        row.measure_peer(engine, arguments.seconds)
        print_table(rows, engines)
        if arguments.json:
            arguments.json.write_text("".join(json.dumps(row.summary()) + "\n" for row in rows))


if __name__ == "__main__":
    main()
