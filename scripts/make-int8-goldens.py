#!/usr/bin/env python3
"""Makes Tests/Fixtures/int8: a small network with its scales for 8 bits, and what integer arithmetic answers.

    pip install -r scripts/requirements-reference.txt
    scripts/make-int8-goldens.py

network.json lists the layers, model.safetensors holds their weights and two inputs, quantization.safetensors the scales
as `effnet quantize` writes them, goldens.safetensors the logits and the bytes that each layer stores.

A layer multiplies bytes x (0…255) with bytes q (−127…127) and sums in 32 bits:

    product = float32(scale_in · scale_w)
    sum = Σ q · (x − zero_in) + round((shift + zero_out · scale_out − zero_r · scale_r) / product)

A border holds zero_in; r is the residual, if there is one. What is stored is

    round_half_even(sum · m + r · float32(scale_r / scale_out)), clamped to 0…255, with m = float32(product / scale_out)

The stem multiplies floats, the last convolution and the classifier give floats: sum · product. There scales are powers
of two, and weights and inputs of the stem few bits long, so that no order of a sum changes a float.
"""

import json
import pathlib

import numpy as np
import seeded_values
from safetensors.numpy import save_file

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "int8"
INPUT = (2, 3, 16, 16)

# Channels are no multiples of a vector; "residual" names the layer whose output is added.
LAYERS = [
    {"name": "stem", "channels": 8, "kernel": 3, "stride": 2, "activation": "relu6"},
    {"name": "a.depthwise", "channels": 8, "kernel": 3, "groups": 8, "activation": "relu6"},
    {"name": "a.project", "channels": 12},
    {"name": "b.expand", "channels": 40, "activation": "relu6"},
    {"name": "b.depthwise", "channels": 40, "kernel": 5, "stride": 2, "groups": 40, "activation": "relu6"},
    {"name": "b.project", "channels": 20},
    {"name": "c.expand", "channels": 49, "activation": "relu6"},
    {"name": "c.depthwise", "channels": 49, "kernel": 3, "groups": 49, "activation": "relu6"},
    {"name": "c.project", "channels": 20, "residual": "b.project"},
    {"name": "head", "channels": 33, "activation": "relu6"},
    {"name": "pool"},
    {"name": "classifier", "channels": 5},
]
FLOAT_OUTPUTS = {"head", "classifier"}
FLOAT_LAYERS = {"stem"}


