"""LitServe with batching: pictures are decoded and run together by its worker processes. Takes forms with a file."""

import os

import cv2
import litserve
import numpy as np
from fastapi import Request

import network


class Classifier(litserve.LitAPI):
    def setup(self, device):
        cv2.setNumThreads(1)
        self.logits = network.load_for_pixels()

    def decode_request(self, request: Request):
        return network.prepare_quickly(request["image"].file.read())

    def batch(self, inputs):
        return np.stack(inputs)

    def predict(self, pictures):
        return self.logits(pictures).copy()

    def unbatch(self, output):
        return list(output)

    def encode_response(self, output):
        return {"predictions": network.best(output)}


if __name__ == "__main__":
    workers = int(os.environ["PEER_WORKERS"])
    api = Classifier(max_batch_size=8, batch_timeout=0.001, api_path="/v1/classify")
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=workers, healthcheck_path="/readyz", timeout=False)
    server.run(host="127.0.0.1", port=int(os.environ["PEER_PORT"]), log_level="error", generate_client_file=False)
