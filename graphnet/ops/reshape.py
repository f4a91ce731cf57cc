"""reshape: the same elements under another shape."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Axes


@operator("reshape", primary="shape", category="movement")
class Reshape(Operator):
    """The elements of each sample, in row-major order, under another shape.

    Gradient: gy under the shape of x. Neither direction computes anything.

    Example:
        `- reshape: [4, 2, -1]`

    Attributes:
        shape: of each sample, without the batch axis; one extent may be -1, and gets what the others leave.
    """

    shape: Axes

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        known = product(extent for extent in self.shape if extent != -1)
        is_open = self.shape.count(-1) == 1
        if known < 1 or (x.size % known if is_open else x.size != known) or min(self.shape) < -1:
            raise AttributeProblem(
                "cannot give {operand} this shape", attribute="shape", code="shape",
                expected=f"extents that make {x.size} elements a sample, of which one may be -1",
                found=f"{list(self.shape)} for {x}",
            )  # fmt: skip
        extents = tuple(x.size // known if extent == -1 else extent for extent in self.shape)
        return (TensorType((*x.shape[: x.rank - len(x.sample_shape)], *extents), x.dtype),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        return b.reshape(inputs[0], self.infer(inputs[0].type)[0].shape)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        return (b.reshape(gradient, inputs[0].type.shape, "reshape_gradient"),)
