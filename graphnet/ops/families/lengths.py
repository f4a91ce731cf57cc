"""Vectors brought to length one, as an operator or on the way to the angles between them."""

from __future__ import annotations

from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression, maximum, sqrt, where
from graphnet.ir.graph import Value
from graphnet.ops.families.exponential import other_axes


def normalised(b: Builder, x: Value, axis: int, eps: float) -> tuple[Value, Value]:
    """y = x / max(norm, eps) and the norm, with norm = sqrt(sum of x^2 along an axis)."""
    norm = b.pointwise("norm", sqrt, b.reduce("sum_of_squares", "sum", lambda v: v * v, x, axes=(axis,)))
    axes = (None, other_axes(x.type, axis))
    return b.pointwise("normalize", lambda v, n: v / maximum(n, eps), x, norm, axes=axes), norm


def normalised_gradient(b: Builder, gradient: Value, y: Value, norm: Value, axis: int, eps: float) -> Value:
    """gx = (gy - y * sum of gy * y along the axis) / norm, and gy / eps where the norm is less than eps."""
    along = b.reduce("gradient_along", "sum", lambda gy, y: gy * y, gradient, y, axes=(axis,))

    def across(gy: Expression, y: Expression, along: Expression, n: Expression) -> Expression:
        return (gy - where(n < eps, 0, y * along)) / maximum(n, eps)

    kept = other_axes(y.type, axis)
    return b.pointwise("normalize_gradient", across, gradient, y, along, norm, axes=(None, None, kept, kept))
