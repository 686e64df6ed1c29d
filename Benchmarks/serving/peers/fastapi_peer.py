"""A usual Python service: FastAPI, Pillow, and ONNX Runtime or OpenVINO with one thread a worker.

Each worker has a listening socket of its own: on one that they share, the first one to wake up may take all clients.
"""

import multiprocessing
import os
import socket

import orjson
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import Response

import network


def application():
    app = FastAPI()
    logits = network.load()

    # Not in the thread pool: one worker has one core.
    @app.post("/v1/classify")
    async def classify(request: Request):
        picture = network.prepare(await request.body())
        answer = {"predictions": network.best(logits(picture[None])[0])}
        return Response(orjson.dumps(answer), media_type="application/json")

    @app.get("/readyz")
    async def ready():
        return {"status": "ready"}

    return app


def work():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", int(os.environ["PEER_PORT"])))
    config = uvicorn.Config(application(), loop="uvloop", http="httptools", access_log=False, log_level="error")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    workers = [multiprocessing.Process(target=work) for _ in range(int(os.environ["PEER_WORKERS"]))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
