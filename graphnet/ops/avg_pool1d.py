"""avg_pool1d: the mean of each window of a sequence."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativeSingle, PositiveSingle
from graphnet.ops.families.pooling import SlidingAvgPooling


@operator("avg_pool1d", primary="kernel_size", category="pooling")
class AvgPool1d(SlidingAvgPooling):
    """y[n, c, w] = sum over j of x[n, c, w * stride + j - padding] / count.

    `count` is the number of elements of the window, zeros of the padding included or not; elements beyond the
    padding, which windows reach in ceil mode, never count.

    Gradient: gx[n, c, a] = sum of gy / count over the windows that read a.

    Example:
        `- avg_pool1d: 2` or `- avg_pool1d: {kernel_size: 3, stride: 2, padding: 1, count_include_pad: false}`

    Attributes:
        kernel_size: length of a window.
        stride: step between windows; `kernel_size` by default.
        padding: zeros on each side, at most half a window.
        ceil_mode: whether a last window may stick out at the end.
        count_include_pad: whether zeros of the padding count.
    """

    rank = 1

    kernel_size: PositiveSingle
    stride: PositiveSingle | None = None
    padding: NonNegativeSingle = (0,)
    ceil_mode: Flag = False
    count_include_pad: Flag = True
