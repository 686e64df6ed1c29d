#!/usr/bin/env python3
"""Makes Tests/Fixtures/logits: what PyTorch and timm answer, for the engine to be held against.

    pip install -r scripts/requirements-reference.txt
    scripts/make-logit-goldens.py [CASE ...]

Inputs and, but for one case, weights are formulas (scripts/seeded_values.py). A case is two files: NAME.json says what
was run, NAME.safetensors holds `logits` [N, classes] and `embedding` [N, features].
"""

import argparse
import json
from typing import NamedTuple, Optional

import reference_models
import seeded_values
from safetensors.numpy import save_file

OUTPUT = reference_models.ROOT / "Tests" / "Fixtures" / "logits"


class Case(NamedTuple):
    architecture: str
    shape: tuple
    classes: int = 1000
    #: A folder in Models/; None for seeded weights.
    folder: Optional[str] = None


CASES = {
    "lite0-real": Case("tf_efficientnet_lite0", (4, 3, 224, 224), folder="tf_efficientnet_lite0"),
    "lite0": Case("tf_efficientnet_lite0", (2, 3, 224, 224)),
    "lite1": Case("tf_efficientnet_lite1", (2, 3, 240, 240)),
    "lite2": Case("tf_efficientnet_lite2", (2, 3, 260, 260)),
    "lite3": Case("tf_efficientnet_lite3", (2, 3, 300, 300)),
    "lite4": Case("tf_efficientnet_lite4", (2, 3, 380, 380)),
    "b0": Case("efficientnet_b0", (2, 3, 224, 224)),
    "b0-seven-classes": Case("efficientnet_b0", (2, 3, 224, 224), classes=7),
    "b0-260": Case("efficientnet_b0", (2, 3, 260, 260)),
    "b0-192x256": Case("efficientnet_b0", (2, 3, 192, 256)),
    "b0-odd": Case("efficientnet_b0", (3, 3, 97, 131)),
    "tf-b0": Case("tf_efficientnet_b0", (2, 3, 224, 224)),
    "tf-b0-odd": Case("tf_efficientnet_b0", (3, 3, 97, 131)),
    "b1": Case("efficientnet_b1", (2, 3, 240, 240)),
    "tf-b2": Case("tf_efficientnet_b2", (2, 3, 260, 260)),
}


def make(name, case):
    sample = seeded_values.picture(case.shape)
    if case.folder:
        model, _ = reference_models.from_folder(reference_models.ROOT / "Models" / case.folder)
        exponents = {}
    else:
        model, exponents = reference_models.seeded(case.architecture, case.classes, sample)
    logits, embedding = reference_models.outputs(model, sample)
    description = {
        "architecture": case.architecture,
        "classCount": case.classes,
        "inputShape": case.shape,
        "modelFolder": case.folder,
        "varianceExponents": exponents,
    }
    (OUTPUT / f"{name}.json").write_text(json.dumps(description, indent=1, sort_keys=True) + "\n")
    save_file({"logits": logits, "embedding": embedding}, OUTPUT / f"{name}.safetensors")
    print(f"{name}: largest logit {abs(logits).max():.3f}, between inputs {(logits - logits.mean(0)).std():.3f}")


def main():
    parser = argparse.ArgumentParser(description="Make golden logits with PyTorch and timm.")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"any of {', '.join(CASES)} (default: all)")
    arguments = parser.parse_args()
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name in arguments.cases or CASES:
        if name not in CASES:
            parser.error(f"no such case: {name} (known: {', '.join(CASES)})")
        make(name, CASES[name])


if __name__ == "__main__":
    main()
