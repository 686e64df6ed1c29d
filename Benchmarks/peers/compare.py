#!/usr/bin/env python3
"""Times effnet against ONNX Runtime and OpenVINO: the same weights, input, threads and CPUs, in turn, in one run.

    python3 -m venv .venv-peers && .venv-peers/bin/pip install -r Benchmarks/peers/requirements.txt
    .venv-peers/bin/python Benchmarks/peers/compare.py [--model DIR | --seeded NAME ...] [--batch 1,8] [--threads 1]
        [--precision fp32,bf16,int8] [--photos DIR] [--avx2]

Every engine runs in a process of its own, limited to as many CPUs as it has threads. The engines take turns for
several rounds, and the table shows the median of each one's rounds, the ratio of effnet's time to the fastest peer's,
and how far effnet's logits, and that peer's, are from ONNX Runtime's in float32, relative to the largest. OpenVINO has a
turn with each of its hints, LATENCY and THROUGHPUT; the faster one counts.

In bf16 and int8 the peer is OpenVINO. For int8 `effnet quantize` and NNCF see the same photographs, those of `--photos`.
Where they are given, each time has its worth beside it, computed by all from the same tensors, of six views of each
photograph (its mirror image and parts of it): `agree` is the share of views whose likeliest class is the same engine's in
fp32, `top-1` the share whose likeliest class is right. Seeded weights know no classes: of theirs, times alone mean
something.

With `--avx2` no engine uses more than AVX2. ONNX Runtime cannot be held to that, so it only computes the reference.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import common  # noqa: E402

sys.path.insert(0, str(common.ROOT / "scripts"))

from engines import ONNX_RUNTIME, PEERS, Effnet  # noqa: E402
from models import Model, Photographs  # noqa: E402
from rows import Answers, Row  # noqa: E402


def model_folders(arguments, workspace):
    """The folders to run; those of seeded models are made first."""
    folders = [folder.resolve() for folder in arguments.model]
    for name in arguments.seeded:
        folder = workspace / name
        if not (folder / "model.safetensors").exists():
            subprocess.run([sys.executable, common.ROOT / "scripts/make-seeded-model", name, folder], check=True)
        folders.append(folder)
    return folders or [common.MODEL]


def rows(arguments, contestants, workspace, temporary):
    """The lines of the table; all that the engines need for them is made."""
    photographs = Photographs(arguments.photos) if arguments.photos else None
    result = []
    for folder in model_folders(arguments, workspace):
        model = Model(folder, workspace, arguments.effnet, photographs)
        answers = Answers(model, temporary, max(arguments.threads)) if photographs else None
        result += [
            Row(model, precision, batch, threads, contestants, answers, temporary)
            for precision in arguments.precision
            for batch in arguments.batch
            for threads in arguments.threads
        ]
    for row in result:
        row.compute()
    return result


def processor():
    with open("/proc/cpuinfo") as file:
        return next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown CPU")


def cell(number, form):
    return "-" if number is None else format(number, form)


def worth(summary):
    """The cells of what effnet's answers, and the fastest peer's, are worth."""
    names = ("effnet", summary.get("fastest_peer"))
    return [cell(summary[kind].get(name), ".1%") for kind in ("agreement", "accuracy") for name in names]


def print_table(summaries, contestants, has_photographs):
    names = [engine.name for engine in contestants]
    versions = [f"{name} {importlib.metadata.version(name)}" for name in names if name != "effnet"]
    print(f"\n{', '.join([processor(), *versions])}; median milliseconds of a batch\n")
    lines = [["model", "precision", "batch", "threads", *names, "ratio", "difference", "peer's"]]
    lines[0] += ["agree", "peer's", "top-1", "peer's"] if has_photographs else []
    for summary in summaries:
        lines.append(
            [
                summary["model"],
                summary["precision"],
                str(summary["batch"]),
                str(summary["threads"]),
                *(cell(summary["median_ms"].get(name), ".2f") for name in names),
                cell(summary.get("ratio_to_fastest_peer"), ".2f"),
                cell(summary.get("difference"), ".1e"),
                cell(summary.get("peer_difference"), ".1e"),
                *(worth(summary) if has_photographs else []),
            ]
        )
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        first, *others = [cell.rjust(width) for cell, width in zip(line, widths)]
        print("  ".join([line[0].ljust(len(first)), *others]))


def one_of(known, what):
    """Reads names that commas divide."""

    def read(text):
        names = text.split(",")
        unknown = set(names) - set(known)
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown {what}: {', '.join(sorted(unknown))}")
        return names

    return read


def numbers(text):
    return [int(part) for part in text.split(",")]


def parsed():
    names = ["effnet", *(peer.name for peer in PEERS)]
    parser = argparse.ArgumentParser(description="Time effnet against its peers.")
    parser.add_argument(
        "--model", type=pathlib.Path, action="append", default=[], help="a model folder; may be repeated"
    )
    parser.add_argument(
        "--seeded", action="append", default=[], help="a timm architecture, with seeded weights; may be repeated"
    )
    parser.add_argument(
        "--precision",
        type=one_of(Effnet.precisions, "precisions"),
        default=["fp32"],
        help="of fp32, bf16, int8 (default fp32)",
    )
    parser.add_argument("--photos", type=pathlib.Path, help="a folder of photographs with their classes in labels.csv")
    parser.add_argument("--batch", type=numbers, default=[1, 8], help="batch sizes (default 1,8)")
    parser.add_argument("--threads", type=numbers, default=[1], help="numbers of threads (default 1)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each engine (default 3)")
    parser.add_argument("--seconds", type=float, default=2, help="length of a turn (default 2)")
    parser.add_argument("--engines", type=one_of(names, "engines"), default=names, help="which to run")
    parser.add_argument("--avx2", action="store_true", help="hold the engines to AVX2")
    parser.add_argument("--effnet", type=pathlib.Path, default=common.EXECUTABLE, help="the executable")
    parser.add_argument(
        "--workspace", type=pathlib.Path, help="a folder that keeps what is made of models between runs"
    )
    parser.add_argument("--json", type=pathlib.Path, help="also write the rows to this file, one JSON object a line")
    arguments = parser.parse_args()
    if "effnet" in arguments.engines and not arguments.effnet.exists():
        parser.error(f"{arguments.effnet} does not exist; build it with: swift build -c release")
    if "int8" in arguments.precision and not arguments.photos:
        parser.error("int8 needs photographs to calibrate with: --photos DIR")
    if arguments.photos and not (arguments.photos / "labels.csv").exists():
        parser.error(f"{arguments.photos} has no labels.csv with a file and its class on each line")
    available = len(os.sched_getaffinity(0))
    if max(arguments.threads) > available:
        parser.error(f"this process may use {available} CPUs, fewer than {max(arguments.threads)} threads")
    return arguments


def main():
    arguments = parsed()
    contestants = [engine for engine in (Effnet(arguments.effnet), *PEERS) if engine.name in arguments.engines]
    if arguments.avx2:
        os.environ |= {"EFFNET_ISA": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
        contestants = [engine for engine in contestants if engine is not ONNX_RUNTIME]
    with tempfile.TemporaryDirectory() as temporary:
        workspace = arguments.workspace or pathlib.Path(temporary)
        workspace.mkdir(parents=True, exist_ok=True)
        table = rows(arguments, contestants, workspace, pathlib.Path(temporary))
        for turn in range(arguments.rounds):
            for row in table:
                for engine in row.engines:
                    what = f"{row.model.name}, {row.precision}, batch {row.batch}, {engine.name}"
                    print(f"round {turn + 1}: {what}", file=sys.stderr)
                    row.measure(engine, arguments.seconds)
        summaries = [row.summary() for row in table]
    print_table(summaries, contestants, arguments.photos is not None)
    if arguments.json:
        arguments.json.write_text("".join(json.dumps(summary) + "\n" for summary in summaries))


if __name__ == "__main__":
    main()
