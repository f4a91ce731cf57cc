"""What a gradient check found, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphnet.core.source import SourceSpan


@dataclass(frozen=True)
class Coordinate:
    """One element of a gradient.

    Attributes:
        index: in the parameter, in PyTorch's layout; in an input, its sample first.
        analytic: what the compiled gradient says.
        numeric: what finite differences say.
        relative_error: of the two.
    """

    index: tuple[int, ...]
    analytic: float
    numeric: float
    relative_error: float

    def __str__(self) -> str:
        return f"at {list(self.index)}: gradient {self.analytic:.6g}, finite difference {self.numeric:.6g}"


@dataclass(frozen=True)
class Checked:
    """One parameter or input.

    Attributes:
        name: the parameter's path, or the input's name.
        max_relative_error: over all points.
        points: derivatives compared: along random directions, and of single elements.
        worst: the element with the largest relative error among those that were looked at.
        operator, layer, span: of the layer that owns the parameter, or reads the input first.
    """

    name: str
    max_relative_error: float
    points: int
    worst: Coordinate | None
    operator: str
    layer: str
    span: SourceSpan | None

    def __str__(self) -> str:
        return f"{self.name}: relative error {self.max_relative_error:.2g} in {_count(self.points, 'point')}"

    def explain(self) -> str:
        """Where to look, in one sentence."""
        place = f" ({self.span})" if self.span else ""
        text = f"{self}; of {self.operator} '{self.layer}'{place}"
        return f"{text}; worst {self.worst}" if self.worst else text


@dataclass(frozen=True)
class GradientReport:
    """The result of `check_gradients`.

    Attributes:
        network: its name.
        tolerance: the largest relative error that passes.
        loss: at the point where gradients were checked.
        parameters: by path.
        inputs: those of floats, by name.
    """

    network: str
    tolerance: float
    loss: float
    parameters: Mapping[str, Checked]
    inputs: Mapping[str, Checked]

    @property
    def all(self) -> tuple[Checked, ...]:
        """Parameters, then inputs."""
        return (*self.parameters.values(), *self.inputs.values())

    @property
    def passed(self) -> bool:
        """Whether every relative error is within the tolerance."""
        return not self.failures

    @property
    def failures(self) -> tuple[Checked, ...]:
        """What does not pass, the largest error first."""
        failed = [c for c in self.all if c.max_relative_error > self.tolerance]
        return tuple(sorted(failed, key=lambda c: -c.max_relative_error))

    def to_json(self) -> dict[str, Any]:
        """`{"passed", "parameters": {path: {"max_relative_error", "points"}}, "inputs": {...}}`."""

        def figures(checked: Mapping[str, Checked]) -> dict[str, Any]:
            return {n: {"max_relative_error": c.max_relative_error, "points": c.points} for n, c in checked.items()}

        return {"passed": self.passed, "parameters": figures(self.parameters), "inputs": figures(self.inputs)}

    def __str__(self) -> str:
        largest = max((c.max_relative_error for c in self.all), default=0.0)
        points = sum(c.points for c in self.all)
        head = (
            f"gradients of '{self.network}' {'agree' if self.passed else 'DISAGREE'} with finite differences: "
            f"{_count(len(self.parameters), 'parameter')} and {_count(len(self.inputs), 'input')} in "
            f"{_count(points, 'point')}, largest relative error {largest:.2g}, tolerance {self.tolerance:.2g}"
        )
        return "\n".join([head, *(f"  {failure.explain()}" for failure in self.failures)])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
