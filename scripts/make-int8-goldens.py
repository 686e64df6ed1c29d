#!/usr/bin/env python3
"""Makes Tests/Fixtures/int8 and int8-picture: a small network with its scales for 8 bits, and what integer arithmetic
answers.

    pip install -r scripts/requirements-reference.txt
    scripts/make-int8-goldens.py

network.json lists the layers, model.safetensors holds their weights and two inputs, quantization.safetensors the scales
as `effnet quantize` writes them, goldens.safetensors the logits and the bytes that each layer stores.

A layer multiplies bytes x (0…255) with bytes q (−127…127) and sums in 32 bits:

    product = float32(scale_in · scale_w)
    sum = Σ q · (x − zero_in) + round((shift + zero_out · scale_out − zero_r · scale_r) / product)

Of each depthwise kernel the sum is rounded: all q are rounded down, then those that lost most up until it is reached. A
border holds zero_in; r is the residual, if there is one. What is stored is

    round_half_even(sum · m + r · float32(scale_r / scale_out)), clamped to 0…255, with m = float32(product / scale_out)

The last convolution and the classifier give floats: sum · product. In int8 the stem multiplies floats. There scales are
powers of two, and weights and inputs of the stem few bits long, so that no order of a sum changes a float.

In int8-picture the stem multiplies the samples of a picture, whose channels stand for numbers each in its own way:

    number = scale · factor_c · (x − zero_c), with scale · factor_c = 1 / (255 · std_c) and zero_c = 255 · mean_c

The factors are multiplied into the weights, the sum loses Σ zero_c · q, and a border holds zero_c rounded. Its q are not
weights rounded, but the differences of their sums over leading channels, rows and columns, which are.
"""

import json
import pathlib

import numpy as np
import seeded_values
from safetensors.numpy import save_file

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures"
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
# Of the picture's channels.
MEAN, DEVIATION = np.float32([0.5, 0.4375, 0.25]), np.float32([0.25, 0.5, 0.375])


class Picture:
    """What the samples of a picture stand for."""

    def __init__(self):
        steps = 1 / (255 * DEVIATION)
        self.scale = steps.sum() / np.float32(3)
        self.factors = (steps / self.scale)[:, None, None]
        self.zeros = 255 * MEAN

    def weights(self, weight, scale):
        """The integers of weights [O, C, ky, kx]."""
        sums = np.clip(weight * self.factors / scale[:, None, None, None], -123, 123)
        for axis in (3, 2, 1):
            sums = np.cumsum(sums, axis, dtype=np.float32)
        sums = np.rint(sums)
        for axis in (3, 2, 1):
            sums = np.diff(sums, axis=axis, prepend=0)
        return sums.astype(np.int32)

    def sums(self, layer, samples, weight):
        """Σ q · x − Σ zero · q, rounded."""
        borders = np.rint(self.zeros)[:, None, None]
        less = (weight.sum((2, 3)) * self.zeros.astype(np.float64)).sum(1)
        inner = convolve(layer, samples - borders.astype(np.int32), weight)
        return inner + (weight.sum((2, 3)) * borders[:, 0, 0].astype(np.int32)).sum(1)[:, None, None], less


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


def integers(layer, weight, scale):
    """The integers of weights [O, C, ky, kx]."""
    steps = np.clip(weight / scale[:, None, None, None], -127, 127)
    if "groups" not in layer:
        return np.rint(steps).astype(np.int32)
    kernels = steps.reshape(len(steps), -1)
    lower = np.floor(kernels)
    for exact, rounded in zip(kernels, lower):
        lost = np.rint(sum(exact.tolist())) - sum(rounded.tolist())
        rounded[np.argsort(rounded - exact, kind="stable")[: int(lost)]] += 1
    return lower.reshape(weight.shape).astype(np.int32)


