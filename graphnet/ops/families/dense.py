"""Fully connected maps: the contraction x W^T, its gradients, and how its parameters start."""

from __future__ import annotations

from graphnet.core.types import BATCH
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop
from graphnet.ir.graph import Initializer, ParameterSpec, Value


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
    positions, unit, feature = _loops(x, weight)
    y = b.contract(label, [*positions, unit], [feature], x, _index(*positions, feature), weight, _index(unit, feature))
    if bias is None:
        return y
    return b.pointwise("bias", lambda v, shift: v + shift, y, bias, axes=(None, (y.type.rank - 1,)))


def dense_gradient(
    b: Builder, label: str, gradient: Value, x: Value, weight: Value, bias: Value | None
) -> tuple[Value, ...]:
    """The gradients of x, weight and, where there is one, bias."""
    positions, unit, feature = _loops(x, weight)
    there = _index(*positions, unit)
    gx = b.contract(
        f"{label}_input_gradient", [*positions, feature], [unit], gradient, there, weight, _index(unit, feature)
    )
    gw = b.contract(
        f"{label}_weight_gradient", [unit, feature], positions, gradient, there, x, _index(*positions, feature)
    )
    if bias is None:
        return gx, gw
    return gx, gw, b.reduce("bias_gradient", "sum", lambda g: g, gradient, axes=range(gradient.type.rank - 1))


def _loops(x: Value, weight: Value) -> tuple[tuple[Loop, ...], Loop, Loop]:
    """The loops over the positions of x, over the units and over the features."""
    units, features = weight.type.sample_shape
    positions = Loop("n", BATCH), *(Loop("l", length) for length in x.type.sample_shape[:-1])
    return positions, Loop("c", units), Loop("f", features)


def _index(*loops: Loop) -> list[Index]:
    return [Index.of(loop.name) for loop in loops]
