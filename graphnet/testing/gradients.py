"""Compiled gradients against finite differences.

Everything runs in float64, through the same passes and code generation as training does. For each parameter and each
input of floats, derivatives along random directions are compared (they see every element at once), and those of some
single elements (of all, where there are few). What fails is narrowed down to one element.

A loss with kinks (relu, max pooling, hinge) has no derivative there. Steps are so short that a kink is rarely met;
where one is, steps shrink, then another direction is tried, and at last every number between the two one-sided
derivatives counts as right. Parameters are moved a little from where they are, so that biases of zero and the like do
not lie on kinks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from graphnet.core.diagnostics import RunError
from graphnet.core.source import SourceSpan
from graphnet.ir.graph import Graph, Node, Value
from graphnet.testing.batches import random_batch
from graphnet.testing.differences import Slope, measure_noise, measure_slope
from graphnet.testing.gradient_report import Checked, Coordinate, GradientReport

Array = np.ndarray[Any, Any]

_FEW: Final = 12
"""Arrays of at most so many elements are checked element by element."""
_ATTEMPTS: Final = 4
"""Directions that are tried until one meets no kink."""
_LONGEST: Final = 1e-3
"""The longest step, as a part of an array's length."""


class DifferentiableModule(Protocol):
    """A compiled network, as far as the check looks at it."""

    dtype: str
    batch_size: int

    @property
    def graph(self) -> Graph: ...

    @property
    def parameters(self) -> Mapping[str, Array]: ...

    def recompiled(self, *, dtype: str | None = None, batch_size: int | None = None) -> DifferentiableModule:
        """The same network with the same parameters and random numbers, compiled in another way."""
        ...

    def load_parameters(self, arrays: Mapping[str, Any], strict: bool = True) -> None: ...

    def training_loss(self, batch: Mapping[str, Any]) -> float: ...

    def loss_and_gradients(self, batch: Mapping[str, Any]) -> tuple[float, dict[str, Array]]: ...

    def input_gradients(self, batch: Mapping[str, Any]) -> tuple[float, dict[str, Array]]: ...

    def first_nonfinite(self, batch: Mapping[str, Any]) -> tuple[str, SourceSpan | None] | None: ...


def check_gradients(
    module: DifferentiableModule, batch: Mapping[str, Any] | None = None, *, samples: int = 2, directions: int = 2,
    elements: int = 3, inputs: bool = True, tolerance: float = 1e-6, shift: float = 0.05, seed: int = 0,
) -> GradientReport:  # fmt: skip
    """Compare a network's gradients with finite differences of its loss, in float64.

    The module itself is not touched: a copy of it is compiled. Dropout drops the same elements at every evaluation.

    Args:
        module: a compiled network with a loss.
        batch: inputs and targets; random ones by default.
        samples: of a random batch.
        directions: random directions for each parameter and input.
        elements: single elements for each, besides; those of at most 12 are all checked.
        inputs: whether to check the gradients with respect to the inputs too.
        tolerance: the largest relative error that passes.
        shift: how far parameters are moved before, relative to their root mean square (at least 0.1).
        seed: of all random numbers.

    Returns:
        the report; it passes or not, nothing is raised for a wrong gradient.

    Raises:
        SpecError: the network has no loss, or the batch does not fit it.
        RunError: the loss is not finite.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    given = dict(batch) if batch is not None else random_batch(module.graph, samples, seed=seed)
    count = max((len(np.atleast_1d(array)) for array in given.values()), default=samples)
    double = module.recompiled(dtype="float64", batch_size=max(count, 1))
    trained = [p.path for p in module.graph.parameters if p.trainable]
    point = {path: _shifted(double.parameters[path], shift, rng) for path in trained}
    double.load_parameters(point, strict=False)
    loss, gradients = double.loss_and_gradients(given)
    if not np.isfinite(loss):
        raise RunError(f"the loss is {loss}, so there is no gradient to check{_culprit(double, given)}")

    def moved_parameters(moved: Mapping[str, Array]) -> float:
        double.load_parameters(moved, strict=False)
        return double.training_loss(given)

    everywhere = _along_all(point, rng)
    noise = measure_noise(lambda t: moved_parameters({path: point[path] + t * everywhere[path] for path in point}))
    double.load_parameters(point, strict=False)
    check = _Check(rng, loss, noise, tolerance, directions, elements)

    parameters = {}
    for path in trained:
        found = check.array(point[path], gradients[path], lambda array, path=path: moved_parameters({path: array}))
        double.load_parameters({path: point[path]}, strict=False)
        parameters[path] = found.report(path, *_owner(module.graph, module.graph.parameter(path).value))
    checked_inputs = {}
    fed = {v.name: v for v in module.graph.inputs if v.type.dtype == "float"}
    for name, gradient in (double.input_gradients(given)[1] if inputs and fed else {}).items():
        array = np.asarray(given[name], np.float64)
        found = check.array(array, gradient, lambda array, name=name: double.training_loss({**given, name: array}))
        checked_inputs[name] = found.report(name, *_owner(module.graph, fed[name]))
    report = GradientReport(module.graph.name, False, tolerance, loss, parameters, checked_inputs)
    return GradientReport(report.network, not report.failures, tolerance, loss, report.parameters, report.inputs)


@dataclass
class _Points:
    """What was found for one array so far."""

    points: int = 0
    error: float = 0.0
    worst: Coordinate | None = None

    def add(self, error: float, coordinate: Coordinate | None = None) -> None:
        self.points += 1
        self.error = max(self.error, error)
        if coordinate is not None and (self.worst is None or error >= self.worst.relative_error):
            self.worst = coordinate

    def report(self, name: str, operator: str, layer: str, span: SourceSpan | None) -> Checked:
        return Checked(name, self.error, self.points, self.worst, operator, layer, span)


@dataclass(frozen=True)
class _Check:
    """What all arrays have in common."""

    rng: np.random.Generator
    loss: float
    noise: float
    tolerance: float
    directions: int
    elements: int

    def array(self, point: Array, gradient: Array, loss_at: Callable[[Array], float]) -> _Points:
        """Check one array's gradient.

        Args:
            point: where.
            gradient: there, of the array's shape.
            loss_at: the loss for another array in its place.
        """
        found = _Points()
        line = _Line(self, point, gradient, loss_at)
        if point.size > _FEW:
            for _ in range(self.directions):
                direction, error = line.random_direction()
                found.add(error)
                if error > self.tolerance:
                    found.add(*line.element(line.narrowed(direction)))
        for index in self._chosen(gradient):
            found.add(*line.element(index))
        return found

    def _chosen(self, gradient: Array) -> Iterator[int]:
        """Flat positions of the elements to check: all, or the largest gradient's and random ones."""
        if gradient.size <= _FEW:
            yield from range(gradient.size)
        elif self.elements:
            largest = int(np.abs(gradient).argmax())
            others = self.rng.choice(gradient.size, self.elements - 1, replace=False)
            yield from dict.fromkeys([largest, *map(int, others)])


