"""xavier_uniform: uniform, with a variance between the two passes' wishes."""

from __future__ import annotations

import math

import numpy as np

from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser
from graphnet.ir.settings import NonNegativeNumber


@INITIALISERS.register("xavier_uniform", primary="gain")
class XavierUniform(Initialiser):
    """Uniform in +-gain * sqrt(6 / (fan_in + fan_out)).

    Example:
        `init: {"*.weight": xavier_uniform}`

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.

    Attributes:
        gain: factor for the nonlinearity that follows.
    """

    gain: NonNegativeNumber = 1.0

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        bound = self.gain * math.sqrt(6 / (fan_in + fan_out))
        return rng.uniform(-bound, bound, shape)
