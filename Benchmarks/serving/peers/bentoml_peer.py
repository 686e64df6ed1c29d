"""BentoML with adaptive batching in each worker. Takes forms with a file."""

import os
import pathlib

import bentoml
import cv2
import numpy as np

import network


@bentoml.service(workers=int(os.environ["PEER_WORKERS"]), traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Classifier:
    def __init__(self):
        cv2.setNumThreads(1)
        self.logits = network.load_for_pixels()

    @bentoml.api(route="/v1/classify", batchable=True, max_batch_size=8, max_latency_ms=10_000)
    def classify(self, image: list[pathlib.Path]) -> list[dict]:
        pictures = np.stack([network.prepare_quickly(path.read_bytes()) for path in image])
        return [{"predictions": network.best(logits)} for logits in self.logits(pictures)]
