#!/usr/bin/env python3
"""Makes Tests/Fixtures/checkpoints/libraries: files of networks of real size, as the libraries that people use write
them, and what those libraries answer.

    pip install -r scripts/requirements-reference.txt
    scripts/make-library-fixtures.py [NAME ...]

The weights are the formulas of scripts/seeded_values.py, so their bytes are cut out of the files and put back by the
tests. A fixture is three files: NAME.json says what was cut out where, NAME.rest holds what is left, deflated, and
NAME.safetensors the logits for scripts/seeded_values.py's picture of each size.
"""

import argparse
import copy
import json
import pathlib
import tempfile
import warnings
import zlib

import efficientnet_pytorch
import numpy as np
import onnx
import onnxruntime
import reference_models
import seeded_values
import timm
import torch
import torchvision
from onnx import numpy_helper
from safetensors.numpy import save_file
from timm.models import save_for_hf
from timm.utils import CheckpointSaver, ModelEmaV2
from transformers import EfficientNetConfig, EfficientNetForImageClassification, EfficientNetImageProcessor

OUTPUT = reference_models.ROOT / "Tests" / "Fixtures" / "checkpoints" / "libraries"
#: Beside its native size each network is run at an odd and oblong one.
OTHER = (150, 181)
CLASSES = 10
#: Tensors of fewer bytes stay in the files.
SMALLEST = 256

FIXTURES = {}


def fixture(name, *arguments):
    """Registers a function that makes a fixture's files in a folder; it returns a Case."""

    def register(function):
        FIXTURES[name] = lambda folder: function(folder, *arguments)
        return function

    return register


class Case:
    """What a fixture is of: tensors by formula, and a function that answers a picture of a size."""

    def __init__(self, tensors, exponents, answer, sizes, architecture=None, given=False, dtype="float32"):
        self.tensors = tensors
        self.exponents = exponents
        self.answer = answer
        self.sizes = sizes
        #: What the network is called once it is read; None for a name of its own.
        self.architecture = architecture
        #: Whether the architecture's name has to be given.
        self.given = given
        self.dtype = dtype


def seeded(model, side, **options):
    """A case of a PyTorch model, whose weights become seeded ones."""
    exponents = reference_models.seed(model, seeded_values.picture((1, 3, side, side)))

    def answer(size):
        sample = torch.from_numpy(seeded_values.picture((1, 3, *size))).double()
        with torch.inference_mode():
            result = copy.deepcopy(model).double()(sample)
        return getattr(result, "logits", result).numpy().astype(np.float32)

    return Case(dict(reference_models.shapes(model)), exponents, answer, [(side, side), OTHER], **options)


# timm


@fixture("timm-folder-b0", "tf_efficientnet_b0", 224, "float32")
@fixture("timm-folder-v2-b0", "tf_efficientnetv2_b0", 192, "float32")
@fixture("timm-bfloat16-b0", "tf_efficientnet_b0", 224, "bfloat16")
@fixture("timm-float16-v2-b0", "tf_efficientnetv2_b0", 192, "float16")
def timm_folder(folder, architecture, side, dtype):
    model = timm.create_model(architecture, num_classes=CLASSES)
    case = seeded(model, side, architecture=architecture, dtype=dtype)
    model.to(getattr(torch, dtype))
    save_for_hf(model, folder, model_config={"label_names": [f"class {index}" for index in range(CLASSES)]})
    return case


@fixture("timm-weights-b0", "efficientnet_b0", 224, True)
@fixture("timm-weights-resnet18", "resnet18", 224, True)
@fixture("timm-legacy-b0", "efficientnet_b0", 224, False)
@fixture("timm-legacy-resnet18", "resnet18", 224, False)
def timm_weights(folder, architecture, side, is_zip):
    model = timm.create_model(architecture, num_classes=CLASSES)
    case = seeded(model, side, architecture=architecture, given=architecture != "resnet18")
    torch.save(model.state_dict(), folder / "model.pth", _use_new_zipfile_serialization=is_zip)
    return case


@fixture("timm-training-b0", "efficientnet_b0", 224)
@fixture("timm-training-rw-t", "efficientnetv2_rw_t", 224)
def timm_training(folder, architecture, side):
    model = timm.create_model(architecture, num_classes=CLASSES)
    case = seeded(model, side, architecture=architecture)
    average = ModelEmaV2(model)
    parallel = torch.nn.DataParallel(model)
    for parameter in parallel.parameters():
        parameter.data.zero_()
    optimizer = torch.optim.SGD(parallel.parameters(), lr=0.1)
    arguments = argparse.Namespace(model=architecture, lr=0.1, mean=(0.5, 0.5, 0.5), data_dir=None)
    saver = CheckpointSaver(
        parallel, optimizer, args=arguments, model_ema=average, checkpoint_dir=folder, recovery_dir=folder
    )
    saver.save_checkpoint(3, metric=12.5)
    keep_only(folder, "model_best.pth.tar")

    def answer(size):
        sample = torch.from_numpy(seeded_values.picture((1, 3, *size))).double()
        with torch.inference_mode():
            return copy.deepcopy(average.module).double()(sample).numpy().astype(np.float32)

    case.answer = answer
    return case


