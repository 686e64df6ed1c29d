"""timm's models with weights from a model folder or from scripts/seeded_values.py: the reference for golden files.

Needs scripts/requirements-reference.txt.
"""

import json
import math
import pathlib

import numpy as np
import seeded_values
import timm
import torch
from safetensors.torch import load_file

ROOT = pathlib.Path(__file__).resolve().parent.parent


def from_folder(folder):
    """The model of a timm-style folder, and its configuration."""
    configuration = json.loads((folder / "config.json").read_text())
    model = timm.create_model(
        configuration["architecture"], pretrained=False, num_classes=configuration["num_classes"]
    ).eval()
    load(model, load_file(folder / "model.safetensors"))
    return model, configuration


def seeded(architecture, classes, sample):
    """A model with seeded weights, and the exponents that keep its activations near one on the sample input."""
    model = timm.create_model(architecture, pretrained=False, num_classes=classes, in_chans=sample.shape[1])
    return model, seed(model, sample)


def seed(model, sample):
    """Gives a model seeded weights; returns the exponents that keep its activations near one on the sample input."""
    model.eval()
    load(model, {name: torch.from_numpy(seeded_values.weight(name, shape, {})) for name, shape in shapes(model)})
    return calibrate(model, sample)


def shapes(model):
    """Names and shapes of a model's tensors, but for the counters of training batches."""
    return [
        (name, tuple(tensor.shape))
        for name, tensor in model.state_dict().items()
        if not name.endswith("num_batches_tracked")
    ]


def load(model, tensors):
    """Loads tensors; every name of the model and of the tensors must have its partner."""
    result = model.load_state_dict(tensors, strict=False)
    missing = [name for name in result.missing_keys if not name.endswith("num_batches_tracked")]
    if missing or result.unexpected_keys:
        raise SystemExit(f"tensors missing: {missing}; not of the model: {result.unexpected_keys}")


def calibrate(model, sample):
    """For each batch norm, in the order they run, the power of two nearest to the root mean square of its input.

    Its statistics are scaled by it, which is exact.
    """
    exponents = {}

    def scale(name):
        def hook(layer, inputs):
            exponents[name] = round(math.log2(float(inputs[0].square().mean().sqrt())))
            layer.running_mean *= 2.0 ** exponents[name]
            layer.running_var *= 4.0 ** exponents[name]

        return hook

    hooks = [
        layer.register_forward_pre_hook(scale(name))
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.BatchNorm2d)
    ]
    with torch.inference_mode():
        model(torch.from_numpy(sample))
    for hook in hooks:
        hook.remove()
    return exponents


def outputs(model, sample, precision=torch.float64):
    """Logits and pooled features as float32, computed in a precision: the model is left in it."""
    with torch.inference_mode():
        model = model.to(precision)
        features = model.forward_features(torch.from_numpy(sample).to(precision))
        embedding = model.forward_head(features, pre_logits=True)
        logits = model.forward_head(features)
    return logits.float().numpy(), embedding.float().numpy()
