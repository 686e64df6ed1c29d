#!/usr/bin/env python3
"""Times effnet's image path against libjpeg-turbo's own decoding and against Pillow, over a folder of JPEG files.

    apt-get install libturbojpeg0
    python3 -m venv .venv-images && .venv-images/bin/pip install -r Benchmarks/images/requirements.txt
    .venv-images/bin/python Benchmarks/images/compare.py FOLDER [--rounds 3]

libjpeg-turbo is Debian's, the one that effnet links, called through its TurboJPEG interface; it decodes whole pictures
to RGB at their full size. effnet decodes, resizes and crops to 224 pixels; Pillow decodes and resizes. Each number is
the mean over all files of each file's median, in milliseconds. The three take turns.
"""

import argparse
import io
import json
import pathlib
import statistics
import subprocess
import sys
import time

from PIL import Image
from turbojpeg import TJPF_RGB, TurboJPEG

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import common  # noqa: E402

REPETITIONS = 7


def mean_of_medians(bodies, work):
    medians = []
    for body in bodies:
        times = []
        for _ in range(REPETITIONS):
            start = time.perf_counter()
            work(body)
            times.append(time.perf_counter() - start)
        medians.append(statistics.median(times))
    return 1e3 * statistics.mean(medians)


def pillow(body):
    picture = Image.open(io.BytesIO(body)).convert("RGB")
    scale = 256 / min(picture.size)
    picture.resize([round(side * scale) for side in picture.size], Image.Resampling.BICUBIC)


def effnet(executable, folder):
    command = [executable, "bench", "--images", folder, "--threads", "1", "--json"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return report["decode_resize_ms"]


def main():
    parser = argparse.ArgumentParser(description="Time effnet's image path against libjpeg-turbo and Pillow.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (default 3)")
    parser.add_argument("--effnet", default=common.EXECUTABLE, help="the executable")
    arguments = parser.parse_args()

    bodies = [path.read_bytes() for path in common.photographs(arguments.folder)]
    turbo = TurboJPEG()
    rows = {"libjpeg-turbo, decode": [], "effnet, decode + resize": [], "Pillow, decode + resize": []}
    for _ in range(arguments.rounds):
        rows["libjpeg-turbo, decode"].append(mean_of_medians(bodies, lambda b: turbo.decode(b, pixel_format=TJPF_RGB)))
        rows["effnet, decode + resize"].append(effnet(arguments.effnet, arguments.folder))
        rows["Pillow, decode + resize"].append(mean_of_medians(bodies, pillow))
    base = statistics.median(rows["libjpeg-turbo, decode"])
    print(f"{len(bodies)} files, medians of {arguments.rounds} rounds")
    for name, times in rows.items():
        print(f"{name:25} {statistics.median(times):7.3f} ms   {statistics.median(times) / base:.2f}")


if __name__ == "__main__":
    main()