def keep_only(folder, name):
    for path in folder.iterdir():
        if path.name != name:
            path.unlink()


# torchvision


@fixture("torchvision-b0", "efficientnet_b0", 224, "efficientnet_b0_rwightman-7f5810bc.pth")
@fixture("torchvision-b5", "efficientnet_b5", 456, "efficientnet_b5_lukemelas-1a07897c.pth")
@fixture("torchvision-v2-s", "efficientnet_v2_s", 384, "efficientnet_v2_s-dd5fe13b.pth")
@fixture("torchvision-resnet50", "resnet50", 224, "resnet50-11ad3fa6.pth")
@fixture("torchvision-inception-v3", "inception_v3", 299, "inception_v3_google-0cc3c7bd.pth")
def torchvision_weights(folder, name, side, file):
    options = {"aux_logits": True, "init_weights": False} if name == "inception_v3" else {}
    model = getattr(torchvision.models, name)(num_classes=CLASSES, **options)
    case = seeded(model, side, architecture=name.replace("_v2_", "v2_"))
    torch.save(model.state_dict(), folder / file)
    return case


@fixture("torchvision-training-b0", "efficientnet_b0", 224)
@fixture("torchvision-training-resnet18", "resnet18", 224)
def torchvision_training(folder, name, side):
    """As torchvision's reference scripts save: an average under `model_ema`."""
    model = getattr(torchvision.models, name)(num_classes=CLASSES)
    case = seeded(model, side, architecture=name)
    average = torch.optim.swa_utils.AveragedModel(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
    state = {
        "model": {key: torch.zeros_like(tensor) for key, tensor in model.state_dict().items()},
        "optimizer": optimizer.state_dict(),
        "lr_scheduler": schedule.state_dict(),
        "epoch": 3,
        "args": argparse.Namespace(lr=0.1),
        "model_ema": average.state_dict(),
    }
    torch.save(state, folder / "checkpoint.pth")
    return case


# Transformers


@fixture("transformers-b0", 1.0, 1.0, 224, [], 1280, "8MB")
@fixture("transformers-b1", 1.0, 1.1, 240, [16], 1280, "5GB")
def transformers_folder(folder, width, depth, side, symmetric, head, shard):
    labels = {index: f"class {index}" for index in range(CLASSES)}
    configuration = EfficientNetConfig(
        width_coefficient=width,
        depth_coefficient=depth,
        image_size=side,
        depthwise_padding=symmetric,
        hidden_dim=head,
        id2label=labels,
        label2id={name: index for index, name in labels.items()},
    )
    model = EfficientNetForImageClassification(configuration)
    case = seeded(model, side)
    model.save_pretrained(folder, max_shard_size=shard)
    EfficientNetImageProcessor(size={"height": side, "width": side}, resample=0).save_pretrained(folder)
    return case


# efficientnet_pytorch


@fixture("efficientnet_pytorch-b0", "efficientnet-b0", 224, "efficientnet-b0-355c32eb.pth")
@fixture("efficientnet_pytorch-b1", "efficientnet-b1", 240, "efficientnet-b1-f1951068.pth")
def lukemelas(folder, name, side, file):
    """Its borders are fixed when a network is made, so that each size has a network of its own."""
    model = efficientnet_pytorch.EfficientNet.from_name(name, num_classes=CLASSES, image_size=side)
    case = seeded(model, side, architecture="tf_" + name.replace("-", "_"))
    torch.save(model.state_dict(), folder / file)

    def answer(size):
        sized = efficientnet_pytorch.EfficientNet.from_name(name, num_classes=CLASSES, image_size=list(size))
        sized.load_state_dict(model.state_dict())
        sample = torch.from_numpy(seeded_values.picture((1, 3, *size))).double()
        with torch.inference_mode():
            return sized.eval().double()(sample).numpy().astype(np.float32)

    case.answer = answer
    return case


# ONNX


@fixture("onnx-script-b0", "efficientnet_b0", 224, False)
@fixture("onnx-script-v2-b0", "tf_efficientnetv2_b0", 192, False)
@fixture("onnx-dynamo-b0", "efficientnet_b0", 224, True)
@fixture("onnx-dynamo-resnet18", "resnet18", 224, True)
def onnx_file(folder, architecture, side, dynamo):
    """Exporters fold batch norms into weights, which then get formulas of their own names; ONNX Runtime answers."""
    model = timm.create_model(architecture, num_classes=CLASSES)
    reference_models.seed(model, seeded_values.picture((1, 3, side, side)))
    path = folder / f"{architecture}.onnx"
    sample = torch.from_numpy(seeded_values.picture((2, 3, side, side)))
    if dynamo:
        sizes = ({0: torch.export.Dim("batch"), 2: torch.export.Dim("height"), 3: torch.export.Dim("width")},)
        torch.onnx.export(model, (sample,), path, dynamo=True, dynamic_shapes=sizes, external_data=True)
    else:
        axes = {"input": {0: "batch", 2: "height", 3: "width"}, "output": {0: "batch"}}
        names = {"input_names": ["input"], "output_names": ["output"]}
        torch.onnx.export(model, (sample,), path, dynamo=False, dynamic_axes=axes, **names)
    proto = onnx.load(path)
    for node in proto.graph.node:
        # Where in a program each node comes from: long, and of no use.
        del node.metadata_props[:]
    tensors, exponents = {}, {}
    for initializer in proto.graph.initializer:
        array = numpy_helper.to_array(initializer)
        if array.dtype == np.float32 and array.nbytes >= SMALLEST:
            tensors[initializer.name] = array.shape
            exponents[initializer.name] = matching_exponent(initializer.name, array)
            value = formula(initializer.name, array.shape, exponents)
            initializer.CopyFrom(numpy_helper.from_array(value, initializer.name))
    for leftover in folder.iterdir():
        leftover.unlink()
    external = {"save_as_external_data": True, "location": f"{path.name}.data", "size_threshold": SMALLEST}
    onnx.save(proto, path, **(external if dynamo else {}))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def answer(size):
        return session.run(None, {session.get_inputs()[0].name: seeded_values.picture((1, 3, *size))})[0]

    return Case(tensors, exponents, answer, [(side, side), OTHER])


def matching_exponent(name, array):
    """The power of two that brings a tensor's formula nearest to the size of its numbers."""
    own = np.sqrt(np.square(seeded_values.weight(name, array.shape, {})).mean())
    target = np.sqrt(np.square(array).mean())
    return int(np.round(np.log2(max(target, 1e-6) / own)))


def formula(name, shape, exponents):
    """A tensor of a case. Exponents are those of batch norms, or of tensors by their whole names."""
    value = seeded_values.weight(name, shape, exponents)
    return value * np.float32(2.0 ** exponents[name]) if name in exponents else value


# Cutting


def stored(value, dtype):
    return torch.from_numpy(value).to(getattr(torch, dtype)).contiguous().view(torch.uint8).numpy().tobytes()


def cut(content, tensors):
    """Parts of a file, each a number of bytes that stay and the tensor behind them; and all that stays."""
    places = []
    for name, value in tensors.items():
        start = content.find(value)
        while start >= 0:
            places.append((start, name))
            start = content.find(value, start + len(value))
    parts, rest, end = [], [], 0
    for start, name in sorted(places):
        rest.append(content[end:start])
        parts.append([start - end, name])
        end = start + len(tensors[name])
    rest.append(content[end:])
    return parts, b"".join(rest)


def make(name):
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        case = FIXTURES[name](folder)
        values = {tensor: stored(formula(tensor, shape, case.exponents), case.dtype)
                  for tensor, shape in case.tensors.items()}  # fmt: skip
        values = {tensor: value for tensor, value in values.items() if len(value) >= SMALLEST}
        files, rest = [], b""
        for path in sorted(folder.iterdir()):
            content = path.read_bytes()
            parts, left = cut(content, values)
            files.append({"name": path.name, "size": len(content), "crc32": zlib.crc32(content), "parts": parts})
            rest += left
        logits = {f"{size[0]}x{size[1]}": case.answer(size) for size in case.sizes}
    missing = set(values) - {tensor for file in files for _, tensor in file["parts"]}
    if missing:
        raise SystemExit(f"{name}: tensors that are in no file: {sorted(missing)}")
    description = {
        "architecture": case.architecture,
        "isArchitectureGiven": case.given,
        "elementType": case.dtype,
        "exponents": case.exponents,
        "shapes": {tensor: case.tensors[tensor] for tensor in values},
        "files": files,
        "restSize": len(rest),
    }
    (OUTPUT / f"{name}.json").write_text(json.dumps(description, sort_keys=True, separators=(",", ":")) + "\n")
    (OUTPUT / f"{name}.rest").write_bytes(zlib.compress(rest, 9))
    save_file(logits, OUTPUT / f"{name}.safetensors")
    print(f"{name}: {sum(file['size'] for file in files)} bytes, {len(rest)} stay")


def main():
    parser = argparse.ArgumentParser(description="Make fixtures of the files that libraries write.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or FIXTURES:
        if name not in FIXTURES:
            parser.error(f"no such fixture: {name} (known: {', '.join(FIXTURES)})")
        make(name)


if __name__ == "__main__":
    main()
