"""max_pool1d: the largest element of each window of a sequence."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativeSingle, PositiveSingle
from graphnet.ops.families.pooling import MaxPooling, Sliding


@operator("max_pool1d", primary="kernel_size", category="pooling")
class MaxPool1d(Sliding, MaxPooling):
    """y[n, c, w] = max over j of x[n, c, w * stride + j * dilation - padding]; padding is never the largest.

    Gradient: gx[n, c, a] = sum of gy over the windows in which a is the largest, the first of equals. The winning tap
    is kept as a small whole number, so that neither x nor y is needed.

    Example:
        `- max_pool1d: 2` or `- max_pool1d: {kernel_size: 3, stride: 2, padding: 1}`

    Attributes:
        kernel_size: length of a window.
        stride: step between windows; `kernel_size` by default.
        padding: empty positions on each side, at most half a window.
        dilation: step between the taps of a window.
        ceil_mode: whether a last window may stick out at the end.
    """

    rank = 1

    kernel_size: PositiveSingle
    stride: PositiveSingle | None = None
    padding: NonNegativeSingle = (0,)
    dilation: PositiveSingle = (1,)
    ceil_mode: Flag = False
