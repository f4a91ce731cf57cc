"""concat: values one after the other."""

from __future__ import annotations

from itertools import accumulate

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Whole, require_axis, require_floats
from graphnet.ops.families.regions import Region


@operator("concat", arity=None, primary="axis", category="movement")
class Concat(Operator):
    """The operands one after the other along an axis; their other axes are equal.

    Gradient: for each operand its part of gy.

    Example:
        `- {concat, from: [skip, upsample]}`, or with branches, of which the empty one is the value before:
        `- concat: [{conv2d: {out_channels: 16, kernel_size: 1}}, []]`

    Attributes:
        axis: where they follow each other: 1, the channels or features, by default; negative counts from the end.
    """

    axis: Whole = 1

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        for operand in operands:
            require_floats(operand)
        first = operands[0]
        axis = require_axis(first, self.axis)
        around = {(*t.shape[:axis], "*", *t.shape[axis + 1 :]) for t in operands}
        if len({t.rank for t in operands}) > 1 or len(around) > 1:
            raise AttributeProblem(
                "cannot join {operand}", expected=f"equal shapes, apart from axis {axis}",
                found=" and ".join(map(str, operands)),
            )  # fmt: skip
        total = sum(int(t.shape[axis]) for t in operands)
        return (TensorType((*first.shape[:axis], total, *first.shape[axis + 1 :])),)

    def _regions(self, inputs: tuple[Value, ...]) -> list[Region]:
        """Where each operand lies in y."""
        axis = require_axis(inputs[0].type, self.axis)
        starts = accumulate((int(v.type.shape[axis]) for v in inputs[:-1]), initial=0)
        return [Region({axis: start}) for start in starts]

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (y,) = self.infer(*(v.type for v in inputs))
        loops = axis_loops(y.shape)
        regions = zip(inputs, self._regions(inputs), strict=True)
        return b.move("concat", loops, *((value, region.readers(loops)) for value, region in regions))

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        regions = zip(inputs, self._regions(inputs), strict=True)
        return tuple(region.cut(b, "concat_gradient", gradient, value.type) for value, region in regions)
