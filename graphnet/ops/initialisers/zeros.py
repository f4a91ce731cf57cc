"""zeros: nothing but 0."""

from __future__ import annotations

import numpy as np

from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser


@INITIALISERS.register("zeros")
class Zeros(Initialiser):
    """Every element is 0.

    Example:
        `init: {bias: zeros}`
    """

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return np.zeros(shape)
