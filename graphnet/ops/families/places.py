"""Maps read at other places than their own: which elements lie near a place, and what share each of them has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from graphnet.ir.comprehension import Index
from graphnet.ir.expression import Coordinate, Expression, absolute, as_expression
from graphnet.ops.families.windows import Extents, Geometry


@dataclass(frozen=True)
class Line:
    """The places of an axis's elements, along the axis that they are read from: (step * k + offset) / divisor.

    The step is positive, so that an element can tell who reads it.
    """

    step: int
    offset: int
    divisor: int

    @classmethod
    def of(cls, slope: Fraction, start: Fraction) -> Line:
        """Element k lies at slope * k + start."""
        divisor = math.lcm(slope.denominator, start.denominator)
        return cls(int(slope * divisor), int(start * divisor), divisor)

    def place(self, k: int) -> Fraction:
        return Fraction(self.step * k + self.offset, self.divisor)


@dataclass(frozen=True)
class Resampling(Geometry):
    """Elements made of those near their places.

    The taps of an element are all fractions of a position, 1 / divisor apart, that lie near its place: those at a
    distance below 1, or those less than 1 before it. Of these, one or two are whole positions; the others read nothing.

    Attributes:
        lines: of each axis.
        count: elements along each axis.
        linear: whether positions on both sides have a share, 1 - distance; if not, the last up to the place has all.
    """

    lines: tuple[Line, ...]
    count: Extents
    linear: bool
    kernel_size: Extents = field(init=False)

    def __post_init__(self) -> None:
        taps = tuple(2 * line.divisor - 1 if self.linear else line.divisor for line in self.lines)
        object.__setattr__(self, "kernel_size", taps)

    def extents(self, size: Sequence[int]) -> Extents:
        return self.count

    @property
    def reads(self) -> tuple[Index, ...]:
        along = zip(self.positions, self.tap_names, self.lines, strict=True)
        return tuple(
            Index(((p, line.step), (tap, 1)), line.offset - (line.divisor - 1), line.divisor) for p, tap, line in along
        )

    @property
    def readers(self) -> tuple[Index, ...]:
        along = zip(self.positions, self.tap_names, self.lines, strict=True)
        return tuple(
            Index(((p, line.divisor), (tap, -1)), line.divisor - 1 - line.offset, line.step) for p, tap, line in along
        )

    @property
    def share(self) -> Expression:
        """What a tap's position counts: its shares along all axes, multiplied."""
        along = [(tap, line.divisor) for tap, line in zip(self.tap_names, self.lines, strict=True) if self.linear]
        distances = [absolute(Coordinate(tap) - (divisor - 1)) * (1 / divisor) for tap, divisor in along if divisor > 1]
        return reduce(lambda product, distance: product * (1 - distance), distances, as_expression(1))

    def totals(self, size: Sequence[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The sum of the shares of those taps of each element that lie inside of a map: 1, but near its border."""
        along = zip(self.lines, self.count, size, strict=True)
        return reduce(np.multiply.outer, (self._totals(*axis) for axis in along))

    def _totals(self, line: Line, count: int, extent: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        if not self.linear:
            return np.ones(count)
        places = [line.place(k) for k in range(count)]
        near = [[p for p in (math.floor(place), math.floor(place) + 1) if 0 <= p < extent] for place in places]
        shares = (sum(1 - abs(p - place) for p in inside) for place, inside in zip(places, near, strict=True))
        return np.array([float(share) for share in shares])
