"""Writes Tests/Fixtures/http/h11.json: what h11 makes of the valid conformance cases.

    python -m venv /tmp/venv && /tmp/venv/bin/pip install h11==0.16.0
    /tmp/venv/bin/python scripts/make-h11-goldens.py

For each case of conformance.json in which every request is well-formed: its requests with method, path, query, fields (in
order, names in lower case), body, and whether the connection may live on; all texts with characters that stand for one
byte each. h11 leaves the target as it is: path and query come from the standard library's percent decoding; and
it ends every connection of HTTP/1.0. A case that
h11 refuses says so instead.
"""

import json
import re
from pathlib import Path
from urllib.parse import unquote_to_bytes

import h11

FOLDER = Path(__file__).resolve().parent.parent / "Tests/Fixtures/http"
# The fields that h11 puts into a form of its own; what they mean shows in the body.
REWRITTEN = {b"content-length", b"transfer-encoding"}
# The answers to bytes that are no acceptable request.
REFUSALS = {400, 408, 414, 431, 501, 505}


def sent(case):
    return b"".join(
        (part if isinstance(part, str) else part["repeat"] * part["count"]).encode("latin-1") for part in case["send"]
    )


def text(data):
    return bytes(data).decode("latin-1")


def path_and_query(target):
    """A request target without scheme and host (RFC 9112 §3.2), its path decoded and without dot segments."""
    if target == "*":
        return "*", ""
    if not target.startswith("/"):
        rest = target.partition("://")[2]
        target = rest[len(re.match(r"[^/?]*", rest)[0]) :]
        target = target if target.startswith("/") else "/" + target
    path, _, query = target.partition("?")
    segments = []
    parts = path.split("/")[1:]
    for index, part in enumerate(parts):
        segment = unquote_to_bytes(part).decode("latin-1")
        if segment == ".." and segments:
            segments.pop()
        if segment not in (".", ".."):
            segments.append(segment)
        elif index == len(parts) - 1:
            segments.append("")
    return "/" + "/".join(segments), query


def requests(data):
    """The requests that a server reads, until it would have to wait for more."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    connection.receive_data(data)
    found = []
    while True:
        event = connection.next_event()
        if isinstance(event, h11.Request):
            fields = [[text(name), text(value)] for name, value in event.headers if name not in REWRITTEN]
            path, query = path_and_query(text(event.target))
            request = {"method": text(event.method), "path": path, "query": query, "fields": fields, "body": ""}
        elif isinstance(event, h11.Data):
            request["body"] += text(event.data)
        elif isinstance(event, h11.EndOfMessage):
            found.append(request)
            connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            connection.send(h11.EndOfMessage())
            request["keepsAlive"] = connection.our_state is h11.DONE
            if not request["keepsAlive"]:
                return found
            connection.start_next_cycle()
        else:
            return found


def main():
    goldens = {}
    for case in json.loads((FOLDER / "conformance.json").read_text()):
        if REFUSALS & set(case["statuses"]) or case["fate"] == "waits":
            continue
        try:
            goldens[case["id"]] = {"requests": requests(sent(case))}
        except h11.RemoteProtocolError as error:
            goldens[case["id"]] = {"refusal": str(error)}
    lines = (f"  {json.dumps(name)}: {json.dumps(golden)}" for name, golden in goldens.items())
    (FOLDER / "h11.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
