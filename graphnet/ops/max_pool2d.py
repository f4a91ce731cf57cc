"""max_pool2d: the largest element of each window."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativePair, PositivePair
from graphnet.ops.families.pooling import MaxPooling, Sliding


@operator("max_pool2d", primary="kernel_size", category="pooling")
class MaxPool2d(Sliding, MaxPooling):
    """y[n, c, h, w] = max over i, j of x[n, c, h * stride + i * dilation - padding, ...]; padding is never the largest.

    Gradient: gx[n, c, a, b] = sum of gy over the windows in which (a, b) is the largest, the first of equals. The
    winning tap is kept as a small whole number, so that neither x nor y is needed.

    Example:
        `- max_pool2d: 2` or `- max_pool2d: {kernel_size: 3, stride: 2, padding: 1}`

    Source: Ranzato, Huang, Boureau, LeCun, "Unsupervised learning of invariant feature hierarchies", 2007.

    Attributes:
        kernel_size: height and width of a window.
        stride: step between windows; `kernel_size` by default.
        padding: empty rows and columns on each side, at most half a window.
        dilation: step between the taps of a window.
        ceil_mode: whether a last window may stick out at the end.
    """

    kernel_size: PositivePair
    stride: PositivePair | None = None
    padding: NonNegativePair = (0, 0)
    dilation: PositivePair = (1, 1)
    ceil_mode: Flag = False
