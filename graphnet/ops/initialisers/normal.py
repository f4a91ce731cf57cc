"""normal: the bell curve."""

from __future__ import annotations

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser
from graphnet.ir.settings import NonNegativeCount, NonNegativeNumber, Number


@INITIALISERS.register("normal", primary="std")
class Normal(Initialiser):
    """Normally distributed.

    Example:
        `init: {weight: {normal: 0.01}}`

    Attributes:
        std: standard deviation.
        mean: centre.
        zero_rows: rows, counted along the first axis, that are zero: those of an embedding's padding.
    """

    std: NonNegativeNumber = 1.0
    mean: Number = 0.0
    zero_rows: tuple[NonNegativeCount, ...] = ()

    def check(self, shape: tuple[int, ...]) -> None:
        rows = shape[0] if shape else 0
        if any(row >= rows for row in self.zero_rows):
            raise AttributeProblem(
                "there are no such rows", code="init", attribute="zero_rows", expected=f"rows from 0 to {rows - 1}",
                found=str(list(self.zero_rows)),
            )  # fmt: skip

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        self.check(shape)
        values = np.asarray(rng.normal(self.mean, self.std, shape))
        if self.zero_rows:
            values[list(self.zero_rows)] = 0
        return values
