"""linear: a fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.types import BATCH, TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop
from graphnet.ir.graph import Initializer, ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Positive, require_rank


@operator("linear", primary="out_features", category="contraction")
class Linear(Operator):
    """y = x W^T + b, for x of shape (N, in) and W of shape (out, in).

    Gradient: gx = gy W, gW = gy^T x, gb = sum of gy over N.

    Example:
        `- linear: 10` or `- linear: {out_features: 10, bias: false}`

    Attributes:
        out_features: number of units.
        bias: whether b is added.

    Parameters: `weight` (out, in) and `bias` (out), uniform in +-1/sqrt(in) at first, as PyTorch's.
    """

    out_features: Positive
    bias: bool = True

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        require_rank(operands[0], 2, "N, features")
        return (TensorType.batched(self.out_features),)

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        (fan_in,) = operands[0].sample_shape
        init = Initializer("kaiming_uniform", {"a": 5**0.5})
        found = {"weight": ParameterSpec((self.out_features, fan_in), init, fan_in=fan_in, fan_out=self.out_features)}
        if self.bias:
            bound = Initializer("uniform", {"low": -(fan_in**-0.5), "high": fan_in**-0.5})
            found["bias"] = ParameterSpec((self.out_features,), bound, fan_in=fan_in)
        return found

    def macs(self, *operands: TensorType) -> int:
        return operands[0].size * self.out_features

    def _contract(self, b: Builder, x: Value, weight: Value) -> Value:
        units, features = weight.type.sample_shape
        return b.contract(
            "linear", [Loop("n", BATCH), Loop("c", units)], [Loop("f", features)],
            x, [Index.of("n"), Index.of("f")], weight, [Index.of("c"), Index.of("f")],
        )  # fmt: skip

    def lower(self, b: Builder, *inputs: Value) -> Value:
        y = self._contract(b, *inputs[:2])
        return b.pointwise("bias", lambda v, bias: v + bias, y, inputs[2]) if self.bias else y

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, weight = inputs[:2]
        units, features = weight.type.sample_shape
        of = Index.of
        gx = b.contract(
            "linear_input_gradient", [Loop("n", BATCH), Loop("f", features)], [Loop("c", units)],
            gradient, [of("n"), of("c")], weight, [of("c"), of("f")],
        )  # fmt: skip
        gw = b.contract(
            "linear_weight_gradient", [Loop("c", units), Loop("f", features)], [Loop("n", BATCH)],
            gradient, [of("n"), of("c")], x, [of("n"), of("f")],
        )  # fmt: skip
        if not self.bias:
            return gx, gw
        return gx, gw, b.reduce("bias_gradient", "sum", lambda g: g, gradient, axes=(0,))
