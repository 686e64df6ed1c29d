#!/usr/bin/env python3
"""Holds the formulas of make-image-goldens.py against timm's own evaluation transform, on random pictures and framings.

    python3 -m venv .venv && .venv/bin/pip install pillow torch torchvision timm
    .venv/bin/python scripts/check-image-transform.py
"""

import importlib.util
import random
from pathlib import Path

import numpy
from PIL import Image
from timm.data.transforms_factory import transforms_imagenet_eval

path = Path(__file__).resolve().parent / "make-image-goldens.py"
spec = importlib.util.spec_from_file_location("goldens", path)
goldens = importlib.util.module_from_spec(spec)
spec.loader.exec_module(goldens)


def main():
    dice = random.Random(1)
    noise = numpy.random.default_rng(1)
    count = 400
    for _ in range(count):
        picture = Image.fromarray(noise.integers(0, 256, (dice.randint(1, 200), dice.randint(1, 200), 3), numpy.uint8))
        width = dice.randint(8, 120)
        framing = {
            "width": width,
            "height": width if dice.random() < 0.5 else dice.randint(8, 120),
            "cropFraction": dice.choice([0.875, 0.882, 0.89, 0.9, 0.95, 1.0, 1.2]),
            "mode": dice.choice(["center", "squash"]),
            "filter": dice.choice(list(goldens.FILTERS)),
        }
        transform = transforms_imagenet_eval(
            img_size=(framing["height"], framing["width"]),
            crop_pct=framing["cropFraction"],
            crop_mode=framing["mode"],
            interpolation=framing["filter"],
            use_prefetcher=True,
        )
        expected = numpy.asarray(transform(picture)).transpose(1, 2, 0)
        got = numpy.asarray(goldens.transform(picture, framing))
        assert numpy.array_equal(expected, got), (picture.size, framing)
    print(f"{count} pictures are equal")


if __name__ == "__main__":
    main()
