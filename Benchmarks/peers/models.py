"""A model as each engine takes it. What has to be made for that is made when it is first asked for, and kept in the
workspace for the next run."""

import csv
import functools
import json
import subprocess
import sys

import common
import numpy as np

HERE = common.ROOT / "Benchmarks/peers"


class Photographs:
    """Photographs of known classes: a folder of files, and labels.csv with a file and its class's index on each line."""

    def __init__(self, folder):
        self.folder = folder
        with open(folder / "labels.csv", newline="") as file:
            rows = [row for row in csv.reader(file) if row and row[0] != "file"]
        self.files = [folder / row[0] for row in rows]
        self.classes = np.array([int(row[1]) for row in rows])

    def preprocessed(self, configuration, views=lambda picture: [picture]):
        """The views of each, as timm makes a tensor of them: float32 [N, C, H, W]."""
        import timm.data
        from PIL import Image

        options = timm.data.resolve_data_config({}, pretrained_cfg=configuration)
        transform = timm.data.create_transform(**options)
        pictures = (Image.open(file).convert("RGB") for file in self.files)
        return np.stack([transform(view).numpy() for picture in pictures for view in views(picture)])


#: Parts of a picture, by the share of its sides and the place of what is left out: before it, of all.
CROPS = [(0.92, 0.5, 0.5), (0.9, 0, 0), (0.85, 1, 0), (0.8, 0, 1), (0.88, 1, 1)]
#: Views of each photograph.
VIEWS = len(CROPS) + 1


def views(picture):
    """What a photograph could have been as well: its mirror image, its middle, and what lies at its corners."""
    from PIL import ImageOps

    def crop(share, left, top):
        width, height = (round(side * share) for side in picture.size)
        x, y = round((picture.width - width) * left), round((picture.height - height) * top)
        return picture.crop((x, y, x + width, y + height))

    return [ImageOps.mirror(picture), *(crop(*part) for part in CROPS)]


class Model:
    """A model folder, and what is made of it."""

    def __init__(self, folder, workspace, executable, photographs):
        self.folder, self.workspace = folder, workspace
        self.executable, self.photographs = executable, photographs
        self.configuration = json.loads((folder / "config.json").read_text())["pretrained_cfg"]

    @property
    def name(self):
        return self.folder.name

    @functools.cached_property
    def quantised(self):
        """The copy of the folder that effnet has quantised."""
        return common.quantised(self.executable, self.folder, self.photographs.folder, self.workspace)

    @functools.cached_property
    def onnx(self):
        return self.made(
            f"{self.name}.onnx", "export_onnx.py", self.folder, sources=[self.folder / "model.safetensors"]
        )

    @functools.cached_property
    def quantised_xml(self):
        """OpenVINO's model that NNCF has quantised."""
        sources = [self.onnx, self.pictures]
        return self.made(f"{self.pictures.stem}.xml", "quantize_onnx.py", *sources, sources=sources)

    @functools.cached_property
    def pictures(self):
        """The photographs, preprocessed."""
        return self.tensor("")

    @functools.cached_property
    def views(self):
        """Views of the photographs, preprocessed: `VIEWS` of each."""
        return self.tensor("-views", views)

    def tensor(self, suffix, *options):
        key = common.digest(self.photographs.files)
        path = self.workspace / f"{self.name}-{key}{suffix}.npy"
        if not common.is_current(path, self.folder / "config.json", self.photographs.folder / "labels.csv"):
            np.save(path, self.photographs.preprocessed(self.configuration, *options))
        return path

    def made(self, name, script, *arguments, sources):
        """A file of the workspace that a script writes, anew when one of its sources is newer."""
        path = self.workspace / name
        if not common.is_current(path, *sources):
            subprocess.run([sys.executable, HERE / script, *arguments, path], check=True, stdout=subprocess.DEVNULL)
        return path