@dataclass(frozen=True)
class _Line:
    """Derivatives of the loss along lines through a point."""

    check: _Check
    point: Array
    gradient: Array
    loss_at: Callable[[Array], float]

    def slope(self, direction: Array) -> tuple[float, Slope]:
        """The analytic and the numeric derivative along a direction (of any length but 0)."""
        analytic = float(np.vdot(self.gradient, direction))
        length = float(np.linalg.norm(direction))
        typical = float(np.sqrt((self.point**2).mean())) or 1.0
        longest = _LONGEST * max(typical, 1e-2) * np.sqrt(np.count_nonzero(direction)) / length
        slope = measure_slope(
            lambda t: self.loss_at(self.point + t * direction), self.check.loss, analytic,
            noise=self.check.noise, longest=float(longest), tolerance=self.check.tolerance,
        )  # fmt: skip
        return analytic, slope

    def error(self, direction: Array) -> float:
        analytic, slope = self.slope(direction)
        return slope.error_of(analytic, self.check.tolerance)

    def random_direction(self) -> tuple[Array, float]:
        """A direction that meets no kink, if one is found, and the relative error along it."""
        for attempt in range(_ATTEMPTS):
            direction = self.check.rng.standard_normal(self.point.shape)
            direction /= np.linalg.norm(direction)
            analytic, slope = self.slope(direction)
            if slope.is_settled(analytic, self.check.tolerance) or attempt == _ATTEMPTS - 1:
                break
        return direction, slope.error_of(analytic, self.check.tolerance)

    def narrowed(self, direction: Array) -> int:
        """The flat position of an element that is wrong: halves of a direction, the worse one each time."""
        first, last = 0, direction.size
        flat = direction.ravel()
        while last - first > 1:
            middle = (first + last) // 2
            gaps = []
            for part in (slice(first, middle), slice(middle, last)):
                half = np.zeros_like(flat)
                half[part] = flat[part]
                analytic, slope = self.slope(half.reshape(direction.shape))
                gaps.append(abs(analytic - slope.value))
            first, last = (first, middle) if gaps[0] >= gaps[1] else (middle, last)
        return first

    def element(self, index: int) -> tuple[float, Coordinate]:
        """The relative error of one element, by its flat position."""
        direction = np.zeros(self.point.size)
        direction[index] = 1.0
        analytic, slope = self.slope(direction.reshape(self.point.shape))
        error = slope.error_of(analytic, self.check.tolerance)
        place = tuple(int(i) for i in np.unravel_index(index, self.point.shape))
        return error, Coordinate(place, analytic, slope.value, error)


def _shifted(array: Array, shift: float, rng: np.random.Generator) -> Array:
    """The array with normal numbers added, by a part of its root mean square."""
    typical = max(float(np.sqrt((array.astype(np.float64) ** 2).mean())), 0.1) if array.size else 0.0
    return np.asarray(array + shift * typical * rng.standard_normal(array.shape))


def _along_all(point: Mapping[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """A random direction of length 1 over all arrays together."""
    drawn = {path: rng.standard_normal(array.shape) for path, array in point.items()}
    length = np.sqrt(sum(float((d**2).sum()) for d in drawn.values())) or 1.0
    return {path: d / length for path, d in drawn.items()}


def _owner(graph: Graph, value: Value) -> tuple[str, str, SourceSpan | None]:
    """The operator, name and source of the layer that reads a value first."""
    node: Node | None = next((node for node in graph.nodes if value in node.inputs), None)
    return (node.op.name, node.name, node.span) if node is not None else ("nothing", value.name, None)


def _culprit(module: DifferentiableModule, batch: Mapping[str, Any]) -> str:
    """The first layer that is not finite, as the end of a sentence."""
    found = module.first_nonfinite(batch)
    if found is None:
        return ""
    name, span = found
    return f": the first layer that is not finite is '{name}'" + (f" ({span})" if span else "")
