#!/usr/bin/env python3
"""Makes Tests/Fixtures/checkpoints: files as PyTorch, torchvision, Transformers, efficientnet_pytorch and ONNX's
exporters write them, and what their own libraries answer.

    pip install -r scripts/requirements-reference.txt
    scripts/make-checkpoint-fixtures.py [files] [preprocessing] [operators]

files/ holds whole files of EfficientNets a tenth as wide and half as deep as B0, so that they are small;
goldens.safetensors beside them the logits for scripts/seeded_values.py's picture of each size. preprocessing/ holds
descriptions of Transformers' image processor and the tensors that it makes of photographs; operators/ ONNX files of
small networks that are written in unusual ways, and what they answer.
"""

import argparse
import copy
import json
import shutil
import warnings

import efficientnet_pytorch
import numpy as np
import onnx
import reference_models
import seeded_values
import timm
import torch
from PIL import Image
from efficientnet_pytorch.utils import efficientnet as lukemelas_arguments
from safetensors.numpy import save_file
from timm.models.efficientnet import _gen_efficientnet
from torchvision.models.efficientnet import EfficientNet, _efficientnet_conf
from transformers import EfficientNetConfig, EfficientNetForImageClassification
from transformers.models.efficientnet.image_processing_pil_efficientnet import EfficientNetImageProcessorPil

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


def export(model, path, dynamo, size=SIZES[0]):
    """An ONNX file with a batch of any size."""
    sample = torch.from_numpy(seeded_values.picture((2, 3, *size)))
    if dynamo:
        shapes = ({0: torch.export.Dim("batch")},)
        torch.onnx.export(model, (sample,), path, dynamo=True, dynamic_shapes=shapes, external_data=True)
        proto = onnx.load(path, load_external_data=False)
        for node in proto.graph.node:
            # Which lines of whose program a node comes from.
            del node.metadata_props[:]
        onnx.save(proto, path)
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


#: What the processors' descriptions say: all that changes how a picture is brought into shape.
PROCESSORS = {
    "published": {"resample": 0, "image_std": [0.47853944, 0.4732864, 0.47434163]},
    "defaults": {},
    "lanczos": {"resample": 1, "include_top": False},
    "bilinear-crop": {"resample": 2, "do_center_crop": True, "crop_size": {"height": 16, "width": 12}},
    "offset": {"resample": 3, "rescale_offset": True, "rescale_factor": 1 / 127.5},
    "not-normalized": {"resample": 2, "do_normalize": False},
    "not-rescaled": {"do_rescale": False, "rescale_offset": True, "image_mean": [127.5] * 3, "image_std": [60.0] * 3},
}


def make_preprocessing():
    folder = OUTPUT / "preprocessing"
    shutil.rmtree(folder, ignore_errors=True)
    goldens = {}

    def photo(name):
        return Image.open(reference_models.ROOT / "Tests" / "Fixtures" / "photos" / name).convert("RGB")

    for name, options in PROCESSORS.items():
        processor = EfficientNetImageProcessorPil(size={"height": 24, "width": 18}, **options)
        processor.save_pretrained(folder / name)
        # effnet shrinks a large JPEG while it decodes it, unless the nearest pixels are asked for.
        for file in ["cat.png"] + (["moose.jpg"] if processor.resample == 0 else []):
            goldens[f"{name}.{file}"] = processor(photo(file), return_tensors="np")["pixel_values"][0]
    model = EfficientNetForImageClassification.from_pretrained(OUTPUT / "files" / "huggingface").eval()
    processor = EfficientNetImageProcessorPil.from_pretrained(OUTPUT / "files" / "huggingface")
    for file in ("cat.png", "moose.jpg"):
        with torch.inference_mode():
            answer = model.double()(processor(photo(file), return_tensors="pt")["pixel_values"].double())
        goldens[f"logits.{file}"] = answer.logits[0].numpy().astype(np.float32)
    save_file(goldens, folder / "goldens.safetensors")


class Classifier(torch.nn.Module):
    """One convolution and a classifier; what comes before and between is a matter of the classes below."""

    def __init__(self, channels=8):
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.classifier = torch.nn.Linear(channels, 5)

    def before(self, picture):
        return picture

    def between(self, features):
        return features

    def forward(self, picture):
        features = torch.relu(self.convolution(self.before(picture)))
        return self.classifier(self.between(features).mean((2, 3)))


class Channelwise(Classifier):
    """The picture is normalised channel by channel, as in torchvision's Inception-V3."""

    def before(self, picture):
        channels = [
            torch.unsqueeze(picture[:, index], 1) * scale + shift
            for index, (scale, shift) in enumerate([(0.458, -0.030), (0.448, -0.088), (0.45, -0.188)])
        ]
        return torch.cat(channels, 1)


class Normalizing(Classifier):
    """The picture's mean and deviation are part of the network."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def before(self, picture):
        return (picture - self.mean) / self.deviation


class Joining(Classifier):
    """Features are joined twice, as in torchvision's Inception-V3."""

    def __init__(self):
        super().__init__(24)
        self.first = torch.nn.Conv2d(8, 8, 1)
        self.second = torch.nn.Conv2d(8, 8, 3, padding=1)

    def between(self, features):
        return torch.cat([features, torch.cat([self.first(features), self.second(features)], 1)], 1)


class Headless(Classifier):
    """Ends with the embedding."""

    def __init__(self):
        super().__init__()
        self.classifier = torch.nn.Identity()


def make_operators():
    folder = OUTPUT / "operators"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    goldens = {}
    size = (16, 16)
    for kind in (Channelwise, Normalizing, Joining, Headless):
        name = kind.__name__.lower()
        model = kind()
        reference_models.seed(model, seeded_values.picture((2, 3, *size)))
        goldens[name] = logits(model, size)
        for dynamo in (False, True):
            path = folder / f"{name}-{'dynamo' if dynamo else 'script'}.onnx"
            export(model, path, dynamo, size)
    save_file(goldens, folder / "goldens.safetensors")


def main():
    makers = {"files": make_files, "preprocessing": make_preprocessing, "operators": make_operators}
    parser = argparse.ArgumentParser(description="Make checkpoint fixtures with the libraries that write them.")
    parser.add_argument("parts", nargs="*", choices=[*makers, []], help="default: all")
    warnings.filterwarnings("ignore")
    for part in parser.parse_args().parts or makers:
        makers[part]()


if __name__ == "__main__":
    main()
