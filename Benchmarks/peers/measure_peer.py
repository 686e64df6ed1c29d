#!/usr/bin/env python3
"""Runs one model in one peer over a tensor, in batches of fixed size: prints the median time of a batch as JSON, or writes
the logits.

    Benchmarks/peers/measure_peer.py onnxruntime lite0.onnx --input x.npy --batch 8 --threads 1

Numbers are computed in float32, or by OpenVINO in bf16 or int8 where asked; for int8 the model is what quantize_onnx.py
wrote. The process uses `--threads` threads and, where the system can, as many CPUs.
"""

import argparse
import json
import statistics
import time

import numpy as np


def onnxruntime_runner(arguments, shape):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    options.inter_op_num_threads = 1
    options.add_free_dimension_override_by_name("batch", shape[0])
    session = onnxruntime.InferenceSession(arguments.model, options, providers=["CPUExecutionProvider"])
    (name,) = [value.name for value in session.get_inputs()]
    return lambda images: session.run(None, {name: images})[0]


def openvino_runner(arguments, shape):
    import openvino

    core = openvino.Core()
    model = core.read_model(arguments.model)
    model.reshape(shape)
    properties = {
        "INFERENCE_NUM_THREADS": arguments.threads,
        "PERFORMANCE_HINT": arguments.hint,
        "NUM_STREAMS": 1,
    }
    # What of a quantised model is not in integers, OpenVINO computes as it thinks best.
    if arguments.precision != "int8":
        properties["INFERENCE_PRECISION_HINT"] = {"fp32": "f32", "bf16": "bf16"}[arguments.precision]
    request = core.compile_model(model, "CPU", properties).create_infer_request()

    def run(images):
        request.infer([images], share_inputs=True)
        return request.get_output_tensor(0).data

    return run


RUNNERS = {"onnxruntime": onnxruntime_runner, "openvino": openvino_runner}


def measure(run, images, seconds):
    """The median of the times that one batch takes, after a warm-up of half a second."""
    end = time.perf_counter() + 0.5
    while time.perf_counter() < end:
        run(images)
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        run(images)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description="Measure a peer.")
    parser.add_argument("peer", choices=RUNNERS)
    parser.add_argument("model", help="an ONNX file, or OpenVINO's .xml")
    parser.add_argument("--input", required=True, help="a .npy file, float32 [N, C, H, W]")
    parser.add_argument("--batch", type=int, default=1, help="images in one run; divides N (default 1)")
    parser.add_argument("--output", help="write the logits here as .npy, [N, classes], and measure nothing")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--precision", choices=("fp32", "bf16", "int8"), default="fp32", help="all but fp32: OpenVINO only"
    )
    parser.add_argument("--hint", choices=("LATENCY", "THROUGHPUT"), default="LATENCY", help="OpenVINO's")
    parser.add_argument("--seconds", type=float, default=2)
    arguments = parser.parse_args()

    images = np.load(arguments.input)
    if arguments.peer == "onnxruntime" and arguments.precision != "fp32":
        parser.error("ONNX Runtime computes in float32 here")
    if len(images) % arguments.batch:
        parser.error(f"{len(images)} images are no multiple of batches of {arguments.batch}")
    batches = images.reshape(-1, arguments.batch, *images.shape[1:])
    run = RUNNERS[arguments.peer](arguments, batches[0].shape)
    if arguments.output:
        # Copied: OpenVINO writes all its answers into the same memory.
        np.save(arguments.output, np.concatenate([np.array(run(batch)) for batch in batches]))
    else:
        print(json.dumps({"median_ms": measure(run, batches[0], arguments.seconds) * 1000}))


if __name__ == "__main__":
    main()
