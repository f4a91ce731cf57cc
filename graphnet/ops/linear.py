"""linear: a fully connected layer."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import ParameterSpec, Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Flag, Positive, require_rank
from graphnet.ops.families.dense import dense, dense_gradient, dense_parameters


@operator("linear", primary="out_features", category="contraction")
class Linear(Operator):
    """y = x W^T + b, for x of shape (N, in) and W of shape (out, in).

    A sequence (N, length, in) is mapped position by position, with the same W and b.

    Gradient: gx = gy W, gW = gy^T x, gb = sum of gy over N (and the positions).

    Example:
        `- linear: 10` or `- linear: {out_features: 10, bias: false}`

    Attributes:
        out_features: number of units.
        bias: whether b is added.

    Parameters: `weight` (out, in) and `bias` (out), uniform in +-1/sqrt(in) at first, as PyTorch's.
    """

    out_features: Positive
    bias: Flag = True

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        x = operands[0]
        require_rank(x, 3 if x.rank == 3 else 2, "N, length, features" if x.rank == 3 else "N, features")
        return (TensorType((*x.shape[:-1], self.out_features)),)

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        return dense_parameters(operands[0].sample_shape[-1], self.out_features, bias=self.bias)

    def macs(self, *operands: TensorType) -> int:
        return operands[0].size * self.out_features

    def lower(self, b: Builder, *inputs: Value) -> Value:
        x, weight, *bias = inputs
        return dense(b, "linear", x, weight, bias[0] if bias else None)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x, weight, *bias = inputs
        return dense_gradient(b, "linear", gradient, x, weight, bias[0] if bias else None)
