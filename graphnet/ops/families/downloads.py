"""Sources of well-known data sets, whose files `graphnet data NAME` downloads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Literal

from graphnet.core.diagnostics import RunError
from graphnet.core.environment import data_directory
from graphnet.ir.data import Array, DataSource, Demand, LateArray, Purpose, only_pair
from graphnet.ops.families.fitting import FittedImages, fit_labels

Split = Literal["train", "test"]


@dataclass(frozen=True)
class ImageSet(DataSource):
    """Images and classes in files with the training samples, and others with those for tests.

    Subclasses say `read`. Images may be enlarged by a whole factor and centred, or flattened, as for `digits`.

    Class attributes:
        subfolder: where unpacked archives have the files.

    Attributes:
        path: folder of the files, relative to the spec; by default where `graphnet data` puts them.
        split: `train`, or `test`. Those for tests are held back by themselves; `graphnet eval` uses them.
    """

    validation: ClassVar[float] = 0.1
    subfolder: ClassVar[str] = ""

    path: str | None = None
    split: Split = "train"

    def read(self, folder: Path) -> tuple[Array, Array]:
        """The images, uint8, and the classes from 0 of the split.

        Raises:
            RunError: a file is missing or damaged.
        """
        raise NotImplementedError

    def load(self, demand: Demand, folder: Path) -> dict[str, Array | LateArray]:
        slots = list(only_pair(demand, self.name))
        images, labels = self.read(folder / self.path if self.path else data_directory() / self.name)
        fitted: dict[str, Array | LateArray] = {slots[0].name: FittedImages(images, slots[0], self.name)}
        return fitted | {slot.name: fit_labels(labels, slot, self.name) for slot in slots[1:]}

    def part(self, purpose: Purpose, folder: Path) -> DataSource | None:
        if purpose == "test" and self.split == "train":
            return replace(self, split="test")
        return None

    def find(self, folder: Path, *names: str) -> Path:
        """The first of several files that exists.

        Raises:
            RunError: none does.
        """
        for place in (folder, folder / self.subfolder):
            for name in names:
                if (place / name).is_file():
                    return place / name
        size = sum(file.size for file in self.files) / 1e6
        raise RunError(
            f"there is no {names[0]} in {folder}: `graphnet data {self.name}` downloads {self.name} ({size:.0f} MB), "
            "or `path` says which folder has it"
        )
