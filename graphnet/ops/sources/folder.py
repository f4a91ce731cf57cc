"""folder: image files, in a folder for each class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, cast

import numpy as np

from graphnet.core.diagnostics import RunError
from graphnet.ir.data import Array, DataSource, Demand, LateArray, Purpose, only_pair
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.fitting import fit_labels
from graphnet.ops.families.pictures import ENDINGS, Pictures, image_files

_FOLDERS: Final = {"train": ("train", "training"), "validation": ("validation", "val", "valid"), "test": ("test",)}


@SOURCES.register("folder", primary="path")
class Folder(DataSource):
    """Image files in folders that are called like their classes, `flowers/rose/01.jpg`.

    Classes are numbered in alphabetical order. If there are folders `train`, and `validation` (or `val`) or `test`,
    these hold the classes, and what is set apart in them is used for its purpose.

    Images are scaled, with their proportions, until they cover the network's input, and what sticks out is cut off;
    values are from 0 to 1. They are read when they are needed. Reading them takes Pillow, which
    `pip install "graphnet[images]"` installs.

    Example:
        `train: {data: {folder: flowers}, augment: [random_resized_crop, random_horizontal_flip]}`

    Attributes:
        path: of the folder, relative to the spec.
        split: which of `train`, `validation` and `test` to take, where these folders exist.
    """

    path: str
    split: Literal["train", "validation", "test"] = "train"

    def load(self, demand: Demand, folder: Path) -> dict[str, Array | LateArray]:
        image, *targets = only_pair(demand, "folder")
        root = folder / self.path
        if not root.is_dir():
            raise RunError(f"there is no folder {root}")
        chosen = _split_folder(root, self.split) or (root if self.split == "train" else None)
        if chosen is None:
            names = " or ".join(f"'{name}'" for name in _FOLDERS[self.split])
            raise RunError(f"{root} has no folder {names} with folders of classes in it")
        classes = _classes(_split_folder(root, "train") or root)
        unknown = [name for name in _classes(chosen) if name not in classes]
        if unknown:
            raise RunError(f"{chosen} has a class '{unknown[0]}' that the training images lack: {', '.join(classes)}")
        files = {number: image_files(chosen / name) for number, name in enumerate(classes)}
        paths = [path for found in files.values() for path in found]
        if not paths:
            raise RunError(f"{chosen} holds no images: no folders of classes with {', '.join(sorted(ENDINGS))} files")
        arrays: dict[str, Array | LateArray] = {image.name: Pictures(paths, image)}
        labels = np.repeat(list(files), [len(found) for found in files.values()])
        return arrays | {slot.name: fit_labels(labels, slot, str(chosen)) for slot in targets}

    def part(self, purpose: Purpose, folder: Path) -> DataSource | None:
        root = folder / self.path
        if self.split == "train" and _split_folder(root, "train") and _split_folder(root, purpose):
            set_apart: DataSource = replace(cast(Any, self), split=purpose)
            return set_apart
        return None


def _split_folder(root: Path, split: str) -> Path | None:
    """The folder of a split; one with images right in it is a class (of locomotives, say)."""
    for name in _FOLDERS[split]:
        if _classes(root / name) and not any(path.suffix.lower() in ENDINGS for path in (root / name).iterdir()):
            return root / name
    return None


def _classes(folder: Path) -> list[str]:
    """The folders in a folder, in alphabetical order."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
