"""A usual Python service: FastAPI, Pillow, and ONNX Runtime or OpenVINO with one thread a worker."""

from fastapi import FastAPI, Request
from fastapi.responses import ORJSONResponse

import network

app = FastAPI()
logits = network.load()


# Not in the thread pool: one worker has one core.
@app.post("/v1/classify")
async def classify(request: Request):
    picture = network.prepare(await request.body())
    return ORJSONResponse({"predictions": network.best(logits(picture[None])[0])})


@app.get("/readyz")
async def ready():
    return {"status": "ready"}
