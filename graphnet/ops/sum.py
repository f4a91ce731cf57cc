"""sum: elements added up along axes."""

from __future__ import annotations

from graphnet.ir.builder import Builder
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Axes, Flag
from graphnet.ops.families.axis_folding import AxisFolding


@operator("sum", primary="axis", category="reduction")
class Sum(AxisFolding):
    """y = sum of x along axes of each sample.

    Gradient: gx = gy, for each element of the sum.

    Example:
        `- sum: -1`, `- sum: {axis: [2, 3], keepdim: true}`, or `- sum` of all elements of a sample

    Attributes:
        axis: one or several axes; all but the batch axis by default. Negative ones count from the end.
        keepdim: whether they stay, as axes of length 1.
    """

    fold = "sum"

    axis: Axes | None = None
    keepdim: Flag = False

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x,) = inputs
        return (self.spread(b, lambda gy: gy, x.type, self.without_unit_axes(b, gradient, x.type)),)
