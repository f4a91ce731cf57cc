"""npy: arrays from NumPy files, one each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from graphnet.core.diagnostics import RunError
from graphnet.ir.data import Array, DataSource, Demand
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.array_files import open_array, stored_names


@SOURCES.register("npy", primary="path")
class Npy(DataSource):
    """A folder with an `.npy` file for each of the network's inputs and targets, samples along axis 0.

    Arrays of 64 MiB or more are not read at once: they are mapped into memory, so they may be larger than that.

    Example:
        `train: {data: {npy: flowers}}`, with the files `flowers/image.npy` and `flowers/label.npy`
        `train: {data: {npy: {path: flowers, names: {image: train_images, label: train_labels}}}}`

    Attributes:
        path: of the folder, relative to the spec.
        names: the files' names, without ending, for inputs and targets, where they differ.
    """

    path: str
    names: Mapping[str, str] = Field(default_factory=dict)

    def load(self, demand: Demand, folder: Path) -> dict[str, Array]:
        root = folder / self.path
        if not root.is_dir():
            raise RunError(f"there is no folder {root}")
        wanted = stored_names(demand, self.names)
        return {name: open_array(root / f"{stored}.npy") for name, stored in wanted.items()}
