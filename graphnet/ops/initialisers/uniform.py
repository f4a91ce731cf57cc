"""uniform: evenly spread numbers."""

from __future__ import annotations

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser
from graphnet.ir.settings import Number


@INITIALISERS.register("uniform")
class Uniform(Initialiser):
    """Evenly spread in [low, high).

    Example:
        `init: {weight: {uniform: {low: -1, high: 1}}}`

    Attributes:
        low: least value.
        high: bound above, not reached.
    """

    low: Number = 0.0
    high: Number = 1.0

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise AttributeProblem(
                "low is above high", attribute="low", code="value", expected="low up to high",
                found=f"low: {self.low}, high: {self.high}",
            )  # fmt: skip

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return rng.uniform(self.low, self.high, shape)
