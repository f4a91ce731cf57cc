"""max_pool2d: the largest element of each window."""

from __future__ import annotations

from graphnet.core.types import DType, TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Coordinate, Expression, Load, equal, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import operator
from graphnet.ops.families.attributes import Flag, NonNegativePair, PositivePair
from graphnet.ops.families.pooling import Pooling
from graphnet.ops.families.windows import Windows, feature_map_loops

_UINT8_TAPS = 255


@operator("max_pool2d", primary="kernel_size", category="pooling")
class MaxPool2d(Pooling):
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

    def windows(self) -> Windows:
        rows, columns = self.padding
        stride = self.stride or self.kernel_size
        return Windows(self.kernel_size, stride, ((rows, rows), (columns, columns)), self.dilation, self.ceil_mode)

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        y = self.pooled(operands[0])
        dtype: DType = "uint8" if product(self.kernel_size) <= _UINT8_TAPS else "int32"
        return y, TensorType(y.shape, dtype)

    def _tap(self) -> Expression:
        """The number of tap (i, j)."""
        return Coordinate("i") * self.kernel_size[1] + Coordinate("j")

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        y, tap = self.infer(inputs[0].type)
        windows = self.windows()
        read = inputs[0], (Index.of("n"), Index.of("c"), *windows.reads)
        largest = Result(Load(0), "max")
        winner = Result(Load(0), "argmax", self._tap(), tap.dtype)
        return b.fold("max_pool2d", feature_map_loops(y), windows.taps, [read], largest, winner)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        windows = self.windows()
        at = (Index.of("n"), Index.of("c"), *windows.readers)
        share = Result(where(equal(Load(0), self._tap()), Load(1), 0), "sum")
        reads = [(outputs[1], at), (gradient, at)]
        return b.fold("max_pool2d_gradient", feature_map_loops(inputs[0].type), windows.taps, reads, share)
