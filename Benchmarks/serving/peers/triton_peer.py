"""Triton by PyTriton, with its dynamic batcher and one instance of the network a core. Takes the Open Inference
Protocol's binary form: one BYTES element."""

import os

import cv2
import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

import network


def instance():
    logits = network.load_for_pixels()

    @batch
    def infer(image):
        pictures = np.stack([network.prepare_quickly(row[0]) for row in image])
        scores = np.exp(logits(pictures))
        return [scores / scores.sum(axis=1, keepdims=True)]

    return infer


if __name__ == "__main__":
    cv2.setNumThreads(1)
    configuration = TritonConfig(
        http_address="127.0.0.1",
        http_port=int(os.environ["PEER_PORT"]),
        allow_grpc=False,
        allow_metrics=False,
        log_verbose=0,
    )
    with Triton(config=configuration) as triton:
        triton.bind(
            model_name="classify",
            infer_func=[instance() for _ in range(int(os.environ["PEER_WORKERS"]))],
            inputs=[Tensor(name="image", dtype=bytes, shape=(1,))],
            outputs=[Tensor(name="probabilities", dtype=np.float32, shape=(-1,))],
            config=ModelConfig(max_batch_size=8, batcher=DynamicBatcher(max_queue_delay_microseconds=0)),
        )
        triton.serve()
