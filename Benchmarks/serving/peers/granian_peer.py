"""As little as Python can do: raw ASGI, libjpeg-turbo with DCT scaling, OpenCV's resizing, OpenVINO."""

import cv2
import orjson

import network

cv2.setNumThreads(1)
logits = network.load_for_pixels()
HEADERS = [(b"content-type", b"application/json")]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    answer = b"{}"
    if scope["path"] == "/v1/classify":
        pieces = []
        more = True
        while more:
            message = await receive()
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        picture = network.prepare_quickly(pieces[0] if len(pieces) == 1 else b"".join(pieces))
        answer = orjson.dumps({"predictions": network.best(logits(picture[None])[0])})
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": answer})
