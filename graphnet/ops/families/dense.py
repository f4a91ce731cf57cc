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
    """y[n, c] = sum over f of x[n, f] * weight[c, f], plus bias[c]."""
    units, features = weight.type.sample_shape
    y = b.contract(
        label, [Loop("n", BATCH), Loop("c", units)], [Loop("f", features)],
        x, [Index.of("n"), Index.of("f")], weight, [Index.of("c"), Index.of("f")],
    )  # fmt: skip
    return y if bias is None else b.pointwise("bias", lambda v, shift: v + shift, y, bias)


def dense_gradient(
    b: Builder, label: str, gradient: Value, x: Value, weight: Value, bias: Value | None
) -> tuple[Value, ...]:
    """The gradients of x, weight and, where there is one, bias."""
    units, features = weight.type.sample_shape
    of = Index.of
    gx = b.contract(
        f"{label}_input_gradient", [Loop("n", BATCH), Loop("f", features)], [Loop("c", units)],
        gradient, [of("n"), of("c")], weight, [of("c"), of("f")],
    )  # fmt: skip
    gw = b.contract(
        f"{label}_weight_gradient", [Loop("c", units), Loop("f", features)], [Loop("n", BATCH)],
        gradient, [of("n"), of("c")], x, [of("n"), of("f")],
    )  # fmt: skip
    if bias is None:
        return gx, gw
    return gx, gw, b.reduce("bias_gradient", "sum", lambda g: g, gradient, axes=(0,))
