"""GET /livez as effnet answers it, for uvicorn."""

BODY = b'{"status":"live"}'
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))],
}


async def app(scope, receive, send):
    await send(START)
    await send({"type": "http.response.body", "body": BODY})
