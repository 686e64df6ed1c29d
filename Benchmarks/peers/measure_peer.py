#!/usr/bin/env python3
"""Runs one ONNX model in one peer on an input of fixed size; prints the median time of a batch as JSON.

    Benchmarks/peers/measure_peer.py onnxruntime lite0.onnx --input x.npy --threads 1

Numbers are computed in float32, or by OpenVINO in bf16 where asked. The process uses `--threads` threads and, where the system can, as many CPUs.
"""

import argparse
import json
import statistics
import time

import numpy as np


def onnxruntime_runner(path, shape, threads, precision):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("batch", shape[0])
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    (name,) = [value.name for value in session.get_inputs()]
    return lambda image: session.run(None, {name: image})[0]


def openvino_runner(path, shape, threads, precision):
    import openvino

    core = openvino.Core()
    model = core.read_model(path)
    model.reshape(shape)
    properties = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": {"fp32": "f32", "bf16": "bf16"}[precision],
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": 1,
    }
    request = core.compile_model(model, "CPU", properties).create_infer_request()

    def run(image):
        request.infer([image], share_inputs=True)
        return request.get_output_tensor(0).data

    return run


RUNNERS = {"onnxruntime": onnxruntime_runner, "openvino": openvino_runner}


def measure(run, image, seconds):
    """The median of the times that one batch takes, after a warm-up of half a second."""
    end = time.perf_counter() + 0.5
    while time.perf_counter() < end:
        run(image)
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        run(image)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description="Measure a peer.")
    parser.add_argument("peer", choices=RUNNERS)
    parser.add_argument("model", help="an ONNX file")
    parser.add_argument("--input", required=True, help="a .npy file, float32 [N, C, H, W]")
    parser.add_argument("--output", help="where to put the logits, as .npy")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="bf16: OpenVINO only")
    parser.add_argument("--seconds", type=float, default=2)
    arguments = parser.parse_args()

    image = np.load(arguments.input)
    if arguments.peer == "onnxruntime" and arguments.precision != "fp32":
        parser.error("ONNX Runtime computes in float32 here")
    run = RUNNERS[arguments.peer](arguments.model, image.shape, arguments.threads, arguments.precision)
    if arguments.output:
        np.save(arguments.output, run(image))
    print(json.dumps({"median_ms": measure(run, image, arguments.seconds) * 1000}))


if __name__ == "__main__":
    main()
