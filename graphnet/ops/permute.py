"""permute: axes in another order."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Axes


@operator("permute", primary="dims", category="movement")
class Permute(Operator):
    """Axis k of y is axis dims[k] of x.

    Gradient: gy with its axes in the order of x.

    Example:
        `- permute: [2, 3, 1]` makes (N, H, W, C) of (N, C, H, W).

    Attributes:
        dims: the axes of x from 1 on, in the order of y; the batch axis, 0, stays first and need not be mentioned.
            Negative ones count from the end.
    """

    dims: Axes

    def _order(self, x: TensorType) -> tuple[int, ...]:
        """The axis of x for each axis of y.

        Raises:
            AttributeProblem: that is no order of its axes.
        """
        axes = [axis + x.rank if axis < 0 else axis for axis in self.dims]
        if x.is_batched and axes[:1] != [0]:
            axes = [0, *axes]
        if sorted(axes) != list(range(x.rank)):
            first = 1 if x.is_batched else 0
            raise AttributeProblem(
                "cannot order the axes of {operand} so", attribute="dims", code="axis",
                expected=f"each axis from {first} to {x.rank - 1} once" if x.rank > 2 else "a value with more axes",
                found=f"dims: {list(self.dims)} for {x}",
                hint="the batch axis stays first" if 0 in axes[1:] else None,
            )  # fmt: skip
        return tuple(axes)

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        return (TensorType(tuple(x.shape[axis] for axis in self._order(x)), x.dtype),)

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return _permuted(b, "permute", x, self._order(x.type))

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        order = self._order(inputs[0].type)
        return (_permuted(b, "permute_gradient", gradient, tuple(order.index(axis) for axis in range(len(order)))),)


def _permuted(b: Builder, label: str, x: Value, order: tuple[int, ...]) -> Value:
    loops = axis_loops([x.type.shape[axis] for axis in order])
    return b.move(label, loops, (x, [Index.of(loops[order.index(axis)].name) for axis in range(len(order))]))
