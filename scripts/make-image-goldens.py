#!/usr/bin/env python3
"""Makes Tests/Fixtures/imaging: odd pictures, and what Pillow makes of them.

    python3 -m venv .venv && .venv/bin/pip install pillow
    apt-get install libjpeg-turbo-progs            # cjpeg, for what Pillow does not write
    .venv/bin/python scripts/make-image-goldens.py

Each picture gets the crop that timm's evaluation transform cuts from it (the formulas of `transform`, which
scripts/check-image-transform.py holds against timm itself), as raw 8-bit RGB in goldens/. manifest.json lists the
pictures with their goldens, and the broken files with the error that each has to give.
"""

import io
import json
import math
import random
import struct
import subprocess
import zlib
from pathlib import Path

import PIL
from PIL import Image, ImageOps

FOLDER = Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "imaging"
FILTERS = {"nearest": Image.NEAREST, "bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
SMALL = {"width": 24, "height": 24, "cropFraction": 0.875, "mode": "center", "filter": "bicubic"}

pictures, failures = [], []


# What is expected


def upright_rgb(picture):
    """Upright, then RGB. Of 16-bit grey the high byte is taken, where Pillow would clip to white."""
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    return picture.convert("RGB")


def transform(picture, framing):
    width, height = framing["width"], framing["height"]
    target = [math.floor(side / framing["cropFraction"]) for side in (width, height)]
    if framing["mode"] == "squash":
        size = target
    elif target[0] == target[1]:
        short, long = min(picture.size), max(picture.size)
        longer = int(target[0] * long / short)
        size = [target[0], longer] if picture.width <= picture.height else [longer, target[0]]
    else:
        ratio = min(picture.height / target[1], picture.width / target[0])
        size = [round(side / ratio) for side in picture.size]
    resized = picture.resize(size, FILTERS[framing["filter"]])
    lacking = [max(width - resized.width, 0), max(height - resized.height, 0)]
    if any(lacking):
        before = [lack // 2 for lack in lacking]
        after = [(lack + 1) // 2 for lack in lacking]
        resized = ImageOps.expand(resized, (*before, *after))
    left = int(round((resized.width - width) / 2.0))
    top = int(round((resized.height - height) / 2.0))
    return resized.crop((left, top, left + width, top + height))


def add(name, content, framings=(SMALL,), tolerance=None):
    """A picture that can be read. With a tolerance, the golden is not met bit for bit."""
    (FOLDER / name).write_bytes(content)
    # Pillow 13 chose another order of the two passes for tall pictures.
    assert int(PIL.__version__.split(".")[0]) >= 13
    picture = upright_rgb(Image.open(io.BytesIO(content)))
    goldens = []
    for framing in framings:
        label = "-".join(str(framing[key]) for key in ("width", "height", "cropFraction", "mode", "filter"))
        golden = f"goldens/{name}-{label}.rgb"
        (FOLDER / golden).write_bytes(transform(picture, framing).tobytes())
        goldens.append({"framing": framing, "file": golden})
    entry = {"file": name, "width": picture.width, "height": picture.height, "goldens": goldens}
    if tolerance:
        entry["tolerance"] = tolerance
    pictures.append(entry)


def add_failure(name, content, error):
    (FOLDER / name).write_bytes(content)
    failures.append({"file": name, "error": error})


# Making pictures


def scene(width, height, channels=3, seed=1, smooth=False):
    """Rows of samples of 0…255: slopes and waves with some noise."""
    dice = random.Random(seed)
    noise = 0 if smooth else 40
    return [
        [
            max(0, min(255, int(
                128 + 90 * math.sin((x * (c + 1) + y) / 9.0 * min(1, 64 / width)) + 60 * (y / height - 0.5)
                + dice.uniform(-noise, noise)
            )))
            for x in range(width)
            for c in range(channels)
        ]
        for y in range(height)
    ]


def image(width, height, mode="RGB", **options):
    channels = len(Image.new(mode, (1, 1)).getbands())
    rows = scene(width, height, channels, **options)
    return Image.frombytes(mode, (width, height), bytes(sample for row in rows for sample in row))


def chunk(kind, body=b""):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def pack_row(samples, depth):
    if depth == 16:
        return b"".join(struct.pack(">H", sample) for sample in samples)
    bits = "".join(format(sample, f"0{depth}b") for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[index:index + 8], 2) for index in range(0, len(bits), 8))


def filtered(rows, step, first_filter):
    """The rows with their filter types, all five in turn."""
    result, above = b"", bytes(len(rows[0]) if rows else 0)
    for number, row in enumerate(rows):
        kind = (first_filter + number) % 5
        line = bytearray()
        for index, byte in enumerate(row):
            left = row[index - step] if index >= step else 0
            up = above[index]
            corner = above[index - step] if index >= step else 0
            estimate = left + up - corner
            nearest = min((left, up, corner), key=lambda value: abs(estimate - value))
            line.append((byte - [0, left, up, (left + up) // 2, nearest][kind]) & 255)
        result += bytes([kind]) + line
        above = row
    return result


def png(width, height, color, depth, samples, interlaced=False, before=b"", after=b"", piece=None, filters=0):
    """A PNG of any colour type and depth; `samples` are rows of whole numbers of `depth` bits."""
    channels = CHANNELS[color]
    step = max(channels * depth // 8, 1)
    data = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        rows = [
            pack_row([row[x * channels + c] for x in range(x0, width, dx) for c in range(channels)], depth)
            for row in samples[y0::dy]
        ]
        if x0 < width and rows:
            data += filtered(rows, step, filters)
    data = zlib.compress(data, 9)
    size = piece or len(data)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    pieces = b"".join(chunk(b"IDAT", data[start:start + size]) for start in range(0, len(data), size))
    return SIGNATURE + chunk(b"IHDR", header) + before + pieces + after + chunk(b"IEND")


def with_depth(rows, depth, seed=5):
    if depth == 16:
        dice = random.Random(seed)
        return [[sample << 8 | dice.randrange(256) for sample in row] for row in rows]
    return [[sample >> (8 - depth) for sample in row] for row in rows]


def cjpeg(picture, *options):
    ppm = io.BytesIO()
    picture.save(ppm, "PPM")
    return subprocess.run(["cjpeg", *options], input=ppm.getvalue(), stdout=subprocess.PIPE, check=True).stdout


def exif(orientation, order, kind=3):
    """A TIFF structure whose first directory holds a note and the orientation."""
    mark = {"<": b"II", ">": b"MM"}[order]
    value = struct.pack(order + {3: "HH", 4: "I"}[kind], *([orientation, 0] if kind == 3 else [orientation]))
    entries = struct.pack(order + "HHI", 0x010E, 2, 4) + b"abc\0" + struct.pack(order + "HHI", 0x0112, kind, 1) + value
    return mark + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", 2) + entries + bytes(4)


def with_exif(jpeg, tiff):
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def find_marker(jpeg, marker):
    return jpeg.index(bytes([0xFF, marker]))


# The set


def make_png():
    width, height = 37, 29
    dice = random.Random(3)
    palette = bytes(dice.randrange(256) for _ in range(768))
    for color, depths in {0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]}.items():
        for depth in depths:
            samples = with_depth(scene(width, height, CHANNELS[color]), depth)
            before = chunk(b"PLTE", palette[:3 << depth]) if color == 3 else b""
            for interlaced in (False, True):
                name = f"png-color{color}-depth{depth}{'-interlaced' if interlaced else ''}.png"
                add(name, png(width, height, color, depth, samples, interlaced, before, piece=100, filters=color))

    grey, color, index = (scene(width, height, count) for count in (1, 3, 1))
    add("png-trns-grey.png", png(width, height, 0, 8, grey, before=chunk(b"tRNS", struct.pack(">H", grey[3][4]))))
    key = struct.pack(">HHH", *color[3][:3])
    add("png-trns-color.png", png(width, height, 2, 8, color, before=chunk(b"tRNS", key)))
    add("png-trns-palette.png", png(
        width, height, 3, 8, index, before=chunk(b"PLTE", palette) + chunk(b"tRNS", bytes(range(256)))))
    add("png-short-palette.png", png(width, height, 3, 8, index, before=chunk(b"PLTE", palette[:300])))
    add("png-suggested-palette.png", png(width, height, 2, 8, color, before=chunk(b"PLTE", palette)))
    add("png-one-byte-pieces.png", png(9, 7, 2, 8, scene(9, 7), piece=1))
    add("png-empty-piece.png", png(9, 7, 2, 8, scene(9, 7), before=chunk(b"IDAT")))
    for side in (1, 2, 3, 5):
        add(f"png-interlaced-{side}x{side}.png", png(side, side, 2, 8, scene(side, side), True))
    frame = struct.pack(">IIIIIHHBB", 0, width, height, 0, 0, 1, 10, 0, 0)
    add("png-animated.png", png(
        width, height, 2, 8, color,
        before=chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(b"fcTL", frame),
        after=chunk(b"fcTL", b"\0\0\0\1" + frame[4:])
        + chunk(b"fdAT", b"\0\0\0\2" + zlib.compress(filtered([bytes(3 * width)] * height, 3, 0)))))
    add("png-text-before-and-after.png", png(
        width, height, 2, 8, color, before=chunk(b"tEXt", b"Title\0x"), after=chunk(b"tEXt", b"Comment\0y")))
    for orientation in range(1, 9):
        turned = chunk(b"eXIf", exif(orientation, ">"))
        add(f"png-exif-{orientation}.png", png(width, height, 2, 8, color, before=turned))
    add("png-exif-behind.png", png(width, height, 2, 8, color, after=chunk(b"eXIf", exif(6, "<"))))
    add("png-exif-long.png", png(width, height, 2, 8, color, before=chunk(b"eXIf", exif(8, "<", kind=4))))
    add("png-exif-turned-interlaced.png", png(
        width, height, 2, 8, color, True, before=chunk(b"eXIf", exif(7, "<"))))


def make_jpeg():
    picture = image(75, 58)
    quality = ("-quality", "85")
    for sampling in ("1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "4x2", "3x1"):
        add(f"jpeg-sampling-{sampling}.jpg", cjpeg(picture, *quality, "-sample", sampling))
    add("jpeg-sampling-odd.jpg", cjpeg(picture, *quality, "-sample", "2x2,2x1,1x2"))
    add("jpeg-grey.jpg", cjpeg(picture, *quality, "-grayscale"))
    add("jpeg-rgb.jpg", cjpeg(picture, *quality, "-rgb"))
    add("jpeg-restart.jpg", cjpeg(picture, *quality, "-sample", "2x2", "-restart", "2B"))
    add("jpeg-optimized.jpg", cjpeg(picture, *quality, "-optimize"))
    add("jpeg-progressive.jpg", cjpeg(picture, *quality, "-progressive", "-sample", "2x2"))
    add("jpeg-progressive-restart.jpg", cjpeg(picture, *quality, "-progressive", "-restart", "1"))
    add("jpeg-progressive-grey.jpg", cjpeg(picture, *quality, "-progressive", "-grayscale"))
    add("jpeg-arithmetic.jpg", cjpeg(picture, *quality, "-arithmetic"))
    add("jpeg-arithmetic-progressive.jpg", cjpeg(picture, *quality, "-arithmetic", "-progressive"))
    scans = FOLDER / "scans.txt"
    scans.write_text("0;\n1;\n2;\n")
    add("jpeg-three-scans.jpg", cjpeg(picture, *quality, "-scans", str(scans)))
    scans.unlink()

    inks = io.BytesIO()
    image(75, 58, "CMYK").save(inks, "JPEG", quality=85)
    inks = inks.getvalue()
    adobe = find_marker(inks, 0xEE)
    add("jpeg-cmyk.jpg", inks)
    add("jpeg-ycck.jpg", inks[:adobe + 15] + b"\2" + inks[adobe + 16:])
    add("jpeg-cmyk-without-adobe.jpg", inks[:adobe] + inks[adobe + 16:])
    rgb = cjpeg(picture, *quality, "-rgb")
    add("jpeg-ids-of-rgb.jpg", rgb[:find_marker(rgb, 0xEE)] + rgb[find_marker(rgb, 0xEE) + 16:])

    plain = cjpeg(image(75, 58, smooth=True), *quality, "-sample", "2x2")
    for order, name in {"<": "little", ">": "big"}.items():
        for orientation in range(1, 9):
            add(f"jpeg-exif-{orientation}-{name}.jpg", with_exif(plain, exif(orientation, order)))
    add("jpeg-exif-turned-progressive.jpg", with_exif(cjpeg(picture, *quality, "-progressive"), exif(6, ">")))
    add("jpeg-exif-impossible.jpg", with_exif(plain, exif(9, "<")))
    add("jpeg-exif-broken.jpg", with_exif(plain, exif(6, "<")[:20]))
    add("jpeg-exif-empty.jpg", with_exif(plain, b""))
    add("jpeg-data-behind.jpg", plain + bytes(range(256)))
    add("jpeg-fill-bytes.jpg", plain[:2] + b"\xff\xff\xff" + plain[2:])


def make_sizes():
    for width, height in [(1, 1), (2, 1), (1, 3), (7, 5), (24, 24), (27, 27), (8, 300), (300, 8)]:
        add(f"jpeg-{width}x{height}.jpg", cjpeg(image(width, height), "-quality", "85", "-sample", "2x2"))
        add(f"png-{width}x{height}.png", png(width, height, 2, 8, scene(width, height)))
    for width, height in [(5000, 1), (1, 2000)]:
        add(f"png-{width}x{height}.png", png(width, height, 0, 8, scene(width, height, 1)))
        add(f"jpeg-{width}x{height}.jpg", cjpeg(image(width, height), "-quality", "50", "-grayscale"))

    framings = [
        {"width": width, "height": height, "cropFraction": fraction, "mode": mode, "filter": kind}
        for mode in ("center", "squash")
        for kind in ("nearest", "bilinear", "bicubic", "lanczos")
        for width, height, fraction in ((32, 32, 0.875), (33, 20, 1.0), (19, 30, 0.9))
    ]
    framings += [
        {"width": 40, "height": 40, "cropFraction": 1.25, "mode": "center", "filter": "bicubic"},
        {"width": 41, "height": 30, "cropFraction": 1.5, "mode": "squash", "filter": "bicubic"},
        {"width": 150, "height": 150, "cropFraction": 0.95, "mode": "center", "filter": "bicubic"},
    ]
    wide, tall = image(83, 61, seed=2), image(53, 90, seed=3)
    add("jpeg-framings-wide.jpg", cjpeg(wide, "-quality", "85", "-sample", "2x2"), framings)
    add("jpeg-framings-turned.jpg", with_exif(cjpeg(tall, "-quality", "85"), exif(5, ">")), framings)
    add("png-framings-tall.png", png(53, 90, 2, 8, scene(53, 90, seed=3)), framings)

    # Large enough to be shrunk in the cosine transform, with sides that are no multiples of a block.
    near = {"max": 8, "mean": 0.6}
    large = image(421, 333, smooth=True)
    for orientation in (1, 3, 6):
        jpeg = with_exif(cjpeg(large, "-quality", "90", "-sample", "2x2"), exif(orientation, "<"))
        add(f"jpeg-large-{orientation}.jpg", jpeg, tolerance=near)
    add("jpeg-large-progressive.jpg", cjpeg(large, "-quality", "90", "-progressive"), tolerance=near)
    add("jpeg-large-grey.jpg", cjpeg(large, "-quality", "90", "-grayscale"), tolerance=near)


def make_broken():
    jpeg = cjpeg(image(75, 58), "-quality", "85", "-sample", "2x2")
    progressive = cjpeg(image(75, 58), "-quality", "85", "-progressive")
    picture = png(37, 29, 2, 8, scene(37, 29))
    add_failure("broken-empty.jpg", b"", "empty")
    add_failure("broken-text.jpg", b"This is no picture.", "unsupported")
    for name, content in {"jpeg": jpeg, "progressive": progressive}.items():
        add_failure(f"broken-{name}-half.jpg", content[:len(content) // 2], "corrupt")
        add_failure(f"broken-{name}-without-end.jpg", content[:-2], "corrupt")
    add_failure("broken-jpeg-header-only.jpg", jpeg[:40], "corrupt")
    add_failure("broken-jpeg-without-tables.jpg", jpeg[:2] + jpeg[find_marker(jpeg, 0xC0):], "corrupt")
    frame = find_marker(jpeg, 0xC0) + 5
    for name, height, width, error in [
        ("zero-wide", 58, 0, "zeroSized"),
        ("zero-high", 0, 75, "zeroSized"),
        ("huge", 30000, 30000, "tooManyPixels"),
        ("impossible", 65535, 65535, "tooManyPixels"),
        ("impossible-wide", 2, 65535, "corrupt"),
    ]:
        size = struct.pack(">HH", height, width)
        add_failure(f"broken-jpeg-{name}.jpg", jpeg[:frame] + size + jpeg[frame + 4:], error)
    progressive = cjpeg(image(75, 58), "-quality", "85", "-progressive", "-sample", "1x1")
    frame = find_marker(progressive, 0xC2) + 5
    size = struct.pack(">HH", 8000, 8000)
    add_failure("broken-progressive-memory.jpg", progressive[:frame] + size + progressive[frame + 4:], "tooMuchMemory")
    scan = progressive[find_marker(progressive, 0xDA):-2]
    add_failure("broken-progressive-scans.jpg", progressive[:-2] + scan * 70 + b"\xff\xd9", "corrupt")
    progressive = cjpeg(image(75, 58), "-quality", "85", "-progressive", "-sample", "2x2")
    frame = find_marker(progressive, 0xC2) + 5
    scan = progressive[progressive.rindex(b"\xff\xda"):-2]
    many = progressive[:frame] + size + progressive[frame + 4:-2] + scan * 20 + b"\xff\xd9"
    add_failure("broken-progressive-work.jpg", many, "corrupt")

    add_failure("broken-png-half.png", picture[:len(picture) // 2], "corrupt")
    add_failure("broken-png-without-end.png", picture[:-12], "corrupt")
    add_failure("broken-png-signature.png", picture.replace(b"\r\n", b"\n"), "corrupt")
    add_failure("broken-png-checksum.png", picture[:-20] + bytes([picture[-20] ^ 1]) + picture[-19:], "corrupt")
    add_failure("broken-png-zero.png", png(0, 29, 2, 8, [[]] * 29), "zeroSized")
    add_failure("broken-png-rows.png", png(37, 29, 2, 8, scene(37, 10)), "corrupt")
    add_failure("broken-png-palette.png", png(37, 29, 3, 8, scene(37, 29, 1)), "corrupt")
    add_failure("broken-png-depth.png", png(37, 29, 2, 4, with_depth(scene(37, 29), 4)), "corrupt")
    add_failure("broken-png-critical.png", png(37, 29, 2, 8, scene(37, 29), before=chunk(b"ABCD")), "corrupt")
    start = picture[:33]
    add_failure("broken-png-data.png", start + chunk(b"IDAT", b"x\x9cnonsense") + chunk(b"IEND"), "corrupt")
    add_failure("broken-png-no-data.png", start + chunk(b"IEND"), "corrupt")
    for name, width, height, error in [
        ("huge", 100000, 100000, "tooManyPixels"),
        ("impossible", 0x7FFFFFFF, 0x7FFFFFFF, "tooManyPixels"),
        ("beyond", 0xFFFFFFFF, 1, "corrupt"),
    ]:
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        add_failure(f"broken-png-{name}.png", SIGNATURE + header + picture[33:], error)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8000, 8000, 16, 6, 0, 0, 0))
    bomb = zlib.compressobj(9)
    rows = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(4)) + bomb.flush()
    add_failure("broken-png-bomb.png", SIGNATURE + header + chunk(b"IDAT", rows) + chunk(b"IEND"), "corrupt")

    small = image(6, 5)
    kinds = {"gif": "GIF", "bmp": "BMP", "tif": "TIFF", "ico": "ICO", "webp": "WEBP", "avif": "AVIF", "jp2": "JPEG2000"}
    for name, kind in kinds.items():
        content = io.BytesIO()
        small.save(content, kind)
        add_failure(f"other.{name}", content.getvalue(), "unsupported")
    add_failure("other.heic", struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(16), "unsupported")
    add_failure("other.svg", b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "unsupported")
    add_failure("other.psd", b"8BPS\0\1" + bytes(20), "unsupported")
    add_failure("other.pdf", b"%PDF-1.7\n", "unsupported")
    add_failure("other.jxl", b"\xff\x0a" + bytes(10), "unsupported")
    add_failure("other.html", b"<!DOCTYPE html>\n<title>x</title>", "unsupported")
    add_failure("other.json", b'{"image_b64": ""}', "unsupported")


def main():
    for old in [*FOLDER.glob("goldens/*"), *FOLDER.glob("*.*")]:
        old.unlink()
    (FOLDER / "goldens").mkdir(parents=True, exist_ok=True)
    for make in (make_png, make_jpeg, make_sizes, make_broken):
        make()
    manifest = {"pictures": pictures, "failures": failures}
    (FOLDER / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")


if __name__ == "__main__":
    main()
