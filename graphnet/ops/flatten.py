"""flatten: feature maps as one row of features."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Whole, require_axis


@operator("flatten", category="movement")
class Flatten(Operator):
    """(N, C, H, W) becomes (N, C * H * W), in row-major order.

    Gradient: gy under the shape of x. Neither direction computes anything.

    Example:
        `- flatten`

    Attributes:
        start_dim: first of the axes that become one; the batch axis cannot.
        end_dim: last of them; -1 is the last axis.
    """

    start_dim: Whole = 1
    end_dim: Whole = -1

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        first, last = require_axis(x, self.start_dim, "start_dim"), require_axis(x, self.end_dim, "end_dim")
        if last < first:
            raise AttributeProblem(
                "cannot flatten backwards", attribute="end_dim", code="axis", expected="start_dim before end_dim",
                found=f"axes {first} to {last} of {x}",
            )  # fmt: skip
        merged = product(int(extent) for extent in x.shape[first : last + 1])
        return (TensorType((*x.shape[:first], merged, *x.shape[last + 1 :]), x.dtype),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return b.reshape(inputs[0], self.infer(inputs[0].type)[0].shape, "flatten")

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        return (b.reshape(gradient, inputs[0].type.shape, "unflatten"),)
