"""Fully connected maps: the contraction x W^T, its gradients, and how its parameters start."""

from __future__ import annotations

from graphnet.ir.builder import Builder
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ops.families.einsum import einsum


def dense_parameters(features: int, units: int, *, bias: bool) -> dict[str, ParameterSpec]:
    """`weight` (units, features) and `bias` (units), uniform in +-1/sqrt(features), as PyTorch's."""
    init = Initializer("kaiming_uniform", {"a": 5**0.5})
    found = {"weight": ParameterSpec((units, features), init, fan_in=features, fan_out=units)}
    if bias:
        bound = Initializer("uniform", {"low": -(features**-0.5), "high": features**-0.5})
        found["bias"] = ParameterSpec((units,), bound, fan_in=features)
    return found


def dense(b: Builder, label: str, x: Value, weight: Value, bias: Value | None) -> Value:
    """y[n, c] = sum over f of x[n, f] * weight[c, f], plus bias[c]; or the same at each position l, y[n, l, c]."""
    at = _positions(x)
    y = einsum(b, label, f"{at}f,cf->{at}c", x, weight)
    if bias is None:
        return y
    return b.pointwise("bias", lambda v, shift: v + shift, y, bias, axes=(None, (y.type.rank - 1,)))


def dense_gradient(
    b: Builder, label: str, gradient: Value, x: Value, weight: Value, bias: Value | None
) -> tuple[Value, ...]:
    """The gradients of x, weight and, where there is one, bias."""
    at = _positions(x)
    gx = einsum(b, f"{label}_input_gradient", f"{at}c,cf->{at}f", gradient, weight)
    gw = einsum(b, f"{label}_weight_gradient", f"{at}c,{at}f->cf", gradient, x)
    if bias is None:
        return gx, gw
    return gx, gw, b.reduce("bias_gradient", "sum", lambda g: g, gradient, axes=range(gradient.type.rank - 1))


def _positions(x: Value) -> str:
    """The axes before the features."""
    return "n" if x.type.rank == 2 else "nl"
