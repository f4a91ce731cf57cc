"""Derivatives of a function along a line, from its values alone, with an estimate of how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

Function = Callable[[float], float]

WORST: Final = 2.0
"""The largest relative error that two numbers can have, and what counts where one of them is not finite."""

_LEVELS: Final = 7
_SHRINK: Final = 8.0
_FIRST_CHANGE: Final = 400.0
"""The first step changes the function by this many times its noise, over the tolerance."""
_VALUE_NOISE: Final = 8.0
"""Uncertainty of a smooth slope, in units of noise / step: four times the deviation of the extrapolated value."""
_ROUNDINGS: Final = 4.0
"""The least noise, in units of the last place: a loss is the outcome of several roundings."""
_ROUGHNESS_NOISE: Final = 40.0
"""How rough a smooth function may look, in the same units: some five deviations."""


@dataclass(frozen=True)
class Slope:
    """A derivative along a line.

    Attributes:
        value: by central differences at two steps, extrapolated (Richardson).
        uncertainty: about how far the true derivative may be from it, or at a kink, the two from the one-sided ones.
        left, right: the one-sided derivatives, which differ at a kink.
        is_smooth: whether the values on both sides fit one smooth function.
    """

    value: float
    uncertainty: float
    left: float
    right: float
    is_smooth: bool

    def is_settled(self, analytic: float, tolerance: float) -> bool:
        """Whether this slope can tell a right derivative from a wrong one, or both are too small to tell from 0."""
        size = max(abs(analytic), abs(self.value))
        return self.is_smooth and (self.uncertainty <= 2 * tolerance * size or size <= 4 * self.uncertainty)

    def error_of(self, analytic: float, tolerance: float) -> float:
        """How far an analytic derivative is from this one, relative to the larger of the two.

        What is smaller than this slope can resolve counts as that large. At a kink every number between the two
        one-sided derivatives is right: a subgradient.
        """
        if not np.isfinite([analytic, self.value, self.uncertainty]).all():
            return WORST
        distance, size = abs(analytic - self.value), max(abs(analytic), abs(self.value))
        if not self.is_smooth:
            low, high = sorted((self.left, self.right))
            distance = max(0.0, low - analytic, analytic - high)
        return distance / max(size, self.uncertainty / tolerance, float(np.finfo(float).tiny))


def measure_noise(function: Function, steps: Sequence[float] = (1e-11, 1e-9)) -> float:
    """The deviation of a function's values by rounding, from their differences where the function is straight.

    It is at least that of some roundings of numbers near 1: a loss near 0 is often a difference of such (a saturated
    cross entropy), and then its values lie on stairs that these differences are too short to see.

    Source: Moré, Wild, "Estimating computational noise", 2011; with second differences only.

    Args:
        function: of the position along a line.
        steps: so small that over ten of them only rounding bends the function. A longer one is tried where values stay
            on one stair.
    """
    for step in steps:
        values = np.array([function(k * step) for k in range(8)])
        second = np.abs(np.diff(values, 2))
        # The weights 1, -2, 1 make normal noise 6**0.5 times as large. Its median tells it from a kink, but is 0 where
        # most values keep to the same stairs.
        typical = float(np.median(second)) / 0.6745 / 6**0.5 or float(np.sqrt((second**2).mean() / 6))
        least = _ROUNDINGS * float(np.finfo(float).eps) * max(1.0, float(np.abs(values).max()))
        if typical > least:
            return typical
    return least


def measure_slope(
    function: Function, origin: float, guess: float, *, noise: float, longest: float, tolerance: float
) -> Slope:
    """The derivative at 0.

    The first step is the shortest that resolves the tolerance over the noise, so that few kinks lie within; where one
    does, or the function is strongly curved, steps shrink.

    Args:
        function: of the position along a line.
        origin: its value at 0.
        guess: about what the derivative is; it sets the first step, nothing else.
        noise: deviation of the function's values.
        longest: the longest step.
        tolerance: the relative error that matters.
    """
    is_usable = guess != 0 and np.isfinite(guess)
    step = min(longest, _FIRST_CHANGE * noise / (tolerance * abs(guess))) if is_usable else longest
    tried: list[Slope] = []
    for level in range(_LEVELS):
        slope = _slope_at(function, origin, step / _SHRINK**level, noise)
        if slope.is_smooth and slope.uncertainty <= tolerance * max(abs(guess), abs(slope.value)):
            return slope
        tried.append(slope)
    smooth = [slope for slope in tried if slope.is_smooth]
    return min(smooth or map(_at_kink, tried[1:], tried), key=lambda slope: slope.uncertainty)


def _at_kink(slope: Slope, longer: Slope) -> Slope:
    """One-sided slopes are as certain as they stay the same from one length of steps to the next."""
    drift = abs(slope.left - longer.left) + abs(slope.right - longer.right)
    return replace(slope, uncertainty=slope.uncertainty + drift)


def _slope_at(function: Function, origin: float, step: float, noise: float) -> Slope:
    """The slope from values at `step` and half of it, on both sides."""
    half = step / 2
    far_right, far_left = (function(step) - origin) / step, (origin - function(-step)) / step
    near_right, near_left = (function(half) - origin) / half, (origin - function(-half)) / half
    far, near = (far_right + far_left) / 2, (near_right + near_left) / 2
    # For a smooth function the difference of the sides is proportional to the step; for a kink it is not, unless the
    # kink lies at a third of the step, and then the central differences disagree.
    roughness = abs(far - near) + abs((far_right - far_left) - 2 * (near_right - near_left)) / 2
    unit = noise / step
    is_smooth = bool(roughness <= _ROUGHNESS_NOISE * unit)
    left, right = 2 * near_left - far_left, 2 * near_right - far_right
    # What looks smooth may still have kinks that are too small to tell from noise. One makes the slope at most as wrong
    # as it is rough; several may hide a part of one another.
    uncertainty = max(_VALUE_NOISE * unit, 2 * roughness) if is_smooth else _VALUE_NOISE * unit
    return Slope((4 * near - far) / 3, uncertainty, left, right, is_smooth)
