"""avg_pool2d: the mean of each window."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativePair, PositivePair
from graphnet.ops.families.pooling import SlidingAvgPooling


@operator("avg_pool2d", primary="kernel_size", category="pooling")
class AvgPool2d(SlidingAvgPooling):
    """y[n, c, h, w] = sum over i, j of x[n, c, h * stride + i - padding, ...] / count.

    `count` is the number of elements of the window, zeros of the padding included or not; elements beyond the
    padding, which windows reach in ceil mode, never count.

    Gradient: gx[n, c, a, b] = sum of gy / count over the windows that read (a, b).

    Example:
        `- avg_pool2d: 2` or `- avg_pool2d: {kernel_size: 3, stride: 2, padding: 1, count_include_pad: false}`

    Source: LeCun et al., "Gradient-based learning applied to document recognition", 1998.

    Attributes:
        kernel_size: height and width of a window.
        stride: step between windows; `kernel_size` by default.
        padding: zeros on each side, at most half a window.
        ceil_mode: whether a last window may stick out at the end.
        count_include_pad: whether zeros of the padding count.
    """

    kernel_size: PositivePair
    stride: PositivePair | None = None
    padding: NonNegativePair = (0, 0)
    ceil_mode: Flag = False
    count_include_pad: Flag = True
