"""Windows that slide over maps of one, two or three dimensions: what convolution and pooling have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import BATCH, TensorType
from graphnet.ir.comprehension import Index, Loop, window, windows_over
from graphnet.ir.expression import Coordinate, Expression
from graphnet.ops.families.attributes import require_rank

Pair = tuple[int, int]
Extents = tuple[int, ...]
_AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
_POSITIONS = "dhw"
_TAPS = "kij"


class Geometry(ABC):
    """Which elements of a map each window reads; along one, two or three axes, of which the last one comes last.

    Attributes:
        kernel_size: taps along each axis.
    """

    kernel_size: Extents

    @property
    def rank(self) -> int:
        """The number of axes that windows slide along."""
        return len(self.kernel_size)

    @abstractmethod
    def extents(self, size: Sequence[int]) -> Extents:
        """How many windows there are along each axis of a map.

        Raises:
            AttributeProblem: not even one fits.
        """

    @property
    def taps(self) -> tuple[Loop, ...]:
        """The loops over a window: i rows, j columns."""
        return tuple(Loop(tap, extent) for tap, extent in zip(self.tap_names, self.kernel_size, strict=True))

    @property
    def tap_number(self) -> Expression:
        """The number of tap (i, j) among those of its window, in row-major order."""
        number: Expression = Coordinate(self.tap_names[0])
        for tap, extent in zip(self.tap_names[1:], self.kernel_size[1:], strict=True):
            number = number * extent + Coordinate(tap)
        return number

    @property
    @abstractmethod
    def reads(self) -> tuple[Index, ...]:
        """Where tap (i, j) of the window (h, w) reads."""

    @property
    @abstractmethod
    def readers(self) -> tuple[Index, ...]:
        """Which window reads the element (h, w) with its tap (i, j)."""

    @property
    def positions(self) -> str:
        """The names of the loops over windows, and over the elements of a map."""
        return _POSITIONS[-self.rank :]

    @property
    def tap_names(self) -> str:
        return _TAPS[-self.rank :]


@dataclass(frozen=True)
class Windows(Geometry):
    """Windows of one size, at equal distances.

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
    def axis_names(self) -> tuple[str, ...]:
        """What these axes are called."""
        return _AXES[self.rank]

    @property
    def overlap(self) -> bool:
        """Whether any two windows have an element in common, along at least one axis."""
        geometry = zip(self.kernel_size, self.stride, self.dilation, strict=True)
        return any(tap * dilation % stride == 0 for taps, stride, dilation in geometry for tap in range(1, taps))

    def extents(self, size: Sequence[int]) -> Extents:
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
    def reads(self) -> tuple[Index, ...]:
        return tuple(window(*geometry) for geometry in self._along_axes)

    @property
    def readers(self) -> tuple[Index, ...]:
        return tuple(windows_over(*geometry) for geometry in self._along_axes)

    @property
    def _along_axes(self) -> list[tuple[str, str, int, int, int]]:
        before = (first for first, _ in self.padding)
        return list(zip(self.positions, self.tap_names, self.stride, self.dilation, before, strict=True))


@dataclass(frozen=True)
class AdaptiveWindows(Geometry):
    """As many windows as are asked for: of S elements, the k-th of O windows has floor(k S / O) to ceil((k + 1) S / O).

    Element p is in window k where -O < p O - k S < S. So with taps j counted from 0, the window reads
    p = (k S + j - (O - 1)) / O, wherever that is a whole number; S and O are divided by what they have in common.

    Attributes:
        size: elements along each axis.
        count: windows along each axis.
    """

    size: Extents
    count: Extents
    kernel_size: Extents = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kernel_size", tuple(size + count - 1 for size, count in self._ratios))

    @property
    def _ratios(self) -> list[Pair]:
        """Elements to windows, in lowest terms."""
        pairs = zip(self.size, self.count, strict=True)
        return [(size // gcd(size, count), count // gcd(size, count)) for size, count in pairs]

    def extents(self, size: Sequence[int]) -> Extents:
        return self.count

    def elements(self, axis: int) -> list[int]:
        """How many elements each window has along an axis."""
        size, count = self.size[axis], self.count[axis]
        return [-(-(k + 1) * size // count) - k * size // count for k in range(count)]

    @property
    def reads(self) -> tuple[Index, ...]:
        along = zip(self.positions, self.tap_names, self._ratios, strict=True)
        return tuple(Index(((p, size), (tap, 1)), 1 - count, count) for p, tap, (size, count) in along)

    @property
    def readers(self) -> tuple[Index, ...]:
        along = zip(self.positions, self.tap_names, self._ratios, strict=True)
        return tuple(Index(((p, count), (tap, -1)), count - 1, size) for p, tap, (size, count) in along)


def feature_map_loops(type: TensorType) -> tuple[Loop, ...]:
    """The loops n, c, h, w over a value of type (N, C, H, W), or n, c, w, or n, c, d, h, w, by its rank."""
    channels, *size = type.sample_shape
    positions = zip(_POSITIONS[-len(size) :], size, strict=True)
    return Loop("n", BATCH), Loop("c", channels), *(Loop(name, extent) for name, extent in positions)


def require_map(operand: TensorType, rank: int) -> None:
    """Refuse what is no map of `rank` dimensions: one of another rank, or of whole numbers.

    Raises:
        AttributeProblem: it is none.
    """
    require_rank(operand, rank + 2, {1: "N, C, L", 2: "N, C, H, W", 3: "N, C, D, H, W"}[rank])
