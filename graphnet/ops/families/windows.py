"""Windows that slide over the height and width of feature maps: what convolution and pooling have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import BATCH, TensorType
from graphnet.ir.comprehension import Index, Loop, window, windows_over

Pair = tuple[int, int]
_AXES = ("height", "width")


@dataclass(frozen=True)
class Windows:
    """The geometry of two-dimensional windows.

    Attributes:
        kernel_size: taps vertically and horizontally.
        stride: steps between windows.
        padding: rows before and after, columns before and after.
        dilation: steps between taps.
        ceil_mode: whether a last window may stick out at the end, if it starts inside or in the padding before.
    """

    kernel_size: Pair
    stride: Pair
    padding: tuple[Pair, Pair] = ((0, 0), (0, 0))
    dilation: Pair = (1, 1)
    ceil_mode: bool = False

    def extents(self, size: Sequence[int]) -> Pair:
        """How many windows there are, vertically and horizontally.

        Raises:
            AttributeProblem: not even one fits.
        """
        height, width = (self._extent(axis, extent) for axis, extent in enumerate(size))
        return height, width

    def span(self, axis: int) -> int:
        """Distance from the first to the last tap, both included."""
        return self.dilation[axis] * (self.kernel_size[axis] - 1) + 1

    def _extent(self, axis: int, extent: int) -> int:
        """(extent + padding - span) / stride + 1, rounded down; in ceil mode up, as PyTorch does."""
        span, padding, stride = self.span(axis), self.padding[axis], self.stride[axis]
        free = extent + sum(padding) - span
        count = (-(-free // stride) if self.ceil_mode else free // stride) + 1
        if self.ceil_mode and (count - 1) * stride >= extent + padding[0]:
            count -= 1  # the last window would start behind the last element
        if count > 0:
            return count
        name = _AXES[axis]
        raise AttributeProblem(
            f"its window of {span} does not fit the {name} of {{operand}}",
            expected=f"{name} + padding of at least {span}",
            found=f"{name} {extent}" + (f" + padding {sum(padding)}" if sum(padding) else ""),
            hint="a smaller kernel_size, more padding, or fewer strides before it",
            attribute="kernel_size",
            code="window",
        )

    def unread(self, size: Sequence[int]) -> tuple[str, ...]:
        """Warnings of rows and columns at the end that no window reads, beyond what a stride skips between windows."""
        found = []
        for axis, extent in enumerate(size):
            last = (self._extent(axis, extent) - 1) * self.stride[axis] + self.span(axis) - self.padding[axis][0]
            if extent - last > max(0, self.stride[axis] - self.span(axis)):
                found.append(
                    f"stride {self.stride[axis]} leaves {extent - last} of {_AXES[axis]} {extent} unread "
                    f"(kernel {self.kernel_size[axis]})"
                )
        return tuple(found)

    @property
    def taps(self) -> tuple[Loop, Loop]:
        """The loops over a window: i rows, j columns."""
        return Loop("i", self.kernel_size[0]), Loop("j", self.kernel_size[1])

    @property
    def reads(self) -> tuple[Index, Index]:
        """Where tap (i, j) of the window (h, w) reads."""
        return (
            window("h", "i", self.stride[0], self.dilation[0], self.padding[0][0]),
            window("w", "j", self.stride[1], self.dilation[1], self.padding[1][0]),
        )

    @property
    def readers(self) -> tuple[Index, Index]:
        """Which window reads the element (h, w) with its tap (i, j)."""
        return (
            windows_over("h", "i", self.stride[0], self.dilation[0], self.padding[0][0]),
            windows_over("w", "j", self.stride[1], self.dilation[1], self.padding[1][0]),
        )


def feature_map_loops(type: TensorType) -> tuple[Loop, Loop, Loop, Loop]:
    """The loops n, c, h, w over a value of type (N, C, H, W)."""
    channels, height, width = type.sample_shape
    return Loop("n", BATCH), Loop("c", channels), Loop("h", height), Loop("w", width)
