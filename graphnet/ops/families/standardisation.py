"""Mean 0 and variance 1: the formulas that the normalisation operators have in common.

With mean m, and i = 1 / sqrt(variance + eps), over M elements, an element v becomes z = (v - m) * i. For the gradient h
of z, that of v is i * (h - mean of h - z * mean of h * z), since m and i depend on v too.
"""

from __future__ import annotations

from graphnet.ir.expression import Expression, Scalar, sqrt
from graphnet.ir.graph import Initializer, ParameterSpec


def inverse_deviation(variance: Expression, eps: float) -> Expression:
    """1 / sqrt(variance + eps)."""
    return 1 / sqrt(variance + eps)


def standardise(v: Expression, m: Expression, i: Expression, *affine: Expression) -> Expression:
    """(v - m) * i, with `affine` times a weight, plus a bias if there is one."""
    if not affine:
        return (v - m) * i
    weight, *bias = affine
    y = (v - m) * (i * weight)
    return y + bias[0] if bias else y


def standardise_gradient(
    h: Scalar, v: Expression, m: Expression, i: Expression, mean: Expression, slope: Expression
) -> Expression:
    """The gradient of v, where h is that of z, `mean` the mean of h, and `slope` i times the mean of h * z."""
    return i * (h - mean - (v - m) * slope)


def affine_parameters(shape: tuple[int, ...], *, weight: bool = True, bias: bool = True) -> dict[str, ParameterSpec]:
    """`weight` of ones and `bias` of zeros."""
    found = {"weight": ParameterSpec(shape, Initializer("ones"))} if weight else {}
    return {**found, "bias": ParameterSpec(shape, Initializer("zeros"))} if bias else found


def alone(count: int) -> tuple[str, ...]:
    """A warning where statistics are those of one element: then z is zero, whatever the element is."""
    return () if count > 1 else ("each element is normalised alone, so all become zero",)
