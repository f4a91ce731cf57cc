"""adam: gradient descent with a rate for each parameter, from the moments of its gradient."""

from __future__ import annotations

from typing import ClassVar

from graphnet.ir.definitions import OPTIMIZERS
from graphnet.ir.optimizer import Group
from graphnet.ir.settings import NonNegativeNumber, PositiveNumber, Retention
from graphnet.ops.families.moments import MomentOptimizer


@OPTIMIZERS.register("adam", primary="lr")
class Adam(MomentOptimizer):
    """m = b1 m + (1 - b1) d; v = b2 v + (1 - b2) d^2; p = p - lr m' / (sqrt(v') + eps), with d = g + weight_decay p.

    At update t, counted from 1, m' = m / (1 - b1^t) and v' = v / (1 - b2^t) make up for the start at zero.

    Example:
        `optimizer: {adam: 3e-4}`

    Source: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; settings are those of PyTorch's Adam.

    Attributes:
        lr: learning rate.
        betas: b1 and b2, the parts of the moments that are kept.
        eps: keeps the divisor from zero.
        weight_decay: pull towards zero, for parameters that decay.
        groups: settings for some parameters.
    """

    decoupled: ClassVar[bool] = False

    lr: NonNegativeNumber = 1e-3
    betas: tuple[Retention, Retention] = (0.9, 0.999)
    eps: PositiveNumber = 1e-8
    weight_decay: NonNegativeNumber = 0.0
    groups: tuple[Group, ...] = ()
