"""A usual Python service for the comparison: FastAPI, Pillow, and ONNX Runtime or OpenVINO with one thread a worker.

Environment: PEER_ENGINE (onnxruntime, openvino or openvino-bf16), PEER_ONNX (model), PEER_CONFIG (timm's config.json).
"""

import io
import json
import os

import numpy as np
from fastapi import FastAPI, Request
from PIL import Image

CONFIG = json.load(open(os.environ["PEER_CONFIG"]))["pretrained_cfg"]
SIZE = CONFIG["input_size"][1]
SCALED = int(SIZE / CONFIG["crop_pct"])
FILTER = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}[CONFIG["interpolation"]]
MEAN = np.array(CONFIG["mean"], dtype=np.float32) * 255
SCALE = 1 / (np.array(CONFIG["std"], dtype=np.float32) * 255)


def load():
    engine = os.environ["PEER_ENGINE"]
    if engine == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(os.environ["PEER_ONNX"], options, ["CPUExecutionProvider"])
        return lambda batch: session.run(None, {"image": batch})[0]
    import openvino

    precision = "bf16" if engine.endswith("bf16") else "f32"
    hints = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1}
    model = openvino.Core().compile_model(os.environ["PEER_ONNX"], "CPU", hints)
    return lambda batch: model(batch)[0]


app = FastAPI()
network = load()


def prepare(body):
    image = Image.open(io.BytesIO(body)).convert("RGB")
    width, height = image.size
    scale = SCALED / min(width, height)
    image = image.resize((round(width * scale), round(height * scale)), FILTER)
    left, top = (image.width - SIZE) // 2, (image.height - SIZE) // 2
    pixels = np.asarray(image.crop((left, top, left + SIZE, top + SIZE)), dtype=np.float32)
    return np.ascontiguousarray(((pixels - MEAN) * SCALE).transpose(2, 0, 1)[None])


@app.post("/v1/classify")
async def classify(request: Request):
    logits = network(prepare(await request.body()))[0]
    scores = np.exp(logits - logits.max())
    scores /= scores.sum()
    best = np.argsort(scores)[::-1][:5]
    return {"predictions": [{"class_id": int(index), "score": float(scores[index])} for index in best]}


@app.get("/readyz")
async def ready():
    return {"status": "ready"}
