"""The gradient of one array, compared with slopes of the loss along directions and single elements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from graphnet.core.source import SourceSpan
from graphnet.testing.differences import Slope, measure_slope
from graphnet.testing.gradient_report import Checked, Coordinate

Array = np.ndarray[Any, Any]

FEW: Final = 12
"""Arrays of at most so many elements are checked element by element."""
_ATTEMPTS: Final = 4
"""Directions that are tried until one meets no kink."""
_LONGEST: Final = 1e-3
"""The longest step, as a part of an array's length."""
_SMALL: Final = 1e-2
"""What counts as the typical element of an array of smaller ones, for steps."""


@dataclass
class Points:
    """What was found for one array so far.

    Attributes:
        count: derivatives compared.
        error: the largest relative error.
        worst: the element with the largest error among those that were looked at.
    """

    count: int = 0
    error: float = 0.0
    worst: Coordinate | None = None

    def add(self, error: float) -> None:
        self.count += 1
        self.error = max(self.error, error)

    def add_element(self, element: Coordinate) -> None:
        self.add(element.relative_error)
        if self.worst is None or element.relative_error > self.worst.relative_error:
            self.worst = element

    def report(self, name: str, operator: str, layer: str, span: SourceSpan | None) -> Checked:
        return Checked(name, self.error, self.count, self.worst, operator, layer, span)


@dataclass(frozen=True, eq=False)
class Surface:
    """The loss as a function of one array, near a point.

    Attributes:
        point: the array.
        gradient: at the point, as it was compiled.
        along: gives the loss as a function of t, at `point + t * direction`.
    """

    point: Array
    gradient: Array
    along: Callable[[Array], Callable[[float], float]]


@dataclass(frozen=True)
class Check:
    """How arrays are checked.

    Attributes:
        rng: of directions and elements.
        loss: at the point.
        noise: deviation of the loss by rounding.
        tolerance: the largest relative error that passes.
        directions, elements: how many for an array of more than `FEW` elements.
    """

    rng: np.random.Generator
    loss: float
    noise: float
    tolerance: float
    directions: int
    elements: int

    def run(self, surface: Surface) -> Points:
        """Check one array's gradient."""
        found = Points()
        for _ in range(self.directions if surface.point.size > FEW else 0):
            direction, error = self._random_direction(surface)
            found.add(error)
            if error > self.tolerance:
                found.add_element(self._element(surface, self._narrowed(surface, direction)))
        for index in self._chosen(surface.gradient):
            found.add_element(self._element(surface, index))
        return found

    def _chosen(self, gradient: Array) -> Iterator[int]:
        """Flat positions of the elements to check: all, or the largest gradient's and random ones."""
        if gradient.size <= FEW:
            yield from range(gradient.size)
        elif self.elements:
            others = self.rng.choice(gradient.size, self.elements - 1, replace=False)
            yield from dict.fromkeys([int(np.abs(gradient).argmax()), *map(int, others)])

    def _slope(self, surface: Surface, direction: Array) -> tuple[float, Slope]:
        """The analytic and the numeric derivative along a direction of any length but 0."""
        analytic = float(np.vdot(surface.gradient, direction))
        typical = max(float(np.sqrt((surface.point**2).mean())), _SMALL)
        longest = _LONGEST * typical * np.sqrt(np.count_nonzero(direction)) / np.linalg.norm(direction)
        slope = measure_slope(
            surface.along(direction), self.loss, analytic, noise=self.noise, longest=float(longest),
            tolerance=self.tolerance,
        )  # fmt: skip
        return analytic, slope

    def _random_direction(self, surface: Surface) -> tuple[Array, float]:
        """A direction that meets no kink, if one is found, and the relative error along it."""
        attempts = 0
        while True:
            direction: Array = np.asarray(self.rng.standard_normal(surface.point.shape))
            direction = direction / np.linalg.norm(direction)
            analytic, slope = self._slope(surface, direction)
            attempts += 1
            if attempts == _ATTEMPTS or slope.is_settled(analytic, self.tolerance):
                return direction, slope.error_of(analytic, self.tolerance)

    def _narrowed(self, surface: Surface, direction: Array) -> int:
        """The flat position of an element that is wrong: halves of a direction, the worse one each time."""
        flat = direction.ravel()
        first, last = 0, flat.size
        while last - first > 1:
            middle = (first + last) // 2
            gaps = []
            for part in (slice(first, middle), slice(middle, last)):
                half = np.zeros_like(flat)
                half[part] = flat[part]
                analytic, slope = self._slope(surface, half.reshape(direction.shape))
                gaps.append(abs(analytic - slope.value))
            first, last = (first, middle) if gaps[0] >= gaps[1] else (middle, last)
        return first

    def _element(self, surface: Surface, index: int) -> Coordinate:
        """One element, by its flat position."""
        direction = np.zeros(surface.point.size)
        direction[index] = 1.0
        analytic, slope = self._slope(surface, direction.reshape(surface.point.shape))
        place = tuple(int(i) for i in np.unravel_index(index, surface.point.shape))
        return Coordinate(place, analytic, slope.value, slope.error_of(analytic, self.tolerance))
