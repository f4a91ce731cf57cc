"""What the pooling operators have in common: their windows, and what they make of the elements of each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any, ClassVar

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import DType, TensorType, product
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import Load, equal, where
from graphnet.ir.graph import Value
from graphnet.ir.operator import Operator
from graphnet.ops.families.windows import AdaptiveWindows, Geometry, Windows, feature_map_loops, require_map

_UINT8_TAPS = 255


class Pooling(Operator):
    """An operator that makes one element of each window of each channel.

    Class attributes:
        rank: the number of axes that windows slide along.
    """

    rank: ClassVar[int] = 2

    def windows_over(self, operand: TensorType) -> Geometry:
        """The geometry for an operand of (N, C, positions).

        Raises:
            AttributeProblem: the attributes do not fit it.
        """
        raise NotImplementedError

    def pooled(self, operand: TensorType) -> TensorType:
        """The type (N, C, windows vertically, windows horizontally).

        Raises:
            AttributeProblem: the operand has another rank, or windows do not fit it.
        """
        require_map(operand, self.rank)
        channels, *size = operand.sample_shape
        return TensorType.batched(channels, *self.windows_over(operand).extents(size))


class Sliding(Pooling):
    """Pooling with windows of one size, at equal distances, as PyTorch describes them."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...] | None
    padding: tuple[int, ...]
    dilation: tuple[int, ...] = ()
    ceil_mode: bool

    def windows(self) -> Windows:
        """The geometry that the attributes describe."""
        padding = tuple((positions, positions) for positions in self.padding)
        return Windows(self.kernel_size, self.stride or self.kernel_size, padding, self.dilation, self.ceil_mode)

    def windows_over(self, operand: TensorType) -> Windows:
        windows = self.windows()
        for axis, padding in enumerate(self.padding):
            span = windows.span(axis)
            if 2 * padding > span:  # a window could lie in the padding alone
                raise AttributeProblem(
                    "cannot pad by more than half a window", attribute="padding", code="value",
                    expected=f"padding of at most {span // 2}", found=f"padding {padding} for a window of {span}",
                )  # fmt: skip
        return windows

    def warnings(self, *operands: TensorType) -> tuple[str, ...]:
        return self.windows().unread(operands[0].sample_shape[1:])


class Adaptive(Pooling):
    """Pooling with as many windows as are asked for, whatever the size of the operand."""

    output_size: tuple[int | None, ...]

    def windows_over(self, operand: TensorType) -> AdaptiveWindows:
        size = operand.sample_shape[1:]
        asked = zip(self.output_size, size, strict=True)
        return AdaptiveWindows(size, tuple(extent if count is None else count for count, extent in asked))


class MaxPooling(Pooling):
    """The largest element of each window; the number of its tap is kept."""

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        y = self.pooled(operands[0])
        taps = product(self.windows_over(operands[0]).kernel_size)
        return y, TensorType(y.shape, tap_type(taps))

    def lower(self, b: Builder, *inputs: Value) -> tuple[Value, ...]:
        (x,) = inputs
        y, tap = self.infer(x.type)
        windows = self.windows_over(x.type)
        read = x, (Index.of("n"), Index.of("c"), *windows.reads)
        largest = Result(Load(0), "max")
        winner = Result(Load(0), "argmax", windows.tap_number, tap.dtype)
        return b.fold(self.name, feature_map_loops(y), windows.taps, [read], largest, winner)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x,) = inputs
        windows = self.windows_over(x.type)
        at = (Index.of("n"), Index.of("c"), *windows.readers)
        share = Result(where(equal(Load(0), windows.tap_number), Load(1), 0), "sum")
        reads = [(outputs[1], at), (gradient, at)]
        return b.fold(f"{self.name}_gradient", feature_map_loops(x.type), windows.taps, reads, share)


class AvgPooling(Pooling):
    """The sum of each window, divided by a count."""

    def counts(self, operand: TensorType) -> Sequence[Sequence[int]]:
        """How many elements each window counts, along each axis."""
        raise NotImplementedError

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        return (self.pooled(operands[0]),)

    def _is_identity(self, operand: TensorType) -> bool:
        """Whether every element is a window of its own."""
        return product(self.windows_over(operand).kernel_size) == 1 and self.pooled(operand) == operand

    def _divide(self, b: Builder, value: Value, operand: TensorType) -> Value:
        """Divide each window's element by its count: a number, or a table where the count varies."""
        counts: np.ndarray[Any, Any] = reduce(np.multiply.outer, map(np.array, self.counts(operand)))
        share = 1 / counts.flat[0]
        if (counts == counts.flat[0]).all():
            return b.pointwise("mean", lambda total: total * share, value)
        table, positions = b.constant(1 / counts, "inverse_counts"), range(2, 2 + self.rank)
        return b.pointwise("mean", lambda total, inverse: total * inverse, value, table, axes=(None, positions))

    def lower(self, b: Builder, *inputs: Value) -> Value:
        (x,) = inputs
        if self._is_identity(x.type):
            return x
        (y,) = self.infer(x.type)
        windows = self.windows_over(x.type)
        read = x, (Index.of("n"), Index.of("c"), *windows.reads)
        (total,) = b.fold(self.name, feature_map_loops(y), windows.taps, [read], Result(Load(0), "sum"))
        return self._divide(b, total, x.type)

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        (x,) = inputs
        if self._is_identity(x.type):
            return (gradient,)
        windows = self.windows_over(x.type)
        read = self._divide(b, gradient, x.type), (Index.of("n"), Index.of("c"), *windows.readers)
        loops = feature_map_loops(x.type)
        return b.fold(f"{self.name}_gradient", loops, windows.taps, [read], Result(Load(0), "sum"))


class SlidingAvgPooling(Sliding, AvgPooling):
    """The mean of each window, in which the zeros of the padding count or not.

    Elements beyond the padding, which windows reach in ceil mode, never count.
    """

    count_include_pad: bool

    def counts(self, operand: TensorType) -> list[list[int]]:
        windows, size = self.windows(), operand.sample_shape[1:]
        found = []
        for axis, (extent, count) in enumerate(zip(size, windows.extents(size), strict=True)):
            before = self.padding[axis]
            low, high = (-before, extent + before) if self.count_include_pad else (0, extent)
            starts = [k * windows.stride[axis] - before for k in range(count)]
            found.append([min(start + windows.span(axis), high) - max(start, low) for start in starts])
        return found


def tap_type(taps: int) -> DType:
    """The element type that holds the numbers of taps: small ones fit a byte."""
    return "uint8" if taps <= _UINT8_TAPS else "int32"
