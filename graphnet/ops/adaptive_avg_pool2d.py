"""adaptive_avg_pool2d: means of windows, as many as are asked for."""

from __future__ import annotations

from collections.abc import Sequence

from graphnet.core.types import TensorType
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import PositiveOrNonePair
from graphnet.ops.families.pooling import Adaptive, AvgPooling


@operator("adaptive_avg_pool2d", primary="output_size", category="pooling")
class AdaptiveAvgPool2d(Adaptive, AvgPooling):
    """y[n, c, h, w] = mean of x[n, c, a, b] over a window of rows a and columns b.

    For `output_size` P of a height H, the rows of window h go from floor(h * H / P) to ceil((h + 1) * H / P), the end
    not included; columns alike. Windows overlap where P does not divide H.

    Gradient: gx[n, c, a, b] = sum of gy / count over the windows that read (a, b).

    Example:
        `- adaptive_avg_pool2d: 7` or `- adaptive_avg_pool2d: [1, null]`

    Source: PyTorch's AdaptiveAvgPool2d, with which a classifier takes images of any size.

    Attributes:
        output_size: height and width of y; null keeps that of x.
    """

    output_size: PositiveOrNonePair

    def counts(self, operand: TensorType) -> Sequence[Sequence[int]]:
        windows = self.windows_over(operand)
        return [windows.elements(axis) for axis in range(windows.rank)]
