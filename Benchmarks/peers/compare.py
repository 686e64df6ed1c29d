#!/usr/bin/env python3
"""Times effnet against ONNX Runtime and OpenVINO: the same weights, input, threads and CPUs, in turn, in one run.

    python3 -m venv .venv-peers && .venv-peers/bin/pip install -r Benchmarks/peers/requirements.txt
    .venv-peers/bin/python Benchmarks/peers/compare.py [--model DIR | --seeded NAME ...] [--batch 1,8] [--threads 1]

Every engine runs in a process of its own, limited to as many CPUs as it has threads. The engines take turns for
several rounds, and the table shows the median of each one's rounds, the ratio of effnet's time to the fastest peer's,
and how far effnet's logits, and that peer's, are from ONNX Runtime's in float32, relative to the largest.
`--precision bf16` compares with OpenVINO in bf16.
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

#: Who computes in which precision.
PEERS = {"fp32": ("onnxruntime", "openvino"), "bf16": ("openvino",)}


class Row:
    """One line of the table: a model in one precision, at one batch size and number of threads."""

    def __init__(self, folder, onnx, precision, batch, threads, workspace):
        self.folder, self.onnx, self.precision = folder, onnx, precision
        self.batch, self.threads = batch, threads
        self.times = {}
        self.instruction_set = ""
        self.prefix = workspace / f"{folder.name}-{precision}-{batch}-{threads}"
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
        model = ["--model", self.folder, "--precision", self.precision]
        bench = [executable, "bench", *model, "--batch", self.batch, "--threads", self.threads, "--json"]
        (report,) = self.run(bench)
        self.instruction_set = report.get("isa", "")
        self.times.setdefault("effnet", []).append(report["median_ms"])
        if not self.output("effnet").exists():
            self.run([executable, "run", *model, "--input", self.input, "--output", self.output("effnet")])

    def measure_peer(self, peer, seconds):
        command = [sys.executable, HERE / "measure_peer.py", peer, self.onnx, "--input", self.input]
        command += ["--output", self.output(peer), "--threads", self.threads, "--seconds", seconds]
        (report,) = self.run([*command, "--precision", self.precision])
        self.times.setdefault(peer, []).append(report["median_ms"])

    def make_reference(self):
        """The logits that all others are held against."""
        command = [sys.executable, HERE / "measure_peer.py", "onnxruntime", self.onnx, "--input", self.input]
        self.run([*command, "--output", self.output("reference"), "--seconds", 0])

    def difference(self, engine):
        """How far an engine's logits are from the reference, relative to the largest."""
        logits, reference = np.load(self.output(engine)), np.load(self.output("reference"))
        return float(abs(logits - reference).max() / abs(reference).max())

    def summary(self):
        medians = {engine: statistics.median(times) for engine, times in self.times.items()}
        result = {
            "model": self.folder.name,
            "precision": self.precision,
            "batch": self.batch,
            "threads": self.threads,
            "median_ms": medians,
        }
        peers = [peer for peer in PEERS[self.precision] if peer in medians]
        if "effnet" in medians and peers:
            fastest = min(peers, key=medians.get)
            result["isa"] = self.instruction_set
            result["ratio_to_fastest_peer"] = medians["effnet"] / medians[fastest]
            result["difference"] = self.difference("effnet")
            result["peer_difference"] = self.difference(fastest)
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


def cell(number, form):
    return "-" if number is None else format(number, form)


def print_table(rows, engines):
    versions = [f"{peer} {importlib.metadata.version(peer)}" for peer in engines if peer != "effnet"]
    print(f"\n{processor()}; {', '.join(versions)}; median milliseconds of a batch\n")
    header = ["model", "precision", "batch", "threads", *engines, "ratio", "difference", "peer's"]
    lines = [header]
    for summary in map(Row.summary, rows):
        lines.append(
            [
                summary["model"],
                summary["precision"],
                str(summary["batch"]),
                str(summary["threads"]),
                *(cell(summary["median_ms"].get(engine), ".2f") for engine in engines),
                cell(summary.get("ratio_to_fastest_peer"), ".2f"),
                cell(summary.get("difference"), ".1e"),
                cell(summary.get("peer_difference"), ".1e"),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        print(
            "  ".join(
                cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))
            )
        )


def precisions(text):
    names = text.split(",")
    unknown = set(names) - set(PEERS)
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown precisions: {', '.join(sorted(unknown))}")
    return names


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
    parser.add_argument("--precision", type=precisions, default=["fp32"], help="fp32, bf16 or both (default fp32)")
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
    unknown = set(engines) - {"effnet", *PEERS["fp32"]}
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
                Row(folder, onnx, precision, batch, threads, pathlib.Path(temporary))
                for precision in arguments.precision
                for batch in arguments.batch
                for threads in arguments.threads
            ]
        for row in rows:
            if row.onnx:
                row.make_reference()
        for turn in range(arguments.rounds):
            for row in rows:
                for engine in engines:
                    if engine != "effnet" and engine not in PEERS[row.precision]:
                        continue
                    print(f"round {turn + 1}: {row.folder.name}, {row.precision}, batch {row.batch}, {engine}", file=sys.stderr)
                    if engine == "effnet":
                        row.measure_effnet(arguments.effnet)
                    else:
                        row.measure_peer(engine, arguments.seconds)
        print_table(rows, engines)
        if arguments.json:
            arguments.json.write_text("".join(json.dumps(row.summary()) + "\n" for row in rows))


if __name__ == "__main__":
    main()
