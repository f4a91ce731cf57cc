"""concat: values one after the other."""

from __future__ import annotations

from itertools import accumulate

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder, axis_loops
from graphnet.ir.comprehension import Index
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Whole, require_axis, require_floats


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

    def _starts(self, inputs: tuple[Value, ...]) -> tuple[int, list[int]]:
        """The axis, and where each operand begins along it."""
        axis = require_axis(inputs[0].type, self.axis)
        return axis, list(accumulate((int(v.type.shape[axis]) for v in inputs[:-1]), initial=0))

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (y,) = self.infer(*(v.type for v in inputs))
        axis, starts = self._starts(inputs)
        loops = axis_loops(y.shape)

        def index(start: int) -> list[Index]:
            return [Index(((loop.name, 1),), -start if k == axis else 0) for k, loop in enumerate(loops)]

        return b.move("concat", loops, *((v, index(start)) for v, start in zip(inputs, starts, strict=True)))

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        axis, starts = self._starts(inputs)

        def part(value: Value, start: int) -> Value:
            loops = axis_loops(value.type.shape)
            index = [Index(((loop.name, 1),), start if k == axis else 0) for k, loop in enumerate(loops)]
            return b.move("concat_gradient", loops, (gradient, index))

        return tuple(part(value, start) for value, start in zip(inputs, starts, strict=True))
