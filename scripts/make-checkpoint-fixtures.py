#!/usr/bin/env python3
"""Makes Tests/Fixtures/checkpoints: files as PyTorch, torchvision, Transformers, efficientnet_pytorch and ONNX's
exporters write them, and what their own libraries answer.

    pip install -r scripts/requirements-reference.txt
    scripts/make-checkpoint-fixtures.py

files/ holds whole files of EfficientNets a tenth as wide and half as deep as B0, so that they are small;
goldens.safetensors beside them the logits for scripts/seeded_values.py's picture of each size. styles/ holds no weights:
NAME.json lists the tensors of a network of real size, whose numbers are the formulas of scripts/seeded_values.py, and
NAME.safetensors its logits.
"""

import argparse
import copy
import json
import shutil
import warnings

import efficientnet_pytorch
import numpy as np
import reference_models
import seeded_values
import timm
import torch
import torchvision
from efficientnet_pytorch.utils import efficientnet as lukemelas_arguments
from safetensors.numpy import save_file
from timm.models.efficientnet import _gen_efficientnet
from torchvision.models.efficientnet import EfficientNet, _efficientnet_conf
from transformers import EfficientNetConfig, EfficientNetForImageClassification

OUTPUT = reference_models.ROOT / "Tests" / "Fixtures" / "checkpoints"
WIDTH, DEPTH, CLASSES = 0.1, 0.5, 7
SIZES = [(64, 64), (75, 90)]


def logits(model, size, channels=3):
    sample = torch.from_numpy(seeded_values.picture((1, channels, *size))).double()
    with torch.inference_mode():
        result = copy.deepcopy(model).double()(sample)
    return getattr(result, "logits", result).numpy().astype(np.float32)


def hugging_face(width, depth, side, symmetric, classes):
    labels = {index: f"class {index}" for index in range(classes)}
    configuration = EfficientNetConfig(
        width_coefficient=width,
        depth_coefficient=depth,
        image_size=side,
        depthwise_padding=symmetric,
        hidden_dim=efficientnet_channels(width, 1280),
        id2label=labels,
        label2id={name: index for index, name in labels.items()},
    )
    return EfficientNetForImageClassification(configuration)


