"""Operators and simple functions, compiled and interpreted, against NumPy on whole arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphnet.core.diagnostics import InternalError

Array = NDArray[Any]
Evaluate = Callable[..., Array]
Run = Callable[..., None]

INF, NAN = np.inf, np.nan
A = np.array([1.5, -2.0, 0.0, -0.0, INF, -INF, NAN, 3.0, 7.25, NAN, 2.0])
B = np.array([0.5, -2.0, 3.0, 0.0, 1.0, -INF, 1.0, NAN, -7.25, NAN, 0.0])

EXPRESSIONS: dict[str, Callable[[Array, Array], Array]] = {
    "a + b": lambda a, b: a + b,
    "2 - a": lambda a, b: 2 - a,
    "a * 0.1 * b": lambda a, b: a * a.dtype.type(0.1) * b,
    "a / b": lambda a, b: a / b,
    "1.0 / a": lambda a, b: 1 / a,
    "-a": lambda a, b: -a,
    "where(a < b, a, 9.0)": lambda a, b: np.where(a < b, a, 9),
    "where(a <= b, 1.0, b)": lambda a, b: np.where(a <= b, 1, b),
    "where(a > 1, a, b)": lambda a, b: np.where(a > 1, a, b),
    "where(a >= b, a, b)": lambda a, b: np.where(a >= b, a, b),
    "where(a == b, a, -1.0)": lambda a, b: np.where(a == b, a, -1),
    "where(a != b, a, -1.0)": lambda a, b: np.where(a != b, a, -1),
    "where((a < b) & (a > 0), a, 5)": lambda a, b: np.where((a < b) & (a > 0), a, 5),
    "where((a < b) | ~(b > 0), a, 5)": lambda a, b: np.where((a < b) | ~(b > 0), a, 5),
    "maximum(a, b)": np.maximum,
    "maximum(a, 0.0)": lambda a, b: np.maximum(a, 0),
    "maximum(1, a)": lambda a, b: np.maximum(1, a),
    "minimum(a, b)": np.minimum,
    "minimum(a, 6.0)": lambda a, b: np.minimum(a, 6),
    "absolute(a)": lambda a, b: np.abs(a),
    "sqrt(a)": lambda a, b: np.sqrt(a),
    "floor(a)": lambda a, b: np.floor(a),
    "fma(a, b, 1.0)": lambda a, b: a * b + 1,
    "fma(a, 2, b)": lambda a, b: a * 2 + b,
}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions(evaluate: Evaluate, widest: str, expression: str, compiled: bool) -> None:
    dtype = widest.split("x")[0]
    a, b = A.astype(dtype), B.astype(dtype)
    with np.errstate(all="ignore"):
        want = EXPRESSIONS[expression](a, b)
    np.testing.assert_array_equal(evaluate(widest, expression, a, b, compiled=compiled), want)


def test_in_place_operators_are_refused(run: Run, widest: str) -> None:
    with pytest.raises(InternalError, match="iadd"):
        run(widest, "a = splat(args[1])\na += 2.0", [1])


def test_fma_rounds_once(evaluate: Evaluate, widest: str) -> None:
    dtype = np.dtype(widest.split("x")[0])
    one_more = 1 + np.finfo(dtype).eps
    a = np.array([one_more], dtype)
    exact = np.finfo(dtype).eps ** 2  # (1 + e)**2 - (1 + 2 e)
    assert evaluate(widest, "fma(a, a, b)", a, -(1 + 2 * np.finfo(dtype).eps) * np.ones(1, dtype))[0] == exact


def test_nothing_is_reassociated_or_contracted(evaluate: Evaluate, widest: str) -> None:
    dtype = widest.split("x")[0]
    a, b = np.random.default_rng(0).standard_normal((2, 512)).astype(dtype)
    np.testing.assert_array_equal(evaluate(widest, "a * b - a + b - a", a, b), a * b - a + b - a)


def test_any_lane(run: Run, vector: str, compiled: bool) -> None:
    n = int(vector.split("x")[1])
    found = np.full(n + 1, -1)
    body = f"""
found = pointer_i64(args[1])
for lane in range({n + 1}):
    istore(found, lane, any_lane(lanes() == splat(lane)))
"""
    run(vector, body, [found], compiled)
    assert found.tolist() == [1] * n + [0]


@pytest.mark.parametrize("function", ["hsum", "hmax", "hmin"])
def test_horizontal_folds(run: Run, vector: str, function: str) -> None:
    dtype, lanes = vector.split("x")
    x = np.random.default_rng(5).standard_normal(int(lanes)).astype(dtype)
    got = np.zeros((2, int(lanes)), dtype)
    body = f"vstore(pointer(args[2]), 0, {function}(vload(pointer(args[1]), 0)))"
    run(vector, body, [x, got[0]], True)
    run(vector, body, [x, got[1]], False)
    np.testing.assert_array_equal(got[0], got[1])
    want = {"hsum": x.sum(dtype=np.float64), "hmax": x.max(), "hmin": x.min()}[function]
    np.testing.assert_allclose(got[0], want, rtol=1e-5)
    x[3 % int(lanes)] = np.nan
    run(vector, body, [x, got[0]], True)
    assert np.isnan(got[0]).all()


def test_integers(run: Run, compiled: bool) -> None:
    pairs = [(7, 3), (-7, 3), (7, -3), (-7, -3), (6, 3), (0, 5), (-6, 3)]
    for a, b in pairs:
        got = np.zeros(3, np.int64)
        body = "y = pointer_i64(args[3])\n" + "\n".join(
            f"istore(y, {k}, {name}(args[1], args[2]))" for k, name in enumerate(["imin", "imax", "ceildiv"])
        )
        run("float32x4", body, [a, b, got], compiled)
        assert got.tolist() == [min(a, b), max(a, b), -(-a // b)]
