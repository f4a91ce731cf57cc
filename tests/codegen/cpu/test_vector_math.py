"""Elementary functions against NumPy in long double (erf: the C library in double)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Array = NDArray[Any]
Evaluate = Callable[..., Array]

LD = np.longdouble


def _erf(x: Array) -> Array:
    return np.array([math.erf(float(lane)) for lane in x], LD)


# name: (reference, largest error in ulp, intervals in float32, intervals in float64)
FUNCTIONS = {
    "exp": (np.exp, 2, [(-87, 88), (-1, 1)], [(-708, 709), (-1, 1)]),
    "expm1": (np.expm1, 2, [(-30, 88), (-1, 1), (-1e-3, 1e-3)], [(-40, 709), (-1, 1), (-1e-3, 1e-3)]),
    "log": (np.log, 1, [(1e-30, 1e30), (0.5, 2), (0.99, 1.01)], [(1e-30, 1e30), (0.5, 2), (0.99, 1.01)]),
    "log1p": (np.log1p, 1, [(-0.999, 10), (-1e-3, 1e-3), (0, 1e6)], [(-0.999, 10), (-1e-3, 1e-3), (0, 1e6)]),
    "tanh": (np.tanh, 3, [(-10, 10), (-1, 1), (-1e-3, 1e-3)], [(-20, 20), (-1, 1), (-1e-3, 1e-3)]),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), 3, [(-87, 20), (-2, 2)], [(-700, 40), (-2, 2)]),
    "erf": (_erf, 4, [(-5, 5), (-1.2, 1.2)], [(-6.5, 6.5), (-1.2, 1.2)]),
    "arctan": (np.arctan, 2, [(-100, 100), (-3, 3), (-0.5, 0.5)], [(-100, 100), (-3, 3), (-0.5, 0.5)]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_stay_within_the_stated_bound(evaluate: Evaluate, widest: str, name: str) -> None:
    reference, bound, *intervals = FUNCTIONS[name]
    dtype = np.dtype(widest.split("x")[0])
    for low, high in intervals[dtype == np.float64]:
        x = np.random.default_rng(7).uniform(low, high, 50_000).astype(dtype)
        got, want = evaluate(widest, f"{name}(a)", x).astype(LD), reference(x.astype(LD))
        ulps = np.abs(got - want) / np.spacing(np.abs(want).astype(dtype))
        # math.erf is itself a double, half a unit off.
        assert ulps.max() <= bound + (0.5 if name == "erf" else 0), f"{name} at {x[ulps.argmax()]!r}"


@pytest.mark.parametrize("name", ["sin", "cos"])
def test_waves_are_absolutely_accurate(evaluate: Evaluate, widest: str, name: str) -> None:
    dtype = np.dtype(widest.split("x")[0])
    x = np.random.default_rng(7).uniform(-8000, 8000, 50_000).astype(dtype)
    error = np.abs(evaluate(widest, f"{name}(a)", x).astype(LD) - getattr(np, name)(x.astype(LD)))
    assert error.max() <= np.finfo(dtype).eps


INF, NAN = math.inf, math.nan
SPECIAL = {
    "exp": [(NAN, NAN), (INF, INF), (-INF, 0.0), (0.0, 1.0), (-0.0, 1.0), (1e4, INF), (-1e4, 0.0)],
    "expm1": [(NAN, NAN), (INF, INF), (-INF, -1.0), (0.0, 0.0), (-0.0, -0.0), (1e4, INF), (-1e4, -1.0)],
    "log": [(NAN, NAN), (INF, INF), (-INF, NAN), (0.0, -INF), (-0.0, -INF), (1.0, 0.0), (-1.0, NAN)],
    "log1p": [(NAN, NAN), (INF, INF), (-INF, NAN), (0.0, 0.0), (-1.0, -INF), (-2.0, NAN)],
    "tanh": [(NAN, NAN), (INF, 1.0), (-INF, -1.0), (0.0, 0.0), (-0.0, -0.0)],
    "sigmoid": [(NAN, NAN), (INF, 1.0), (-INF, 0.0), (0.0, 0.5)],
    "erf": [(NAN, NAN), (INF, 1.0), (-INF, -1.0), (0.0, 0.0), (-0.0, -0.0)],
    "arctan": [(NAN, NAN), (INF, math.pi / 2), (-INF, -math.pi / 2), (0.0, 0.0), (-0.0, -0.0)],
    "sin": [(NAN, NAN), (INF, NAN), (0.0, 0.0)],
    "cos": [(NAN, NAN), (-INF, NAN), (0.0, 1.0)],
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_values(evaluate: Evaluate, widest: str, name: str, compiled: bool) -> None:
    x, want = np.array(SPECIAL[name], widest.split("x")[0]).T.copy()
    got = evaluate(widest, f"{name}(a)", x, compiled=compiled)
    np.testing.assert_array_equal(got, want)
    kept = ~np.isnan(want)
    if name not in ("log1p",):
        np.testing.assert_array_equal(np.signbit(got[kept]), np.signbit(want[kept]))


def test_subnormal_numbers_are_understood(evaluate: Evaluate, widest: str) -> None:
    dtype = np.dtype(widest.split("x")[0])
    small = np.finfo(dtype).smallest_subnormal
    np.testing.assert_allclose(evaluate(widest, "log(a)", np.array([small, small * 5])), np.log([small, small * 5]))
    deep = np.log(np.finfo(dtype).tiny) - 2
    np.testing.assert_allclose(evaluate(widest, "exp(a)", np.array([deep])), np.exp(deep.astype(dtype)), rtol=1e-5)


def test_power(evaluate: Evaluate, widest: str, compiled: bool) -> None:
    dtype = np.dtype(widest.split("x")[0])
    x = np.array([2.0, 9.0, 0.0, 0.0, 0.0, 1.0, math.inf, 1e-3, -2.0, math.nan], dtype)
    y = np.array([10.0, 0.5, 2.0, -1.0, 0.0, 5.0, 0.0, -0.75, 2.0, 1.0], dtype)
    want = np.array([1024.0, 3.0, 0.0, math.inf, 1.0, 1.0, 1.0, 10**2.25, math.nan, math.nan])
    got = evaluate(widest, "power(a, b)", x, y, compiled=compiled)
    np.testing.assert_allclose(got, want, rtol=16 * np.finfo(dtype).eps)


@pytest.mark.parametrize("expression", [f"{name}(a)" for name in SPECIAL] + ["power(absolute(a), b)"])
def test_all_widths_agree_and_so_does_the_interpreter(evaluate: Evaluate, vector: str, expression: str) -> None:
    """Lanes do not influence each other: a narrow vector gives the bits of the widest."""
    dtype = vector.split("x")[0]
    a, b = np.random.default_rng(3).uniform(-3, 3, (2, 32)).astype(dtype)
    operands = (a, b)[: 1 + ("b" in expression.replace("absolute", ""))]
    got = evaluate(vector, expression, *operands)
    widest = "float32x16" if dtype == "float32" else "float64x8"
    np.testing.assert_array_equal(got, evaluate(widest, expression, *operands))
    interpreted = evaluate(vector, expression, *operands, compiled=False)
    np.testing.assert_allclose(got, interpreted, rtol=20 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
