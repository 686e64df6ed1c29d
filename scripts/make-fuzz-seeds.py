#!/usr/bin/env python3
"""Makes the first seeds of Fuzz/Seeds/FuzzPyTorch and FuzzONNX: small files of every layout that is read.

    pip install -r scripts/requirements-reference.txt
    scripts/make-fuzz-seeds.py
"""

import argparse
import io
import pathlib
import zipfile

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

SEEDS = pathlib.Path(__file__).resolve().parent.parent / "Fuzz" / "Seeds"


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def deflated(archive):
    source = zipfile.ZipFile(io.BytesIO(archive))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return buffer.getvalue()


def pytorch():
    state = {"a.weight": torch.arange(6.0).reshape(2, 3), "b": torch.ones(2, dtype=torch.int64)}
    last = {"c": torch.arange(16.0).reshape(1, 2, 2, 4).to(memory_format=torch.channels_last)}
    base = torch.arange(10.0)
    views = {"x": base[2:5], "y": base[::2], "z": base.reshape(2, 5).t()}
    types = {
        str(kind): torch.zeros(3, dtype=kind)
        for kind in (torch.float16, torch.bfloat16, torch.float64, torch.int32, torch.int16, torch.int8, torch.bool)
    }
    training = {
        "epoch": 1,
        "state_dict": {f"module.{name}": tensor for name, tensor in state.items()},
        "args": argparse.Namespace(lr=0.1),
        "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(2)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    }
    parameters = torch.nn.Linear(2, 2).state_dict()
    parameters["p"] = torch.nn.Parameter(torch.ones(2))
    values = [state, last, views, types, training, parameters, {}]
    for value in values:
        yield saved(value)
        yield saved(value, _use_new_zipfile_serialization=False)
    yield deflated(saved(state))
    yield saved(torch.nn.Linear(1, 1))


def onnx_model(nodes, tensors, shape=(1, 3, 8, 8)):
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(tensor.numpy(), name) for name, tensor in tensors.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()


def onnx_seeds():
    node = helper.make_node
    weight = {"w": torch.ones(4, 3, 3, 3)}
    tail = [node("GlobalAveragePool", ["t"], ["p"]), node("Flatten", ["p"], ["y"])]
    yield onnx_model([node("Conv", ["x", "w"], ["t"], pads=[1, 1, 1, 1]), *tail], weight)
    yield onnx_model([node("Conv", ["x", "w"], ["t"], auto_pad="SAME_UPPER", strides=[2, 2]), *tail], weight)
    swish = [node("Conv", ["x", "w"], ["c"]), node("Sigmoid", ["c"], ["s"]), node("Mul", ["c", "s"], ["t"]), *tail]
    yield onnx_model(swish, weight)
    norm = {**weight, **{name: torch.ones(4) for name in "abmv"}}
    yield onnx_model(
        [node("Conv", ["x", "w"], ["c"]), node("BatchNormalization", ["c", "a", "b", "m", "v"], ["t"]), *tail], norm
    )
    yield onnx_model(
        [
            node("Conv", ["x", "w"], ["c"]),
            node("ReduceMean", ["c"], ["m"], axes=[2, 3], keepdims=1),
            node("Sigmoid", ["m"], ["s"]),
            node("Mul", ["c", "s"], ["t"]),
            *tail,
        ],
        weight,
    )
    pads = {**weight, "pads": torch.tensor([0, 0, 1, 1, 0, 0, 1, 1])}
    yield onnx_model([node("Pad", ["x", "pads"], ["q"]), node("Conv", ["q", "w"], ["t"]), *tail], pads)
    for kind in ("MaxPool", "AveragePool"):
        pool = node(kind, ["c"], ["t"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        yield onnx_model([node("Conv", ["x", "w"], ["c"]), pool, *tail], weight)
    yield onnx_model(
        [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"]), node("Concat", ["c", "r"], ["t"], axis=1), *tail],
        weight,
    )
    linear = {**weight, "l": torch.ones(5, 4), "bias": torch.ones(5)}
    head = [node("GlobalAveragePool", ["t"], ["p"]), node("Flatten", ["p"], ["f"])]
    yield onnx_model(
        [node("Conv", ["x", "w"], ["t"]), *head, node("Gemm", ["f", "l", "bias"], ["y"], transB=1)], linear
    )
    turned = {**weight, "l": torch.ones(4, 5), "bias": torch.ones(5)}
    yield onnx_model(
        [
            node("Conv", ["x", "w"], ["t"]),
            *head,
            node("MatMul", ["f", "l"], ["g"]),
            node("Add", ["g", "bias"], ["h"]),
            node("Softmax", ["h"], ["y"]),
        ],
        turned,
    )
    sizes = {**weight, "i": torch.tensor(2), "two": torch.tensor(2), "axes": torch.tensor([0])}
    yield onnx_model(
        [
            node("Shape", ["x"], ["s"]),
            node("Gather", ["s", "i"], ["g"], axis=0),
            node("Div", ["g", "two"], ["d"]),
            node("Unsqueeze", ["d", "axes"], ["u"]),
            node("Concat", ["u", "u"], ["e"], axis=0),
            node("ConstantOfShape", ["e"], ["k"]),
            node("Conv", ["x", "w"], ["t"]),
            *tail,
        ],
        sizes,
    )
    yield onnx_model([node("HardSwish", ["x"], ["y"])], {})
    # Data in a file that is not there.
    model = onnx.load_model_from_string(onnx_model([node("Conv", ["x", "w"], ["t"]), *tail], weight))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "weights.bin"
    yield model.SerializeToString()


def main():
    argparse.ArgumentParser(description="Make seeds of the fuzz targets for PyTorch and ONNX files.").parse_args()
    torch.manual_seed(0)
    for target, seeds in (("FuzzPyTorch", pytorch()), ("FuzzONNX", onnx_seeds())):
        folder = SEEDS / target
        folder.mkdir(parents=True, exist_ok=True)
        for index, seed in enumerate(seeds):
            (folder / f"seed-{index:02}").write_bytes(seed)


if __name__ == "__main__":
    main()
