"""npz: arrays from a NumPy file."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pydantic import Field

from graphnet.core.diagnostics import RunError, nearest
from graphnet.ir.data import Array, DataSource, Demand, misfit
from graphnet.ir.definitions import SOURCES


@SOURCES.register("npz", primary="path")
class Npz(DataSource):
    """The arrays of an `.npz` file under the names of the network's inputs and targets, samples along axis 0.

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
        known = {slot.name for slot in demand.slots}
        for name in self.names:
            if name not in known:
                close = nearest(name, known)
                raise misfit(
                    f"the network takes no '{name}'", expected=f"names of {demand}", found=f"names: {dict(self.names)}",
                    hint=f"did you mean `{close}`?" if close else None,
                )  # fmt: skip
        wanted = {slot.name: self.names.get(slot.name, slot.name) for slot in demand.slots}
        path = folder / self.path
        try:
            loaded = np.load(path, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise RunError(f"{path} holds a single array; an .npz file holds several by name")
            with loaded as arrays:
                missing = sorted(set(wanted.values()) - set(arrays.files))
                if missing:
                    raise misfit(
                        f"{path} has no array {' or '.join(repr(name) for name in missing)}",
                        expected=str(demand), found=", ".join(arrays.files) or "an empty file",
                        hint="`names: {input: name_in_the_file}` translates names",
                    )  # fmt: skip
                return {name: arrays[stored] for name, stored in wanted.items()}
        except FileNotFoundError:
            raise RunError(f"there is no data file {path}") from None
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise RunError(f"cannot read {path} as an .npz file of plain arrays: {error}") from None
