"""normal: the bell curve."""

from __future__ import annotations

import numpy as np

from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser
from graphnet.ir.settings import NonNegativeNumber, Number


@INITIALISERS.register("normal", primary="std")
class Normal(Initialiser):
    """Normally distributed.

    Example:
        `init: {weight: {normal: 0.01}}`

    Attributes:
        std: standard deviation.
        mean: centre.
    """

    std: NonNegativeNumber = 1.0
    mean: Number = 0.0

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return rng.normal(self.mean, self.std, shape)