def make_weights(picture):
    """Seeded weights and biases. Those of a stem of floats, and its inputs, are multiples of 1/64."""
    tensors, channels = {"input": np.round(seeded_values.picture(INPUT) * 128) / 64}, INPUT[1]
    if picture:
        units = seeded_values.picture(INPUT)
        tensors["samples"] = np.clip(np.rint((units - units.min()) / np.ptp(units) * 255), 0, 255)
        tensors["input"] = (tensors["samples"] / 255 - MEAN[:, None, None]) / DEVIATION[:, None, None]
    for layer in LAYERS:
        if "channels" not in layer:
            continue
        kernel, name = layer.get("kernel", 1), layer["name"]
        shape = (layer["channels"], channels // layer.get("groups", 1), kernel, kernel)
        # Twice the usual size, so that some features reach 6.
        tensors[name + ".weight"] = 2 * seeded_values.weight(name + ".weight", shape, {})
        tensors[name + ".bias"] = seeded_values.weight(name + ".bias", shape[:1], {})
        channels = layer["channels"]
    for name in [] if picture else ["stem.weight", "stem.bias"]:
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


def quantize(tensors, outputs, picture):
    """Scales from the largest numbers; powers of two where floats follow."""
    scales = {}
    for layer, following in zip(LAYERS, LAYERS[1:] + [None]):
        name = layer["name"]
        if "channels" in layer and (picture or name != "stem"):
            weight = tensors[name + ".weight"]
            scale = np.abs(weight).max((1, 2, 3)) / 127
            if name == "stem":
                scale = np.abs(weight * picture.factors).max((1, 2, 3)) / 123
            scales[name + ".weight_scale"] = power_of_two(scale) if name in FLOAT_OUTPUTS else scale
            scales[name + ".shift"] = tensors[name + ".bias"]
        if name in FLOAT_OUTPUTS:
            continue
        low, high = min(0, outputs[name].min()), outputs[name].max()
        # Some is cut off, so that some features saturate.
        scale = 0.97 * (high - low) / 255
        if (name == "stem" and not picture) or following["name"] in FLOAT_OUTPUTS:
            # 255 must not stand for more than 6 where an activation ends there.
            scale = power_of_two(scale / 2 if layer.get("activation") else scale)
        scales[name + ".output_scale"] = np.array([scale])
        scales[name + ".output_zero"] = np.array([np.clip(np.round(-0.97 * low / scale), 0, 255)], np.uint8)
    return {name: value if value.dtype == np.uint8 else value.astype(np.float32) for name, value in scales.items()}


def stored(x):
    return np.clip(np.rint(x), 0, 255).astype(np.uint8)


def run_integers(tensors, scales, picture):
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
        elif name == "stem" and picture:
            scale = scales["stem.weight_scale"]
            weight = picture.weights(tensors["stem.weight"], scale)
            product = picture.scale * scale
            sums, less = picture.sums(layer, tensors["samples"].astype(np.int32), weight)
            shift = scales["stem.shift"] + zero_out * scale_out
            bias = np.rint(np.rint(shift.astype(np.float64) / product) - less).astype(np.int32)
            x = (sums + bias[:, None, None]).astype(np.float32) * (product / scale_out)[:, None, None]
        elif name == "stem":
            x = convolve(layer, x, tensors[name + ".weight"]) + tensors[name + ".bias"][:, None, None]
            x = activate(layer, x) / scale_out + zero_out
        else:
            last, scale_in, zero_in = features["last"]
            scale = scales[name + ".weight_scale"]
            weight = integers(layer, tensors[name + ".weight"], scale)
            product = scale_in * scale
            shift, added = scales[name + ".shift"], 0
            if name not in FLOAT_OUTPUTS:
                zeros = zero_out * scale_out
                if "residual" in layer:
                    residual, scale_r, zero_r = features[layer["residual"]]
                    zeros = zeros - np.float32(zero_r) * scale_r
                    added = residual.astype(np.float32) * (scale_r / scale_out)
                shift = shift + zeros
            sums = convolve(layer, last.astype(np.int32) - zero_in, weight)
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


def make(folder, picture):
    folder.mkdir(parents=True, exist_ok=True)
    tensors = make_weights(picture)
    outputs = run_floats(tensors)
    scales = quantize(tensors, outputs, picture)
    results = run_integers(tensors, scales, picture)
    network = {"input": INPUT[1:], "layers": LAYERS}
    if picture:
        network |= {"mean": MEAN.tolist(), "std": DEVIATION.tolist()}
    (folder / "network.json").write_text(json.dumps(network, indent=1) + "\n")
    save_file(tensors, folder / "model.safetensors")
    metadata = {"format": "pt", "effnet_quantization": "1", "calibration_pictures": str(INPUT[0])}
    save_file(scales, folder / "quantization.safetensors", metadata=metadata)
    save_file({name: np.ascontiguousarray(value) for name, value in results.items()}, folder / "goldens.safetensors")
    exact = outputs["classifier"][:, :, 0, 0]
    error = results["logits"] - exact
    print(f"{folder.name}: {10 * np.log10((exact**2).sum() / (error**2).sum()):.1f} dB between floats and integers")


def main():
    make(OUTPUT / "int8", None)
    make(OUTPUT / "int8-picture", Picture())


if __name__ == "__main__":
    main()
