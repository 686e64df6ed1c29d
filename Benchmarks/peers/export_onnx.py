#!/usr/bin/env python3
"""Exports a timm-style model folder to ONNX, with any batch size.

Benchmarks/peers/export_onnx.py Models/tf_efficientnet_lite0 lite0.onnx
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"))

try:
    import reference_models
    import torch
except ImportError as error:
    sys.exit(f"export_onnx: {error}. Install what it needs: pip install -r Benchmarks/peers/requirements.txt")


def export(folder, path):
    model, configuration = reference_models.from_folder(folder)
    sample = torch.zeros(2, *configuration["pretrained_cfg"]["input_size"])
    torch.onnx.export(
        model,
        (sample,),
        path,
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=1024)},),
        external_data=False,
        verbose=False,
    )


def main():
    parser = argparse.ArgumentParser(description="Export a model folder to ONNX.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("path", type=pathlib.Path)
    arguments = parser.parse_args()
    export(arguments.folder, arguments.path)


if __name__ == "__main__":
    main()
