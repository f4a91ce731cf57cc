"""npz: arrays from a NumPy archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from graphnet.ir.data import Array, DataSource, Demand, misfit
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.array_files import ArrayArchive, stored_names


@SOURCES.register("npz", primary="path")
class Npz(DataSource):
    """The arrays of an `.npz` file under the names of the network's inputs and targets, samples along axis 0.

    Arrays of 64 MiB or more are not read at once: they are mapped into memory, if the file is not compressed
    (`numpy.savez`).

    Example:
        `train: {data: {npz: flowers.npz}}`
        `train: {data: {npz: {path: flowers.npz, names: {image: x, label: y}}}}`

    Attributes:
        path: of the file, relative to the spec.
        names: the file's names for inputs and targets, where they differ.
    """

    path: str
    names: Mapping[str, str] = Field(default_factory=dict)

    def load(self, demand: Demand, folder: Path) -> dict[str, Array]:
        wanted = stored_names(demand, self.names)
        archive = ArrayArchive(folder / self.path)
        missing = sorted(set(wanted.values()) - set(archive.names))
        if missing:
            raise misfit(
                f"{folder / self.path} has no array {' or '.join(repr(name) for name in missing)}",
                expected=str(demand), found=", ".join(archive.names) or "an empty file",
                hint="`names: {input: name_in_the_file}` translates names",
            )  # fmt: skip
        return {name: archive.array(stored) for name, stored in wanted.items()}
