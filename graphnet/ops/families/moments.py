"""What Adam and AdamW have in common: running moments of the gradient, corrected for their start at zero."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from graphnet.ir.expression import Expression, sqrt
from graphnet.ir.optimizer import Group, Optimizer, ParameterSettings


class MomentOptimizer(Optimizer):
    """m = b1 m + (1 - b1) d; v = b2 v + (1 - b2) d^2; p = p - lr m' / (sqrt(v') + eps).

    At update t, counted from 1, m' = m / (1 - b1^t) and v' = v / (1 - b2^t).

    Attributes:
        betas: b1 and b2.
        eps: keeps the divisor from zero.
        decoupled: whether decay shrinks the parameter, instead of adding to its gradient.
    """

    betas: tuple[float, float]
    eps: float
    groups: tuple[Group, ...]
    decoupled: ClassVar[bool]

    def states(self) -> tuple[str, ...]:
        return ("mean", "square")

    def hyper(self) -> tuple[str, ...]:
        decay = (("shrink" if self.decoupled else "weight_decay"),) if self.decays else ()
        return ("rate", "correction", *decay)

    def values(self, step: int, lr: float, settings: ParameterSettings) -> dict[str, float]:
        b1, b2 = self.betas
        rate = lr * settings.lr_scale
        known = {
            "rate": rate / (1 - b1 ** (step + 1)),
            "correction": 1 / math.sqrt(1 - b2 ** (step + 1)),
            "weight_decay": settings.weight_decay,
            "shrink": 1 - rate * settings.weight_decay,
        }
        return {name: known[name] for name in self.hyper()}

    def update(
        self, p: Expression, g: Expression, state: Mapping[str, Expression], hyper: Mapping[str, Expression]
    ) -> tuple[Expression, dict[str, Expression]]:
        b1, b2 = self.betas
        d = g + hyper["weight_decay"] * p if "weight_decay" in hyper else g
        kept = hyper["shrink"] * p if "shrink" in hyper else p
        mean = b1 * state["mean"] + (1 - b1) * d
        square = b2 * state["square"] + (1 - b2) * d * d
        new = kept - hyper["rate"] * mean / (sqrt(square) * hyper["correction"] + self.eps)
        return new, {"mean": mean, "square": square}
