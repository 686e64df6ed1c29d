"""The plain API with requests and curl: every kind of body, codings, several images, deadlines."""

import base64
import gzip
import io
import json
import subprocess
import zlib

import numpy as np
import requests
from PIL import Image

from service import NAME, PHOTOS, Service


def classify(service, **arguments):
    answer = requests.post(f"{service.url}/v1/classify", params={"top_k": 1}, timeout=30, **arguments)
    answer.raise_for_status()
    return answer.json()


def check_explanations(service):
    """The grid and the picture of it, as another decoder sees it, agree on where the class is."""
    photo = next(photo for photo in PHOTOS if photo.stem == "macaw").read_bytes()
    explain = f"{service.url}/v1/explain?class=macaw"
    answer = requests.post(explain, data=photo, timeout=30).json()
    assert answer["label"] == "macaw" and answer["score"] > 0.5
    grid, region = np.array(answer["map"]["values"]), answer["map"]["region"]
    assert grid.shape == (7, 7)
    heat = requests.post(explain, data=photo, timeout=30, headers={"Accept": "image/png"})
    assert heat.headers["Content-Type"] == "image/png" and "inference" in heat.headers["Server-Timing"]
    picture = Image.open(io.BytesIO(heat.content))
    assert picture.mode == "L" and picture.size == Image.open(io.BytesIO(photo)).size
    pixels = np.asarray(picture, dtype=float)
    for row in range(7):
        for column in range(7):
            x = int(region["x"] + region["width"] * (column + 0.5) / 7)
            y = int(region["y"] + region["height"] * (row + 0.5) / 7)
            assert abs(pixels[y, x] - 255 * max(0, grid[row, column]) / grid.max()) < 6, (row, column)
    assert pixels[:, : int(region["x"]) - 1].max() == 0
    unknown = requests.post(f"{service.url}/v1/explain?class=bigfoot", data=photo, timeout=30)
    assert unknown.status_code == 400 and "bigfoot" in unknown.json()["detail"]


def check(service):
    photos = [photo.read_bytes() for photo in PHOTOS[:3]]
    expected = [classify(service, data=photo)["predictions"] for photo in photos]
    assert len({prediction[0]["class_id"] for prediction in expected}) == 3

    # One file answers like the photo itself, several answer as a list, in order.
    assert classify(service, files={"image": photos[0]})["predictions"] == expected[0]
    files = [("images", (f"{index}.jpg", photo, "image/jpeg")) for index, photo in enumerate(photos)]
    several = classify(service, files=files + [("images", ("no.jpg", b"no picture"))])
    assert several["model"] == NAME and several["request_id"]
    assert [result.get("predictions") for result in several["results"]] == expected + [None]
    assert "not a picture" in several["results"][3]["error"]

    encoded = [base64.b64encode(photo).decode() for photo in photos]
    assert classify(service, json={"image_b64": encoded[0]})["predictions"] == expected[0]
    several = classify(service, json={"images_b64": encoded})
    assert [result["predictions"] for result in several["results"]] == expected

    # Content codings, both ways.
    body = json.dumps({"image_b64": encoded[1]}).encode()
    for coding, packed in {"gzip": gzip.compress(body), "deflate": zlib.compress(body)}.items():
        headers = {"Content-Type": "application/json", "Content-Encoding": coding}
        assert classify(service, data=packed, headers=headers)["predictions"] == expected[1]
        packed_photo = gzip.compress(photos[2]) if coding == "gzip" else zlib.compress(photos[2])
        assert classify(service, data=packed_photo, headers={"Content-Encoding": coding})["predictions"] == expected[2]
    embed = requests.post(f"{service.url}/v1/embed", data=photos[0], timeout=30, headers={"Accept-Encoding": "gzip"})
    assert embed.headers["Content-Encoding"] == "gzip" and embed.headers["Vary"] == "Accept-Encoding"
    assert len(embed.json()["embedding"]) == 1280
    small = requests.post(f"{service.url}/v1/classify", data=photos[0], timeout=30)
    assert "Content-Encoding" not in small.headers
    assert requests.post(f"{service.url}/v1/classify", data=b"x", headers={"Content-Encoding": "br"}).status_code == 415

    # A deadline that cannot be met is refused before any work.
    late = requests.post(f"{service.url}/v1/classify", data=photos[0], headers={"X-Request-Timeout-Ms": "1"})
    assert late.status_code == 503 and int(late.headers["Retry-After"]) >= 1

    # curl's own form and raw bodies.
    for arguments in (["-F", f"image=@{PHOTOS[0]}"], ["--data-binary", f"@{PHOTOS[0]}"], ["-T", str(PHOTOS[0]), "-X", "POST"]):
        output = subprocess.run(
            ["curl", "--silent", "--fail", *arguments, f"{service.url}/v1/classify?top_k=1"],
            check=True,
            capture_output=True,
        ).stdout
        assert json.loads(output)["predictions"] == expected[0]

    stats = requests.get(f"{service.url}/v1/stats", timeout=30).json()
    assert stats["1m"]["requests"] > 10 and stats["1m"]["phases_ms"]["total"]["p99"] > 0


if __name__ == "__main__":
    with Service() as service:
        check(service)
        check_explanations(service)
    print("plain API: ok")
