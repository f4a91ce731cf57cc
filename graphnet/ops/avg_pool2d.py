"""avg_pool2d: the mean of each window."""

from __future__ import annotations

import numpy as np

from graphnet.core.types import TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Load
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativePair, PositivePair
from graphnet.ops.families.pooling import Pooling
from graphnet.ops.families.windows import Windows, feature_map_loops


@operator("avg_pool2d", primary="kernel_size", category="pooling")
class AvgPool2d(Pooling):
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

    def windows(self) -> Windows:
        rows, columns = self.padding
        stride = self.stride or self.kernel_size
        return Windows(self.kernel_size, stride, ((rows, rows), (columns, columns)), ceil_mode=self.ceil_mode)

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        return (self.pooled(operands[0]),)

    def _counts(self, axis: int, extent: int, windows: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """How many elements each window counts along an axis."""
        padding, kernel, stride = self.padding[axis], self.kernel_size[axis], (self.stride or self.kernel_size)[axis]
        start = np.arange(windows) * stride - padding
        low, high = (-padding, extent + padding) if self.count_include_pad else (0, extent)
        return (np.minimum(start + kernel, high) - np.maximum(start, low)).astype(np.float64)

    def _divide(self, b: Builder, value: Value, size: tuple[int, ...]) -> Value:
        """Divide each window's element by its count: a number, or a table where the count varies."""
        windows = value.type.sample_shape[1:]
        rows, columns = (self._counts(k, e, n) for k, (e, n) in enumerate(zip(size, windows, strict=True)))
        counts = np.outer(rows, columns)
        if (counts == product(self.kernel_size)).all():
            return b.pointwise("mean", lambda total: total * (1 / product(self.kernel_size)), value)
        table = b.constant(1 / counts, "inverse_counts")
        return b.pointwise("mean", lambda total, inverse: total * inverse, value, table, axes=(None, (2, 3)))

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (y,) = self.infer(inputs[0].type)
        windows = self.windows()
        read = inputs[0], (Index.of("n"), Index.of("c"), *windows.reads)
        (total,) = b.fold("avg_pool2d", feature_map_loops(y), windows.taps, [read], Result(Load(0), "sum"))
        return self._divide(b, total, inputs[0].type.sample_shape[1:])

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        windows, x = self.windows(), inputs[0].type
        read = self._divide(b, gradient, x.sample_shape[1:]), (Index.of("n"), Index.of("c"), *windows.readers)
        return b.fold("avg_pool2d_gradient", feature_map_loops(x), windows.taps, [read], Result(Load(0), "sum"))
