"""max: the largest element along axes."""

from __future__ import annotations

from graphnet.ir.builder import Builder
from graphnet.ir.expression import equal, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Axes, Flag
from graphnet.ops.families.axis_folding import AxisFolding


@operator("max", primary="axis", category="reduction")
class Max(AxisFolding):
    """y = max of x along axes of each sample.

    Gradient: gx = gy / K where x = y, else 0; the K elements that are the largest share it, as in PyTorch's `amax`.

    Example:
        `- max: -1`, `- max: {axis: [2, 3], keepdim: true}`, or `- max` of all elements of a sample

    Attributes:
        axis: one or several axes; all but the batch axis by default. Negative ones count from the end.
        keepdim: whether they stay, as axes of length 1.
    """

    fold = "max"

    axis: Axes | None = None
    keepdim: Flag = False

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x,) = inputs
        gy, y = (self.without_unit_axes(b, value, x.type) for value in (gradient, outputs[0]))
        winners = b.reduce(
            "winners", "sum", lambda v, y: where(equal(v, y), 1, 0), x, y,
            axes=self.axes(x.type), operand_axes=(None, self.kept(x.type)),
        )  # fmt: skip
        share = b.pointwise("share", lambda gy, k: gy / k, gy, winners)
        return (self.spread(b, lambda v, y, share: where(equal(v, y), share, 0), x.type, x, y, share),)
