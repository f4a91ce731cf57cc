"""The optimizer contract: formulas for one parameter element, traced once and compiled into one streaming kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

from graphnet.ir.definitions import Definition
from graphnet.ir.expression import Expression
from graphnet.ir.settings import NonNegativeNumber


@pydantic_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Group:
    """Settings that differ for some parameters.

    Attributes:
        match: a full-match glob over parameter paths; `*` crosses dots.
        lr_scale: multiplies the learning rate; None leaves it to the groups before.
        weight_decay: replaces the optimizer's; None leaves it to the groups before.
    """

    match: str
    lr_scale: NonNegativeNumber | None = None
    weight_decay: NonNegativeNumber | None = None


@dataclass(frozen=True)
class ParameterSettings:
    """What holds for one parameter after its groups. Parameters with equal settings may share a kernel call.

    Attributes:
        lr_scale: multiplies the scheduled learning rate.
        weight_decay: of this parameter.
    """

    lr_scale: float = 1.0
    weight_decay: float = 0.0


class Optimizer(Definition):
    """What an optimizer says of itself; subclasses are registered in `OPTIMIZERS`, one file each.

    It is a pure description. Around it, a training step accumulates gradients, averages them over ranks and clips
    them by their global norm; the formula then decays and updates.

    Attributes:
        lr: the learning rate that a schedule's factor multiplies.
        weight_decay: of the parameters whose specification allows decay.
        groups: settings for some parameters; where several groups match, the last one that gives a setting holds.
    """

    lr: float
    weight_decay: float
    groups: tuple[Group, ...]

    def states(self) -> tuple[str, ...]:
        """Names of the arrays that are kept for each parameter, zeros at first."""
        raise NotImplementedError

    def hyper(self) -> tuple[str, ...]:
        """Names of the numbers that the formula reads, which may change from step to step."""
        raise NotImplementedError

    def values(self, step: int, lr: float, settings: ParameterSettings) -> dict[str, float]:
        """The numbers named by `hyper`, for one step.

        Args:
            step: updates made before this one since the states were zeroed.
            lr: the scheduled learning rate, before the parameter's own scale.
            settings: of the parameter.
        """
        raise NotImplementedError

    def update(
        self, p: Expression, g: Expression, state: Mapping[str, Expression], hyper: Mapping[str, Expression]
    ) -> tuple[Expression, dict[str, Expression]]:
        """The formula of an update, for one element.

        Args:
            p: the parameter.
            g: its gradient, after clipping.
            state: the states by name.
            hyper: the run-time numbers by name.

        Returns:
            the new parameter, and the new states by name.
        """
        raise NotImplementedError

    @property
    def decays(self) -> bool:
        """Whether weight decay applies to any parameter, so that the formula needs it."""
        return self.weight_decay > 0 or any(group.weight_decay for group in self.groups)
