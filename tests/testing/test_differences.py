"""Numeric slopes: of smooth functions, at kinks, through noise; what is uncertain must say so."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from graphnet.testing.differences import WORST, Slope, measure_noise, measure_slope

TOLERANCE = 1e-6
EPSILON = float(np.finfo(float).eps)


def slope_of(
    function: Callable[[float], float], guess: float, *, noise: float = EPSILON, longest: float = 1e-3
) -> Slope:
    return measure_slope(function, function(0.0), guess, noise=noise, longest=longest, tolerance=TOLERANCE)


@pytest.mark.parametrize(
    ("function", "slope"),
    [
        (math.sin, 1.0), (math.exp, 1.0), (lambda t: math.log(2 + t), 0.5), (lambda t: 1e-3 * math.tanh(t), 1e-3),
        (lambda t: 100 + 7 * t, 7.0), (lambda t: 1 / (0.01 + t), -1e4), (lambda t: 3.0, 0.0),
    ],
)  # fmt: skip
def test_smooth_functions(function: Callable[[float], float], slope: float) -> None:
    noise = EPSILON * max(1.0, abs(function(0.0)))
    for guess in (slope, 0.9 * slope + 1e-9, 0.0):  # a wrong guess makes no other slope
        found = slope_of(function, guess, noise=noise, longest=1e-4)
        assert found.is_smooth
        assert abs(found.value - slope) <= max(found.uncertainty, 1e-8 * abs(slope))
    assert slope_of(function, slope, noise=noise, longest=1e-4).error_of(slope, TOLERANCE) <= TOLERANCE
    assert slope_of(function, slope, noise=noise, longest=1e-4).error_of(1.001 * slope + 1e-3, TOLERANCE) > TOLERANCE


def test_a_kink_has_two_slopes_and_every_number_between_is_right() -> None:
    found = slope_of(lambda t: 2 * t if t > 0 else -t, guess=0.5)
    assert not found.is_smooth
    assert not found.is_settled(0.5, TOLERANCE)
    assert (found.left, found.right) == (pytest.approx(-1), pytest.approx(2))
    for subgradient in (-1.0, 0.0, 2.0):
        assert found.error_of(subgradient, TOLERANCE) <= TOLERANCE
    for wrong in (-1.01, 2.01):
        assert found.error_of(wrong, TOLERANCE) > 1e-3


@pytest.mark.parametrize("place", [1e-4, 1e-5, 1e-6, -3e-6, 1e-7, 1e-4 / 3, 1e-3 / 3])
def test_steps_shrink_until_a_kink_lies_outside(place: float) -> None:
    """Of all places, a third of a step is where the two sides' differences do not show it."""
    found = slope_of(lambda t: math.sin(t) + 0.1 * abs(t - place), guess=0.0)
    assert found.is_smooth
    assert found.value == pytest.approx(1 - math.copysign(0.1, place), abs=1e-6)


def test_a_jump_is_no_slope() -> None:
    found = slope_of(lambda t: float(t > 0) + 0.5 * t, guess=0.5)
    assert not found.is_smooth


def test_the_uncertainty_covers_noise() -> None:
    rng = np.random.default_rng(0)
    noise = 1e-10
    for true in (1.0, 1e-3, 1e-6, 0.0):
        found = slope_of(lambda t, true=true: true * t + noise * rng.standard_normal(), guess=true, noise=noise)
        assert abs(found.value - true) <= found.uncertainty
        assert found.error_of(true, TOLERANCE) <= TOLERANCE
        assert found.is_settled(true, TOLERANCE) == (true != 1e-3)  # 1e-6 cannot be told from zero
    assert (
        slope_of(lambda t: t + noise * rng.standard_normal(), guess=1.0, noise=noise).error_of(1.01, TOLERANCE) > 1e-3
    )


def test_noise_is_measured() -> None:
    rng = np.random.default_rng(0)
    estimates = [measure_noise(lambda t: 5 * t + 1e-9 * rng.standard_normal()) for _ in range(100)]
    assert np.median(estimates) == pytest.approx(1e-9, rel=0.3)


def test_noise_is_at_least_rounding() -> None:
    assert measure_noise(lambda t: 1000.0) == 4000 * EPSILON
    assert measure_noise(lambda t: 1e-9 + t) == 4 * EPSILON  # a loss near zero is a difference of larger numbers


def test_noise_is_seen_on_stairs() -> None:
    """The difference of two numbers near 100 changes by steps of 1.4e-14, and seldom where its slope is small."""
    noise = measure_noise(lambda t: (100.0 + 3e-5 * t) - 100.0)
    assert 1e-15 < noise < 1e-13


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_is_worst(value: float) -> None:
    assert slope_of(math.sin, guess=value).error_of(value, TOLERANCE) == WORST
    with np.errstate(invalid="ignore"):
        assert slope_of(lambda t: value, guess=1.0).error_of(1.0, TOLERANCE) == WORST
