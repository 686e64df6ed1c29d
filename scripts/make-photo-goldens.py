#!/usr/bin/env python3
"""Makes Tests/Fixtures/photos/goldens.json: what Pillow, timm's transform and PyTorch say of each photograph.

pip install -r scripts/requirements-reference.txt
scripts/make-photo-goldens.py
"""

import json

import numpy as np
import reference_models
from PIL import Image, ImageOps
from timm.data import create_transform

PHOTOS = reference_models.ROOT / "Tests" / "Fixtures" / "photos"
MODEL = "tf_efficientnet_lite0"
TOP = 5


def transform(configuration):
    """timm's evaluation transform of a model folder's configuration."""
    pretrained = configuration["pretrained_cfg"]
    return create_transform(
        tuple(pretrained["input_size"]),
        is_training=False,
        interpolation=pretrained["interpolation"],
        mean=pretrained["mean"],
        std=pretrained["std"],
        crop_pct=pretrained["crop_pct"],
        crop_mode=pretrained["crop_mode"],
    )


def probabilities(logits):
    exponentials = np.exp(logits.astype(np.float64) - logits.max())
    return exponentials / exponentials.sum()


def main():
    model, configuration = reference_models.from_folder(reference_models.ROOT / "Models" / MODEL)
    prepare = transform(configuration)
    results = []
    for path in sorted(PHOTOS.iterdir()):
        if path.suffix not in {".jpg", ".png"}:
            continue
        picture = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        logits, _ = reference_models.outputs(model, prepare(picture).unsqueeze(0).numpy())
        shares = probabilities(logits[0])
        best = np.argsort(-shares, kind="stable")[:TOP]
        results.append(
            {
                "file": path.name,
                "width": picture.width,
                "height": picture.height,
                "classes": best.tolist(),
                "probabilities": [round(float(shares[index]), 6) for index in best],
            }
        )
        print(f"{path.name}: {', '.join(f'{index} {shares[index]:.3f}' for index in best)}")
    (PHOTOS / "goldens.json").write_text(json.dumps({"model": MODEL, "photos": results}, indent=1) + "\n")


if __name__ == "__main__":
    main()
