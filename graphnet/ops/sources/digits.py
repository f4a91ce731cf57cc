"""digits: 1797 handwritten digits that come with graphnet."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import numpy as np

from graphnet.ir.data import Array, DataSource, Demand, only_pair
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.fitting import fit_images, fit_labels


@SOURCES.register("digits")
class Digits(DataSource):
    """1797 images of 8 x 8 pixels from 0 to 1, with the digits 0 to 9 as classes.

    Inputs may be larger: images are enlarged by a whole factor and centred, or flattened.

    Example:
        `train: {data: digits}`

    Source: Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository, 1998,
    licence CC BY 4.0; see `digits.md` beside this file.
    """

    def load(self, demand: Demand, folder: Path) -> dict[str, Array]:
        images, labels = read_digits()
        slots = list(only_pair(demand, "digits"))
        fitted = {slots[0].name: fit_images(images, slots[0], "digits")}
        return fitted | {slot.name: fit_labels(labels, slot, "digits") for slot in slots[1:]}


def read_digits() -> tuple[Array, Array]:
    """The images (1797, 8, 8), float32 from 0 to 1, and their classes (1797,), int64."""
    with resources.files(__package__).joinpath("digits.npz").open("rb") as file, np.load(file) as arrays:
        return arrays["images"].astype(np.float32) / 16, arrays["labels"].astype(np.int64)
