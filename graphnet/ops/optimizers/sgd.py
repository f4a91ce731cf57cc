"""sgd: stochastic gradient descent with momentum."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import OPTIMIZERS
from graphnet.ir.expression import Expression
from graphnet.ir.optimizer import Group, Optimizer, ParameterSettings
from graphnet.ir.settings import Flag, NonNegativeNumber, Number


@OPTIMIZERS.register("sgd", primary="lr")
class SGD(Optimizer):
    """d = g + weight_decay * p; v = momentum * v + (1 - dampening) * d; p = p - lr * v.

    At the first step v = d, without dampening. With `nesterov`, p = p - lr * (d + momentum * v). With `decoupled`,
    weight decay bypasses the momentum: d = g, and p = (1 - lr * weight_decay) * p before the update.

    Example:
        `optimizer: {sgd: {lr: 0.05, momentum: 0.9, nesterov: true, weight_decay: 5e-4}}`

    Source: the formulas are those of PyTorch's SGD; `decoupled` is SGDW of Loshchilov and Hutter, "Decoupled weight
    decay regularization", 2019.

    Attributes:
        lr: learning rate.
        momentum: part of the last update that is kept.
        dampening: part of the gradient that does not enter the momentum.
        nesterov: look ahead along the momentum.
        weight_decay: pull towards zero, for parameters that decay.
        decoupled: decay the parameter itself instead of adding to its gradient.
        groups: settings for some parameters.
    """

    lr: NonNegativeNumber = 0.01
    momentum: NonNegativeNumber = 0.0
    dampening: Number = 0.0
    nesterov: Flag = False
    weight_decay: NonNegativeNumber = 0.0
    decoupled: Flag = False
    groups: tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise AttributeProblem(
                "nesterov needs a momentum and no dampening", attribute="nesterov", code="value",
                expected="`momentum` above 0 and `dampening` 0",
                found=f"momentum: {self.momentum}, dampening: {self.dampening}",
            )  # fmt: skip

    def states(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def hyper(self) -> tuple[str, ...]:
        decay = (("shrink" if self.decoupled else "weight_decay"),) if self.decays else ()
        return ("lr", *decay, *(("momentum", "intake") if self.momentum else ()))

    def values(self, step: int, lr: float, settings: ParameterSettings) -> dict[str, float]:
        rate = lr * settings.lr_scale
        known = {
            "lr": rate,
            "weight_decay": settings.weight_decay,
            "shrink": 1 - rate * settings.weight_decay,
            "momentum": self.momentum,
            # v is zero before the first step, so taking all of d in makes v = d
            "intake": 1.0 if step == 0 else 1 - self.dampening,
        }
        return {name: known[name] for name in self.hyper()}

    def update(
        self, p: Expression, g: Expression, state: Mapping[str, Expression], hyper: Mapping[str, Expression]
    ) -> tuple[Expression, dict[str, Expression]]:
        lr, d = hyper["lr"], g
        if "weight_decay" in hyper:
            d = g + hyper["weight_decay"] * p
        if "shrink" in hyper:
            p = hyper["shrink"] * p
        if not self.momentum:
            return p - lr * d, {}
        v = hyper["momentum"] * state["momentum"] + hyper["intake"] * d
        direction = d + hyper["momentum"] * v if self.nesterov else v
        return p - lr * direction, {"momentum": v}