def efficientnet_channels(width, channels):
    scaled = channels * width
    rounded = max(8, int(scaled + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * scaled else rounded


def lukemelas(width, depth, side, classes):
    blocks, parameters = lukemelas_arguments(
        width_coefficient=width, depth_coefficient=depth, image_size=side, num_classes=classes
    )
    return efficientnet_pytorch.EfficientNet(blocks, parameters)


def torchvision_efficientnet():
    blocks, last = _efficientnet_conf("efficientnet_b0", width_mult=WIDTH, depth_mult=DEPTH)
    return EfficientNet(blocks, dropout=0.2, last_channel=last, num_classes=CLASSES)


PREPROCESSOR = {
    "crop_size": {"height": 289, "width": 289},
    "do_center_crop": False,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_processor_type": "EfficientNetImageProcessor",
    "image_std": [0.47853944, 0.4732864, 0.47434163],
    "include_top": True,
    "resample": 0,
    "rescale_factor": 0.00392156862745098,
    "rescale_offset": False,
    "size": {"height": 64, "width": 64},
}


def export(model, path, dynamo):
    """An ONNX file with a batch of any size."""
    sample = torch.from_numpy(seeded_values.picture((2, 3, *SIZES[0])))
    if dynamo:
        shapes = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(model, (sample,), path, dynamo=True, dynamic_shapes=shapes, external_data=True)
    else:
        axes = {"input": {0: "batch"}, "output": {0: "batch"}}
        names = {"input_names": ["input"], "output_names": ["output"]}
        torch.onnx.export(model, (sample,), path, dynamo=False, dynamic_axes=axes, **names)


def make_files():
    folder = OUTPUT / "files"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sample = seeded_values.picture((2, 3, *SIZES[0]))
    goldens = {}

    def record(name, model, sizes=SIZES):
        for size in sizes:
            goldens[f"{name}.{size[0]}x{size[1]}"] = logits(model, size)

    plain = _gen_efficientnet("efficientnet_b0", WIDTH, DEPTH, num_classes=CLASSES)
    reference_models.seed(plain, sample)
    record("timm", plain)
    state = plain.state_dict()
    torch.save(state, folder / "timm.pth")
    torch.save(state, folder / "legacy.pth", _use_new_zipfile_serialization=False)
    half = {name: tensor.half() for name, tensor in state.items()}
    torch.save(half, folder / "half.pth")
    rounded = copy.deepcopy(plain)
    rounded.load_state_dict({name: tensor.float() for name, tensor in half.items()})
    record("half", rounded)
    last = {name: tensor.to(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor
            for name, tensor in state.items()}  # fmt: skip
    zeros = {f"module.{name}": torch.zeros_like(tensor) for name, tensor in state.items()}
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1, momentum=0.9)
    torch.save(
        {
            "epoch": 3,
            "arch": "efficientnet_w0.1_d0.5_r64",
            "state_dict": zeros,
            "state_dict_ema": {f"module.{name}": tensor for name, tensor in last.items()},
            "optimizer": optimizer.state_dict(),
            "args": argparse.Namespace(lr=0.1, model="efficientnet_b0", data=None),
            "metric": 12.5,
        },
        folder / "training.pth",
    )

    same = _gen_efficientnet("tf_efficientnet_b0", WIDTH, DEPTH, num_classes=CLASSES, bn_eps=1e-3, pad_type="same")
    reference_models.seed(same, sample)
    record("tensorflow", same, SIZES[:1])
    for name, model in (("timm", plain), ("tensorflow", same)):
        export(model, folder / f"{name}-script.onnx", dynamo=False)
        export(model, folder / f"{name}-dynamo.onnx", dynamo=True)
    unfolded = folder / "timm-unfolded.onnx"
    axes = {"input": {0: "batch", 2: "height", 3: "width"}}
    torch.onnx.export(
        plain,
        (torch.from_numpy(sample),),
        unfolded,
        dynamo=False,
        input_names=["input"],
        dynamic_axes=axes,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
    )

    vision = torchvision_efficientnet()
    reference_models.seed(vision, sample)
    record("torchvision", vision)
    torch.save(vision.state_dict(), folder / "torchvision.pth")

    luke = lukemelas(WIDTH, DEPTH, 64, CLASSES)
    reference_models.seed(luke, sample)
    record("efficientnet_pytorch", luke, SIZES[:1])
    torch.save(luke.state_dict(), folder / "efficientnet_pytorch.pth")

    transformer = hugging_face(WIDTH, DEPTH, 64, [2], CLASSES)
    reference_models.seed(transformer, sample)
    record("huggingface", transformer)
    transformer.save_pretrained(folder / "huggingface")
    (folder / "huggingface" / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=2) + "\n")
    save_file(goldens, folder / "goldens.safetensors")


#: Networks of real size: style, architecture, model, size of the input, and its other size.
def styles():
    vision = torchvision.models
    yield "torchvision-b0", "efficientnet_b0", vision.efficientnet_b0(), (224, 224)
    yield "torchvision-b5", "efficientnet_b5", vision.efficientnet_b5(), (150, 181)
    yield "torchvision-v2-s", "efficientnetv2_s", vision.efficientnet_v2_s(), (150, 181)
    yield "torchvision-resnet50", "resnet50", vision.resnet50(), (224, 224)
    inception = vision.inception_v3(aux_logits=True, init_weights=False)
    yield "torchvision-inception-v3", "inception_v3", inception, (150, 181)
    yield "huggingface-b0", None, hugging_face(1.0, 1.0, 224, [], 1000), (224, 224)
    yield "huggingface-b0-odd", None, hugging_face(1.0, 1.0, 224, [], 1000), (150, 181)
    yield "huggingface-b1", None, hugging_face(1.0, 1.1, 240, [16], 1000), (240, 240)
    yield "efficientnet_pytorch-b0", "tf_efficientnet_b0", lukemelas(1.0, 1.0, 224, 1000), (224, 224)
    yield "efficientnet_pytorch-b1", "tf_efficientnet_b1", lukemelas(1.0, 1.1, 240, 1000), (240, 240)


def make_styles():
    folder = OUTPUT / "styles"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, architecture, model, size in styles():
        exponents = reference_models.seed(model, seeded_values.picture((1, 3, *size)))
        description = {
            "architecture": architecture,
            "size": size,
            "configuration": None if architecture else {**json.loads(model.config.to_json_string()), "id2label": None, "label2id": None},
            "tensors": dict(reference_models.shapes(model)),
            "varianceExponents": exponents,
        }
        (folder / f"{name}.json").write_text(json.dumps(description, sort_keys=True) + "\n")
        save_file({"logits": logits(model, size)}, folder / f"{name}.safetensors")
        print(name)


def main():
    argparse.ArgumentParser(description="Make checkpoint fixtures with the libraries that write them.").parse_args()
    warnings.filterwarnings("ignore")
    make_files()
    make_styles()


if __name__ == "__main__":
    main()
