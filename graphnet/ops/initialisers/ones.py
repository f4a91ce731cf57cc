"""ones: nothing but 1."""

from __future__ import annotations

import numpy as np

from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser


@INITIALISERS.register("ones")
class Ones(Initialiser):
    """Every element is 1.

    Example:
        `init: {weight: ones}`
    """

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return np.ones(shape)
