#!/usr/bin/env python3
"""Quantises an ONNX file for OpenVINO with NNCF, by preprocessed pictures.

Benchmarks/peers/quantize_onnx.py lite0.onnx pictures.npy lite0.xml
"""

import argparse
import sys

try:
    import nncf
    import numpy as np
    import openvino
except ImportError as error:
    sys.exit(f"quantize_onnx: {error}. Install what it needs: pip install -r Benchmarks/peers/requirements.txt")


def quantise(path, pictures):
    """The model with NNCF's defaults, but for what its documentation advises: activations that are not mostly ReLU's are
    mapped asymmetrically."""
    model = openvino.Core().read_model(path)
    has_swish = any(operation.get_type_name() in ("Sigmoid", "Swish") for operation in model.get_ops())
    return nncf.quantize(
        model,
        nncf.Dataset([picture[None] for picture in pictures]),
        preset=nncf.QuantizationPreset.MIXED if has_swish else nncf.QuantizationPreset.PERFORMANCE,
        subset_size=len(pictures),
    )


def main():
    parser = argparse.ArgumentParser(description="Quantise an ONNX file for OpenVINO.")
    parser.add_argument("onnx")
    parser.add_argument("pictures", help="a .npy file, float32 [N, C, H, W]")
    parser.add_argument("output", help="where OpenVINO's .xml goes; its weights go beside it, as .bin")
    arguments = parser.parse_args()
    openvino.save_model(quantise(arguments.onnx, np.load(arguments.pictures)), arguments.output, compress_to_fp16=False)


if __name__ == "__main__":
    main()
