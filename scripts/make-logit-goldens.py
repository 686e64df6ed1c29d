#!/usr/bin/env python3
"""Makes Tests/Fixtures/logits: what PyTorch and timm answer, for the engine to be held against.

    pip install -r scripts/requirements-reference.txt
    scripts/make-logit-goldens.py [CASE ...]

Inputs and, but for one case, weights are formulas (scripts/seeded_values.py). A case is two files: NAME.json says what
was run, NAME.safetensors holds `logits` [N, classes], unless there is no classifier, and `embedding` [N, features]; for
some also what PyTorch makes of them in bf16, `bfloat16.logits` and `bfloat16.embedding`.
"""

import argparse
import json
from typing import NamedTuple, Optional

import reference_models
import seeded_values
import torch
from safetensors.numpy import save_file

OUTPUT = reference_models.ROOT / "Tests" / "Fixtures" / "logits"


class Case(NamedTuple):
    architecture: str
    shape: tuple
    classes: int = 1000
    #: A folder in Models/; None for seeded weights.
    folder: Optional[str] = None


NAMED_CASES = {
    "lite0-real": Case("tf_efficientnet_lite0", (4, 3, 224, 224), folder="tf_efficientnet_lite0"),
    "lite0": Case("tf_efficientnet_lite0", (2, 3, 224, 224)),
    "lite1": Case("tf_efficientnet_lite1", (2, 3, 240, 240)),
    "lite2": Case("tf_efficientnet_lite2", (2, 3, 260, 260)),
    "lite3": Case("tf_efficientnet_lite3", (2, 3, 300, 300)),
    "lite4": Case("tf_efficientnet_lite4", (2, 3, 380, 380)),
    "b0": Case("efficientnet_b0", (2, 3, 224, 224)),
    "b0-seven-classes": Case("efficientnet_b0", (2, 3, 224, 224), classes=7),
    "b0-one-class": Case("efficientnet_b0", (2, 3, 96, 96), classes=1),
    "b0-many-classes": Case("efficientnet_b0", (1, 3, 96, 96), classes=21843),
    "b0-headless": Case("efficientnet_b0", (2, 3, 96, 96), classes=0),
    "b0-one-channel": Case("efficientnet_b0", (2, 1, 96, 96), classes=7),
    "b0-two-channels": Case("efficientnet_b0", (2, 2, 96, 96), classes=7),
    "b0-four-channels": Case("efficientnet_b0", (2, 4, 96, 96), classes=7),
    "b0-260": Case("efficientnet_b0", (2, 3, 260, 260)),
    "b0-192x256": Case("efficientnet_b0", (2, 3, 192, 256)),
    "b0-odd": Case("efficientnet_b0", (3, 3, 97, 131)),
    "tf-b0": Case("tf_efficientnet_b0", (2, 3, 224, 224)),
    "tf-b0-odd": Case("tf_efficientnet_b0", (3, 3, 97, 131)),
    "b1": Case("efficientnet_b1", (2, 3, 240, 240)),
    "tf-b2": Case("tf_efficientnet_b2", (2, 3, 260, 260)),
}

#: Sides of the inputs that the published weights were trained for.
NATIVE = {
    **{f"{prefix}efficientnet_{name}": side for prefix in ("", "tf_") for name, side in (
        ("b0", 224), ("b1", 240), ("b2", 260), ("b3", 300), ("b4", 380), ("b5", 456), ("b6", 528), ("b7", 600),
        ("b8", 672), ("l2", 800), ("lite0", 224), ("lite1", 240), ("lite2", 260), ("lite3", 300), ("lite4", 380),
        ("es", 224), ("em", 240), ("el", 300),
    )},
    **{f"tf_efficientnetv2_{name}": side for name, side in (("b0", 224), ("b1", 240), ("b2", 260), ("b3", 300))},
    **{f"{prefix}efficientnetv2_{name}": side for prefix in ("", "tf_") for name, side in (
        ("s", 384), ("m", 480), ("l", 480), ("xl", 512),
    )},
    **{f"efficientnetv2_rw_{name}": side for name, side in (("t", 288), ("s", 384), ("m", 416))},
    "efficientnet_es_pruned": 224,
    "efficientnet_el_pruned": 300,
    "test_efficientnet": 160,
    **{f"resnet{depth}": 224 for depth in (18, 34, 50, 101, 152)},
    "inception_v3": 299,
}  # fmt: skip

OTHER = (1, 3, 150, 181)

#: Each architecture at its native size and at an odd, oblong one; few classes keep the files small.
CASES = {
    **NAMED_CASES,
    **{f"{name}-native": Case(name, (1, 3, side, side), classes=17) for name, side in NATIVE.items()},
    **{f"{name}-odd": Case(name, OTHER, classes=17) for name in NATIVE},
}


#: Cases that are computed in bf16 too.
BFLOAT16 = (
    "lite0-real", "lite0", "b0", "b0-260", "b0-192x256", "tf-b0-odd", "b0-headless", "efficientnet_b3-odd",
    "tf_efficientnetv2_b0-native", "efficientnet_es-native", "resnet18-native", "inception_v3-odd",
)  # fmt: skip


def make(name, case):
    sample = seeded_values.picture(case.shape)
    if case.folder:
        model, _ = reference_models.from_folder(reference_models.ROOT / "Models" / case.folder)
        exponents = {}
    else:
        model, exponents = reference_models.seeded(case.architecture, case.classes, sample)
    logits, embedding = reference_models.outputs(model, sample)
    outputs = {"logits": logits, "embedding": embedding}
    if name in BFLOAT16:
        rounded = reference_models.outputs(model, sample, torch.bfloat16)
        outputs |= {"bfloat16.logits": rounded[0], "bfloat16.embedding": rounded[1]}
    if not case.classes:
        outputs = {key: value for key, value in outputs.items() if "logits" not in key}
    description = {
        "architecture": case.architecture,
        "classCount": case.classes,
        "inputShape": case.shape,
        "modelFolder": case.folder,
        "varianceExponents": exponents,
    }
    (OUTPUT / f"{name}.json").write_text(json.dumps(description, sort_keys=True) + "\n")
    save_file(outputs, OUTPUT / f"{name}.safetensors")
    print(f"{name}: largest logit {abs(logits).max():.3f}, between inputs {(logits - logits.mean(0)).std():.3f}")


def main():
    parser = argparse.ArgumentParser(description="Make golden logits with PyTorch and timm.")
    parser.add_argument("cases", nargs="*", metavar="CASE", help="default: all")
    arguments = parser.parse_args()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name in arguments.cases or CASES:
        if name not in CASES:
            parser.error(f"no such case: {name} (known: {', '.join(CASES)})")
        make(name, CASES[name])


if __name__ == "__main__":
    main()
