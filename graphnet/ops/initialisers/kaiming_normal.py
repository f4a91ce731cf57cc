"""kaiming_normal: normal, with a variance that rectifiers keep."""

from __future__ import annotations

import math

import numpy as np

from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser
from graphnet.ir.settings import NonNegativeNumber
from graphnet.ops.families.gains import FanMode, Nonlinearity, chosen_fan, gain


@INITIALISERS.register("kaiming_normal")
class KaimingNormal(Initialiser):
    """Normal with standard deviation gain / sqrt(fan).

    Example:
        `init: {"*.weight": {kaiming_normal: {mode: fan_out}}}`

    Source: He, Zhang, Ren, Sun, "Delving deep into rectifiers", 2015; settings are PyTorch's.

    Attributes:
        a: negative slope of the leaky_relu that follows.
        mode: `fan_in` keeps the variance of the forward pass, `fan_out` that of the backward pass.
        nonlinearity: what follows; it decides the gain.
    """

    a: NonNegativeNumber = 0.0
    mode: FanMode = "fan_in"
    nonlinearity: Nonlinearity = "leaky_relu"

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        std = gain(self.nonlinearity, self.a) / math.sqrt(chosen_fan(self.mode, fan_in, fan_out))
        return rng.normal(0.0, std, shape)
