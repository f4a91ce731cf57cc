"""Windows that slide over maps of one, two or three dimensions: what convolution and pooling have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import BATCH, TensorType
from graphnet.ir.comprehension import Index, Loop, window, windows_over

Pair = tuple[int, int]
Extents = tuple[int, ...]
_AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
_POSITIONS = "dhw"
_TAPS = "kij"


@dataclass(frozen=True)
class Windows:
    """The geometry of windows of one, two or three dimensions; of all fields, those of the last axis come last.

    Attributes:
        kernel_size: taps along each axis.
        stride: steps between windows.
        padding: positions before and after each axis; none by default.
        dilation: steps between taps; 1 by default.
        ceil_mode: whether a last window may stick out at the end, if it starts inside or in the padding before.
    """

    kernel_size: Extents
    stride: Extents
    padding: tuple[Pair, ...] = ()
    dilation: Extents = ()
    ceil_mode: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "padding", self.padding or ((0, 0),) * self.rank)
        object.__setattr__(self, "dilation", self.dilation or (1,) * self.rank)

    @property
    def rank(self) -> int:
        """The number of axes that windows slide along."""
        return len(self.kernel_size)

    @property
    def axis_names(self) -> tuple[str, ...]:
        """What these axes are called."""
        return _AXES[self.rank]

    def extents(self, size: Sequence[int]) -> Extents:
        """How many windows there are along each axis.

        Raises:
            AttributeProblem: not even one fits.
        """
        return tuple(self._extent(axis, extent) for axis, extent in enumerate(size))

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
        name = self.axis_names[axis]
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
                    f"stride {self.stride[axis]} leaves {extent - last} of {self.axis_names[axis]} {extent} unread "
                    f"(kernel {self.kernel_size[axis]})"
                )
        return tuple(found)

    @property
    def taps(self) -> tuple[Loop, ...]:
        """The loops over a window: i rows, j columns."""
        return tuple(Loop(tap, extent) for tap, extent in zip(self._tap_names, self.kernel_size, strict=True))

    @property
    def reads(self) -> tuple[Index, ...]:
        """Where tap (i, j) of the window (h, w) reads."""
        return tuple(window(*geometry) for geometry in self._geometry)

    @property
    def readers(self) -> tuple[Index, ...]:
        """Which window reads the element (h, w) with its tap (i, j)."""
        return tuple(windows_over(*geometry) for geometry in self._geometry)

    @property
    def _tap_names(self) -> str:
        return _TAPS[-self.rank :]

    @property
    def _geometry(self) -> list[tuple[str, str, int, int, int]]:
        before = (first for first, _ in self.padding)
        positions = _POSITIONS[-self.rank :]
        return list(zip(positions, self._tap_names, self.stride, self.dilation, before, strict=True))


def feature_map_loops(type: TensorType) -> tuple[Loop, ...]:
    """The loops n, c, h, w over a value of type (N, C, H, W), or n, c, w, or n, c, d, h, w, by its rank."""
    channels, *size = type.sample_shape
    positions = zip(_POSITIONS[-len(size) :], size, strict=True)
    return Loop("n", BATCH), Loop("c", channels), *(Loop(name, extent) for name, extent in positions)
