"""xavier_normal: normal, with a variance between the two passes' wishes."""

from __future__ import annotations

import math

import numpy as np

from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser
from graphnet.ir.settings import NonNegativeNumber


@INITIALISERS.register("xavier_normal", primary="gain")
class XavierNormal(Initialiser):
    """Normal with standard deviation gain * sqrt(2 / (fan_in + fan_out)).

    Example:
        `init: {"*.weight": xavier_normal}`

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.

    Attributes:
        gain: factor for the nonlinearity that follows.
    """

    gain: NonNegativeNumber = 1.0

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        return rng.normal(0.0, self.gain * math.sqrt(2 / (fan_in + fan_out)), shape)
