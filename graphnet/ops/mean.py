"""mean: the average of elements along axes."""

from __future__ import annotations

from graphnet.ir.builder import Builder
from graphnet.ir.expression import Expression
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Axes, Flag
from graphnet.ops.families.axis_folding import AxisFolding


@operator("mean", primary="axis", category="reduction")
class Mean(AxisFolding):
    """y = sum of x along axes of each sample, divided by the number M of its elements.

    Gradient: gx = gy / M, for each of them.

    Example:
        `- mean: -1`, `- mean: {axis: [2, 3], keepdim: true}`, or `- mean` of all elements of a sample

    Attributes:
        axis: one or several axes; all but the batch axis by default. Negative ones count from the end.
        keepdim: whether they stay, as axes of length 1.
    """

    fold = "sum"

    axis: Axes | None = None
    keepdim: Flag = False

    def finish(self, folded: Expression, count: int) -> Expression:
        return folded * (1 / count)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x,) = inputs
        share = 1 / self.count(x.type)
        return (self.spread(b, lambda gy: gy * share, x.type, self.without_unit_axes(b, gradient, x.type)),)
