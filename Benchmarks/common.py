"""What the benchmarks share: where effnet is, its server, photographs to send, and wrk that sends them."""

import hashlib
import http.client
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXECUTABLE = ROOT / ".build/release/effnet"
MODEL = ROOT / "Models/tf_efficientnet_lite0"
PHOTOS_SCRIPT = ROOT / "Benchmarks/serving/photos.lua"


def photographs(folder):
    """The JPEG files of a folder, in the order of their names; ends the program if there are none."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg"))
    return paths or sys.exit(f"{folder} holds no .jpg or .jpeg files")


def serve_command(binary, model, port, *options):
    """What starts effnet's server with one model. It says no more than where it listens, and errors."""
    command = [binary, "serve", "--host", "127.0.0.1", "--port", port, "--log-level", "error", "--model", model, *options]
    return [str(word) for word in command]


def wait_until_ready(port, process=None, path="/readyz", seconds=120):
    """Waits until a server on this machine answers 200. Raises RuntimeError if it never does, or its process ends."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and (process is None or process.poll() is None):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        time.sleep(0.05)
    raise RuntimeError("the server does not become ready")


def post_photographs(port, connections, seconds, photos, form="raw", path="/v1/classify"):
    """Lets wrk post photographs, each connection one after the other; returns what photos.lua counted."""
    output = subprocess.run(
        ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s", "--timeout", "30s",
         "--script", PHOTOS_SCRIPT, f"http://127.0.0.1:{port}", "--", form, path, *photos],
        check=True, capture_output=True, text=True,
    ).stdout
    return json.loads(re.search(r"RESULT (.*)", output)[1])


def is_current(path, *sources):
    """Whether a file exists and is no older than what it was made from."""
    return path.exists() and path.stat().st_mtime >= max(source.stat().st_mtime for source in sources)


def digest(files):
    """Eight digits that change with the names and sizes of files."""
    text = "".join(f"{file.name} {file.stat().st_size}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def quantised(binary, model, photos, workspace):
    """A copy of a model folder that effnet has mapped to 8 bits by a folder of photographs. It is made anew if the
    model or the executable is newer; other photographs make another copy."""
    files = photographs(photos)
    copy = workspace / f"{model.name}-{digest(files)}"
    if not is_current(copy / "quantization.safetensors", *model.iterdir(), binary):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(model, copy, ignore=shutil.ignore_patterns("quantization.safetensors", "precision.json"))
        command = [binary, "quantize", copy, "--images", photos, "--limit", str(len(files))]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return copy
