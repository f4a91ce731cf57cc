"""rmsprop: gradient descent with a rate for each parameter, from the size of its gradient."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.ir.definitions import OPTIMIZERS
from graphnet.ir.expression import Expression, sqrt
from graphnet.ir.optimizer import Group, Optimizer, ParameterSettings
from graphnet.ir.settings import Flag, NonNegativeNumber, PositiveNumber, Retention


@OPTIMIZERS.register("rmsprop", primary="lr")
class RMSprop(Optimizer):
    """d = g + weight_decay p; s = alpha s + (1 - alpha) d^2; p = p - lr d / (sqrt(s) + eps).

    With momentum, u = momentum u + d / (sqrt(s) + eps) and p = p - lr u. With `centered`, the running mean of d is
    taken off: sqrt(s - m^2), with m = alpha m + (1 - alpha) d.

    Example:
        `optimizer: {rmsprop: {lr: 1e-3, momentum: 0.9}}`

    Source: Hinton, "Neural networks for machine learning", lecture 6, 2012; settings are those of PyTorch's RMSprop.

    Attributes:
        lr: learning rate.
        alpha: part of the running means that is kept.
        eps: keeps the divisor from zero.
        momentum: part of the last update that is kept.
        centered: divide by the deviation instead of the size.
        weight_decay: pull towards zero, for parameters that decay.
        groups: settings for some parameters.
    """

    lr: NonNegativeNumber = 1e-2
    alpha: Retention = 0.99
    eps: PositiveNumber = 1e-8
    momentum: NonNegativeNumber = 0.0
    centered: Flag = False
    weight_decay: NonNegativeNumber = 0.0
    groups: tuple[Group, ...] = ()

    def states(self) -> tuple[str, ...]:
        return ("square", *(("mean",) if self.centered else ()), *(("momentum",) if self.momentum else ()))

    def hyper(self) -> tuple[str, ...]:
        return ("lr", "weight_decay") if self.decays else ("lr",)

    def values(self, step: int, lr: float, settings: ParameterSettings) -> dict[str, float]:
        known = {"lr": lr * settings.lr_scale, "weight_decay": settings.weight_decay}
        return {name: known[name] for name in self.hyper()}

    def update(
        self, p: Expression, g: Expression, state: Mapping[str, Expression], hyper: Mapping[str, Expression]
    ) -> tuple[Expression, dict[str, Expression]]:
        d = g + hyper["weight_decay"] * p if "weight_decay" in hyper else g
        new = {"square": self.alpha * state["square"] + (1 - self.alpha) * d * d}
        spread = new["square"]
        if self.centered:
            new["mean"] = self.alpha * state["mean"] + (1 - self.alpha) * d
            spread = spread - new["mean"] * new["mean"]
        direction = d / (sqrt(spread) + self.eps)
        if self.momentum:
            new["momentum"] = direction = self.momentum * state["momentum"] + direction
        return p - hyper["lr"] * direction, new
