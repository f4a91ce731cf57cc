"""adaptive_max_pool2d: the largest elements of windows, as many as are asked for."""

from __future__ import annotations

from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import PositiveOrNonePair
from graphnet.ops.families.pooling import Adaptive, MaxPooling


@operator("adaptive_max_pool2d", primary="output_size", category="pooling")
class AdaptiveMaxPool2d(Adaptive, MaxPooling):
    """y[n, c, h, w] = max of x[n, c, a, b] over a window of rows a and columns b.

    The windows are those of `adaptive_avg_pool2d`.

    Gradient: gx[n, c, a, b] = sum of gy over the windows in which (a, b) is the largest, the first of equals. Where
    that is in each window is kept.

    Example:
        `- adaptive_max_pool2d: 7` or `- adaptive_max_pool2d: [1, null]`

    Attributes:
        output_size: height and width of y; null keeps that of x.
    """

    output_size: PositiveOrNonePair
