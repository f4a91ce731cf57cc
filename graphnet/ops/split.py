"""split: one of the parts that an axis is cut into."""

from __future__ import annotations

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator, operator
from graphnet.ops.families.attributes import Extents, Positive, Whole, require_axis
from graphnet.ops.families.regions import Region


@operator("split", primary="parts", category="movement")
class Split(Operator):
    """One of the parts that an axis is cut into, equal ones or parts of given sizes.

    A value is one tensor, so each part has an entry of its own, which says its `index`.

    Gradient: gy in its part, and zeros in the others.

    Example:
        `- {split: {parts: 2, index: 1}, from: both, name: right}`, or the last of unequal parts:
        `- split: {sizes: [3, 5], index: -1}`

    Attributes:
        index: which part, from 0; negative ones count from the end.
        parts: the number of equal parts.
        sizes: the sizes of the parts, instead of their number.
        axis: 1, the channels or features, by default; negative ones count from the end.
    """

    index: Whole
    parts: Positive | None = None
    sizes: Extents | None = None
    axis: Whole = 1

    def _sizes(self, x: TensorType) -> tuple[int, ...]:
        """The sizes of all parts.

        Raises:
            AttributeProblem: they are not those of the axis.
        """
        extent = int(x.shape[require_axis(x, self.axis)])
        if (self.parts is None) == (self.sizes is None):
            raise AttributeProblem(
                "needs either the number of parts or their sizes", code="value", attribute="parts",
                expected="`parts` or `sizes`", found="neither" if self.parts is None else "both",
            )  # fmt: skip
        if self.parts is not None and extent % self.parts:
            raise AttributeProblem(
                f"cannot cut axis {self.axis} of {{operand}} into {self.parts} equal parts", attribute="parts",
                code="value", expected=f"a number that divides {extent}", found=f"parts: {self.parts}",
                hint="`sizes` cuts it into unequal parts",
            )  # fmt: skip
        sizes = self.sizes or (extent // (self.parts or 1),) * (self.parts or 1)
        if sum(sizes) != extent:
            raise AttributeProblem(
                f"cannot cut axis {self.axis} of {{operand}} so", attribute="sizes", code="value",
                expected=f"sizes with the sum {extent}", found=f"sizes: {list(sizes)}, with the sum {sum(sizes)}",
            )  # fmt: skip
        if not -len(sizes) <= self.index < len(sizes):
            raise AttributeProblem(
                f"has no part {self.index}", attribute="index", code="value",
                expected=f"a number from {-len(sizes)} to {len(sizes) - 1}", found=f"index: {self.index}",
            )  # fmt: skip
        return sizes

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        (x,) = operands
        axis, size = require_axis(x, self.axis), self._sizes(x)[self.index]
        return (TensorType((*x.shape[:axis], size, *x.shape[axis + 1 :]), x.dtype),)

    def _region(self, x: TensorType) -> Region:
        sizes = self._sizes(x)
        return Region({require_axis(x, self.axis): sum(sizes[: self.index % len(sizes)])})

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        return self._region(x.type).cut(b, "split", x, self.infer(x.type)[0])

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        x = inputs[0].type
        return (self._region(x).put(b, "split_gradient", gradient, x),)
