"""slice: a range of positions along an axis."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Positive, Whole, require_axis
from graphnet.ops.families.regions import Region


@operator("slice", category="movement")
class Slice(Operator):
    """y = x[start:stop:step] along an axis, as Python writes it.

    Gradient: gy at these positions, and zeros elsewhere.

    Example:
        `- slice: {start: 1, stop: -1}`, or every other row: `- slice: {axis: 2, step: 2}`

    Attributes:
        axis: 1, the channels or features, by default; negative ones count from the end.
        start: the first position; negative ones count from the end.
        stop: the position behind the last, which may be the axis's length; negative ones count from the end. By default
            everything to the end.
        step: from one position to the next.
    """

    axis: Whole = 1
    start: Whole = 0
    stop: Whole | None = None
    step: Positive = 1

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        axis = require_axis(x, self.axis)
        extent = int(x.shape[axis])
        start = self._position("start", self.start, extent)
        stop = extent if self.stop is None else self._position("stop", self.stop, extent)
        count = len(range(start, stop, self.step))
        if count == 0:
            raise AttributeProblem(
                "leaves nothing of {operand}", attribute="start" if self.stop is None else "stop", code="value",
                expected=f"a start before the stop, along an axis of {extent}", found=f"start {start}, stop {stop}",
            )  # fmt: skip
        return (TensorType((*x.shape[:axis], count, *x.shape[axis + 1 :]), x.dtype),)

    def _position(self, attribute: str, value: int, extent: int) -> int:
        found = value + extent if value < 0 else value
        if 0 <= found <= extent:
            return found
        raise AttributeProblem(
            f"has no position {value} along axis {self.axis} of {{operand}}", attribute=attribute, code="value",
            expected=f"a number from {-extent} to {extent}", found=f"{attribute}: {value}",
        )  # fmt: skip

    def _region(self, x: TensorType) -> Region:
        axis = require_axis(x, self.axis)
        return Region({axis: self._position("start", self.start, int(x.shape[axis]))}, {axis: self.step})

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return self._region(x.type).cut(b, "slice", x, self.infer(x.type)[0])

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x = inputs[0].type
        return (self._region(x).put(b, "slice_gradient", gradient, x),)
