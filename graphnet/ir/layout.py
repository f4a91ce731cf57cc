"""Where the elements of a value lie in memory.

A layout is a list of physical dimensions, outermost first. Each counts steps along one logical axis; an axis may be
cut into several. Feature maps (N, C, H, W) are stored as (N, C/L, H, W, L), with L the SIMD width:

    n            axis 0
    c block      axis 1, step L
    h            axis 2
    w            axis 3
    lane         axis 1, step 1

Between the rows of a map lie `halo` columns of zeros, which serve as the right padding of one row and the left
padding of the next. Lanes beyond the last channel hold zeros. `merged` gives the layout of the same memory under
a flattened shape, so that `flatten` copies nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from graphnet.core.types import BATCH, Extent, product


@dataclass(frozen=True)
class Dim:
    """One physical dimension: index i stands for position i * step along `axis`, i * stride elements away."""

    axis: int
    step: int
    extent: Extent
    stride: int


@dataclass(frozen=True)
class Layout:
    """The order, steps and strides of a value's elements.

    Attributes:
        dims: outermost first.
        base: offset of the element at index 0, in elements.
        sample_size: elements for one sample if batched, else in all; halo and padding lanes included.
        lanes: the SIMD width if the last dimension is a vector of lanes, else 1.
        units: how many positions of the lanes' axis hold data, counted in the lane dimension's steps.
        halo: columns of zeros between rows (of `lanes` elements each).
        row: index in `dims` of the dimension that runs along a row, where there is a halo.
    """

    dims: tuple[Dim, ...]
    base: int
    sample_size: int
    lanes: int = 1
    units: int = 1
    halo: int = 0
    row: int = -1

    @property
    def lane_axis(self) -> int | None:
        return self.dims[-1].axis if self.lanes > 1 else None

    @property
    def has_lines(self) -> bool:
        """Whether the dimension before the rows counts lines, between which rows share a halo.

        In a flattened map of one line it does not: blocks of channels, each with a halo of its own, stand there.
        """
        row = self.dims[self.row]
        return self.row > 0 and self.dims[self.row - 1].stride == (int(row.extent) + self.halo) * row.stride

    @cached_property
    def is_ragged(self) -> bool:
        """Whether the last block has lanes that hold no data."""
        return self.lanes > 1 and self.units % self.lanes != 0

    @property
    def is_batched(self) -> bool:
        return bool(self.dims) and self.dims[0].extent == BATCH

    def along(self, axis: int) -> tuple[Dim, ...]:
        """The dimensions that an axis is cut into, by decreasing step."""
        return tuple(sorted((d for d in self.dims if d.axis == axis), key=lambda d: -d.step))

    def linear_stride(self, axis: int) -> int | None:
        """Elements between neighbours along an axis, if that is one number."""
        dims = self.along(axis)
        if not dims:
            return 0
        unit = dims[-1].stride
        if len(dims) == 1:
            return unit if dims[0].step == 1 else None
        if dims[-1].step != 1 or any(d.stride != d.step * unit for d in dims if d.extent != 1):
            return None
        return unit

    def has_lanes_along(self, axis: int, lanes: int) -> bool:
        """Whether neighbours along an axis are the lanes of a vector, in blocks of as many."""
        return self.lanes == lanes and self.lane_axis == axis and self.dims[-1].step == 1

    def positions(self, axis: int) -> int:
        """How many positions along an axis have a place, those of padding included; 0 for the batch."""
        dims = self.along(axis)
        return 0 if any(d.extent == BATCH for d in dims) else 1 + sum(d.step * (int(d.extent) - 1) for d in dims)

    def form(self) -> tuple[object, ...]:
        """What two layouts must share for the same loops to walk both: everything but strides."""
        return tuple((d.axis, d.step, d.extent) for d in self.dims), self.lanes, self.units

    def size(self, batch: int) -> int:
        """Elements to allocate for at most `batch` samples."""
        return self.sample_size * (batch if self.is_batched else 1)


def packed(dims: list[tuple[int, int, Extent]], lanes: int, units: int, halo: int = 0, row: int = -1) -> Layout:
    """A layout of (axis, step, extent) dimensions without gaps other than the halo after `row`."""
    stride, base, made = 1, 0, []
    for position in reversed(range(len(dims))):
        axis, step, extent = dims[position]
        made.append(Dim(axis, step, extent, stride))
        if extent != BATCH:
            if position == row and halo:
                column = stride
                stride, base = (int(extent) + halo) * column, halo * column
            elif halo and position == row - 1:
                stride = int(extent) * stride + base  # the columns before the first row of a plane
            else:
                stride *= int(extent)
    return Layout(tuple(reversed(made)), base, stride, lanes, units, halo, row if halo else -1)


def plain(shape: tuple[Extent, ...], halo: int = 0) -> Layout:
    """Row-major, as NumPy has it, with an optional halo along the last axis of maps."""
    dims = [(axis, 1, extent) for axis, extent in enumerate(shape)]
    return packed(dims, 1, 1, halo, len(shape) - 1)


def blocked(shape: tuple[Extent, ...], axis: int, lanes: int, halo: int = 0) -> Layout:
    """An axis cut into blocks of `lanes`, which go last: (N, C, H, W) as (N, C/L, H, W, L)."""
    units = int(shape[axis])
    dims: list[tuple[int, int, Extent]] = [
        (a, lanes, -(-units // lanes)) if a == axis else (a, 1, extent) for a, extent in enumerate(shape)
    ]
    return packed([*dims, (axis, 1, lanes)], lanes, units, halo, len(shape) - 1 if len(shape) > 2 else -1)


def filters(shape: tuple[Extent, ...], lanes: int) -> Layout:
    """Weights (O, I, KH, KW) as (O/L, KH, KW, I, L): lanes over units, inputs next to each other.

    More inputs than lanes are rounded up to whole blocks (of zeros), since kernels reduce over whole blocks.
    """
    units, *rest = (int(e) for e in shape)
    inputs = rest[0] if rest[0] <= lanes else -(-rest[0] // lanes) * lanes
    dims: list[tuple[int, int, Extent]] = [(0, lanes, -(-units // lanes))]
    dims += [(axis, 1, extent) for axis, extent in enumerate(rest[1:], start=2)]
    return packed([*dims, (1, 1, inputs), (0, 1, lanes)], lanes, units)


def vectors_along(shape: tuple[Extent, ...], axis: int, cut: tuple[Dim, ...], lanes: int, units: int) -> Layout:
    """A layout whose lanes run along `axis`, cut as `cut` (lane last), with whole vectors for each element of the rest.

    Used for the copy of a weight whose lanes must match another value's.
    """
    dims: list[tuple[int, int, Extent]] = [(axis, d.step, d.extent) for d in cut[:-1]]
    rest = [(a, int(e) if e != BATCH else e) for a, e in enumerate(shape) if a != axis]
    tail = rest[:1] if len(rest) > 1 else rest
    for a, extent in [*rest[len(tail) :], *tail]:
        padded = extent
        if a == tail[0][0] and extent != BATCH and int(extent) > lanes:
            padded = -(-int(extent) // lanes) * lanes
        dims.append((a, 1, padded))
    return packed([*dims, (axis, cut[-1].step, lanes)], lanes, units)


def merged(layout: Layout, shape: tuple[Extent, ...], flat: tuple[Extent, ...]) -> Layout | None:
    """The layout of the same memory with runs of axes merged: `flat` instead of `shape`.

    None if that is no merge, if padding would lie between the flat positions, or if rows of one element between zeros
    would be lost.
    """
    runs = merge_runs(shape, flat)
    if runs is None or (layout.halo and layout.dims[layout.row].extent == 1):
        return None
    if any(layout.positions(axis) != shape[axis] for run in runs for axis in run[1:]):
        return None
    place: dict[int, tuple[int, int]] = {}
    for target, run in enumerate(runs):
        for k, axis in enumerate(run):
            place[axis] = (target, product(int(shape[a]) for a in run[k + 1 :]))
    whole = {run[0] for run in runs if len(run) == 1}
    whole |= {run[-1] for run in runs if all(shape[axis] == 1 for axis in run)}  # one element has a loop, too
    kept = [d for d in layout.dims if d.extent != 1 or d.axis == layout.lane_axis or d.axis in whole]
    dims = tuple(replace(d, axis=place[d.axis][0], step=d.step * place[d.axis][1]) for d in kept)
    row = kept.index(layout.dims[layout.row]) if layout.halo and layout.dims[layout.row] in kept else -1
    return replace(layout, dims=dims, row=row)


def merge_runs(shape: tuple[Extent, ...], flat: tuple[Extent, ...]) -> list[list[int]] | None:
    """Which axes of `shape` make up each axis of `flat`, in order; None if they don't."""
    runs: list[list[int]] = []
    axis = 0
    for extent in flat:
        run = [axis]
        if axis >= len(shape):
            return None
        count = shape[axis]
        axis += 1
        while count != extent:
            if BATCH in (count, extent) or axis >= len(shape) or int(count) > int(extent) or shape[axis] == BATCH:
                return None
            count = int(count) * int(shape[axis])
            run.append(axis)
            axis += 1
        runs.append(run)
    while axis < len(shape) and shape[axis] == 1 and runs:  # trailing axes of extent 1 join the last run
        runs[-1].append(axis)
        axis += 1
    return runs if axis == len(shape) else None