def convolve(layer, x, weights):
    """A convolution of [N, C, H, W], borders of zeros, in the numbers' own type."""
    kernel, stride, groups = layer.get("kernel", 1), layer.get("stride", 1), layer.get("groups", 1)
    border = (kernel - 1) // 2
    x = np.pad(x, ((0, 0), (0, 0), (border, border), (border, border)))
    height, width = ((side - kernel) // stride + 1 for side in x.shape[2:])
    result = np.zeros((x.shape[0], weights.shape[0], height, width), np.result_type(x, weights))
    for ky in range(kernel):
        for kx in range(kernel):
            seen = x[:, :, ky : ky + stride * height : stride, kx : kx + stride * width : stride]
            tap = weights[:, :, ky, kx]
            result += seen * tap[:, 0, None, None] if groups > 1 else np.einsum("nchw,oc->nohw", seen, tap)
    return result


def activate(layer, x):
    return np.clip(x, 0, 6) if layer.get("activation") == "relu6" else x


def make_weights():
    """Seeded weights and biases; those of the stem, and the inputs, are multiples of 1/64."""
    tensors, channels = {"input": np.round(seeded_values.picture(INPUT) * 128) / 64}, INPUT[1]
    for layer in LAYERS:
        if "channels" not in layer:
            continue
        kernel, name = layer.get("kernel", 1), layer["name"]
        shape = (layer["channels"], channels // layer.get("groups", 1), kernel, kernel)
        # Twice the usual size, so that some features reach 6.
        tensors[name + ".weight"] = 2 * seeded_values.weight(name + ".weight", shape, {})
        tensors[name + ".bias"] = seeded_values.weight(name + ".bias", shape[:1], {})
        channels = layer["channels"]
    for name in ["stem.weight", "stem.bias"]:
        tensors[name] = np.round(tensors[name] * 64) / 64
    return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}


def run_floats(tensors):
    """Every layer's output in double precision."""
    outputs, x = {}, tensors["input"].astype(np.float64)
    for layer in LAYERS:
        name = layer["name"]
        if name == "pool":
            x = x.mean((2, 3), keepdims=True)
        else:
            x = convolve(layer, x, tensors[name + ".weight"].astype(np.float64))
            x = x + tensors[name + ".bias"].astype(np.float64)[:, None, None]
            x = activate(layer, x + outputs.get(layer.get("residual"), 0))
        outputs[name] = x
    return outputs


def power_of_two(x):
    return 2.0 ** np.ceil(np.log2(x))


def quantize(tensors, outputs):
    """Scales from the largest numbers; powers of two where floats follow."""
    scales = {}
    for layer, following in zip(LAYERS, LAYERS[1:] + [None]):
        name = layer["name"]
        if "channels" in layer and name not in FLOAT_LAYERS:
            weight = tensors[name + ".weight"]
            scale = np.abs(weight).max((1, 2, 3)) / 127
            scales[name + ".weight_scale"] = power_of_two(scale) if name in FLOAT_OUTPUTS else scale
            scales[name + ".shift"] = tensors[name + ".bias"]
        if name in FLOAT_OUTPUTS:
            continue
        low, high = min(0, outputs[name].min()), outputs[name].max()
        # Some is cut off, so that some features saturate.
        scale = 0.97 * (high - low) / 255
        if name == "stem" or following["name"] in FLOAT_OUTPUTS:
            # 255 must not stand for more than 6 where an activation ends there.
            scale = power_of_two(scale / 2 if layer.get("activation") else scale)
        scales[name + ".output_scale"] = np.array([scale])
        scales[name + ".output_zero"] = np.array([np.clip(np.round(-0.97 * low / scale), 0, 255)], np.uint8)
    return {name: value if value.dtype == np.uint8 else value.astype(np.float32) for name, value in scales.items()}


def stored(x):
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def run_integers(tensors, scales):
    """The bytes that layers store, and the logits."""
    results, features, x = {}, {}, tensors["input"]
    for layer in LAYERS:
        name = layer["name"]
        scale_out = scales[name + ".output_scale"][0] if name + ".output_scale" in scales else None
        zero_out = np.float32(scales[name + ".output_zero"][0]) if scale_out is not None else 0
        if name == "pool":
            x = x.mean((2, 3), keepdims=True, dtype=np.float32)
            results["embedding"] = x[:, :, 0, 0]
            x = x / scale_out + zero_out
        elif name in FLOAT_LAYERS:
            x = convolve(layer, x, tensors[name + ".weight"]) + tensors[name + ".bias"][:, None, None]
            x = activate(layer, x) / scale_out + zero_out
        else:
            integers, scale_in, zero_in = features["last"]
            scale = scales[name + ".weight_scale"]
            weight = tensors[name + ".weight"] / scale[:, None, None, None]
            weight = np.clip(np.rint(weight), -127, 127).astype(np.int32)
            product = scale_in * scale
            shift, added = scales[name + ".shift"], 0
            if name not in FLOAT_OUTPUTS:
                zeros = zero_out * scale_out
                if "residual" in layer:
                    residual, scale_r, zero_r = features[layer["residual"]]
                    zeros = zeros - np.float32(zero_r) * scale_r
                    added = residual.astype(np.float32) * (scale_r / scale_out)
                shift = shift + zeros
            sums = convolve(layer, integers.astype(np.int32) - zero_in, weight)
            bias = np.rint(shift.astype(np.float64) / product).astype(np.int32)
            sums = (sums + bias[:, None, None]).astype(np.float32)
            if name in FLOAT_OUTPUTS:
                x = activate(layer, sums * product[:, None, None])
                continue
            x = sums * (product / scale_out)[:, None, None] + added
        x = stored(x)
        features["last"] = features[name] = (x, scale_out, int(zero_out))
        results[name] = x
    results["logits"] = x[:, :, 0, 0]
    return results


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    tensors = make_weights()
    outputs = run_floats(tensors)
    scales = quantize(tensors, outputs)
    results = run_integers(tensors, scales)
    (OUTPUT / "network.json").write_text(json.dumps({"input": INPUT[1:], "layers": LAYERS}, indent=1) + "\n")
    save_file(tensors, OUTPUT / "model.safetensors")
    metadata = {"format": "pt", "effnet_quantization": "1", "calibration_pictures": str(INPUT[0])}
    save_file(scales, OUTPUT / "quantization.safetensors", metadata=metadata)
    save_file({name: np.ascontiguousarray(value) for name, value in results.items()}, OUTPUT / "goldens.safetensors")
    exact = outputs["classifier"][:, :, 0, 0]
    error = results["logits"] - exact
    print(f"{10 * np.log10((exact**2).sum() / (error**2).sum()):.1f} dB between floats and integers")


if __name__ == "__main__":
    main()
