"""Where reads and writes fall in memory: sums of physical loops times strides, and what is more difficult."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graphnet.codegen.loops import Cut, Part
from graphnet.core.types import BATCH, Extent
from graphnet.ir.comprehension import Index, Read
from graphnet.ir.layout import Dim, Layout


@dataclass(frozen=True)
class Shift:
    """Lanes read from elsewhere along their own axis, so that a vector may straddle two blocks.

    Attributes:
        loop: the logical loop whose lanes they are.
        by: how far from that loop's position they lie.
        stride: elements from one block to the next.
        extent: of the axis; lanes that fall outside read nothing.
    """

    loop: str
    by: Index
    stride: int
    extent: int


@dataclass(frozen=True)
class Lookup:
    """A position along an axis that another read gives.

    Attributes:
        slot: of that read.
        extent: of the axis; a position outside reads nothing.
        stride: elements between neighbours.
        block: how many positions are neighbours, where the axis is cut into blocks; else 0.
        block_stride: elements from one block to the next.
    """

    slot: int
    extent: Extent
    stride: int
    block: int = 0
    block_stride: int = 0


@dataclass(frozen=True)
class Spread:
    """Lanes that read one position of the group that they belong to.

    Attributes:
        loop: the position, from the group's start.
        group: lanes of a group, which divides a vector.
    """

    loop: str
    group: int


@dataclass(frozen=True)
class Access:
    """Where a read falls: `constant + sum of strides * parts + sum of quotient positions * stride`, and lookups.

    Attributes:
        strides: elements for each step of a physical loop.
        quotients: indices with a divisor, each with the stride and extent of its axis.
        bounds: indices that may fall outside, each with its axis's extent; with steps of `unit` positions.
        shift: how far away lanes are read, if it is no whole number of blocks.
        lookups: positions that other reads give.
        spread: how lanes share what they read, if each reads for its group and not for itself.
    """

    constant: int
    strides: dict[str, int] = field(default_factory=dict)
    quotients: tuple[tuple[Index, int, Extent], ...] = ()
    bounds: tuple[tuple[Index, Extent], ...] = ()
    shift: Shift | None = None
    lookups: tuple[Lookup, ...] = ()
    spread: Spread | None = None


def locate(read: Read, layout: Layout, shape: Sequence[Extent], cut: Cut, lane_loop: str = "") -> Access | None:
    """Where a read falls in memory, or None if that is no sum of the loops as they are cut.

    Args:
        read: where, in the loops.
        layout: of the operand.
        shape: of the operand.
        cut: the physical loops of each logical one.
        lane_loop: the loop that vectors run along, if they can take lanes from two blocks.
    """
    strides: dict[str, int] = {}
    quotients: list[tuple[Index, int, Extent]] = []
    bounds: list[tuple[Index, Extent]] = []
    constant = layout.base
    shift: Shift | None = None
    lookups: list[Lookup] = []
    spread: Spread | None = None
    extents = {name: _total(parts) for name, parts in cut.items()}

    def advance(name: str, stride: int) -> None:
        strides[name] = strides.get(name, 0) + stride

    for axis, index in enumerate(read.index):
        stride = layout.linear_stride(axis)
        if index.loop:
            parts = cut[index.loop]
            dims = layout.along(axis)
            if stride is None:
                matched = _match(parts, dims)
                if matched is None:
                    return None
                for part, dim in matched:
                    advance(part.name, dim.stride)
            else:
                for part in parts:
                    advance(part.name, part.step * stride)
            continue
        if index.slot is not None:
            found = _look_up(index.slot, layout, axis, shape[axis])
            if found is None:
                return None
            lookups.append(found)
            continue
        if not index.loops and index.offset == 0:
            continue
        if index.groups:
            narrow = _spread(index, layout, axis, cut)
            if narrow is not None:
                spread, matched = narrow
                steps = [(part, dim.stride) for part, dim in matched]
            else:
                wide = _in_groups(index, layout, axis, cut)
                if wide is None:
                    return None
                steps = wide
            for part, step in steps:
                advance(part.name, step)
            continue
        inside = _stays_inside(index, shape[axis], extents)
        straddling = None
        if stride is None or not inside:
            straddling = _shift_lanes(index, layout, axis, cut, shape[axis], lane_loop)
        if straddling is not None:
            shift, matched = straddling
            for part, dim in matched:
                advance(part.name, dim.stride)
            continue
        if stride is None:
            shifted = _shift_blocks(index, layout, axis, cut)
            if shifted is None:
                return None
            offset, matched = shifted
            constant += offset
            for part, dim in matched:
                advance(part.name, dim.stride)
        elif index.divisor != 1:
            quotients.append((index, stride, shape[axis]))
        else:
            constant += index.offset * stride
            for loop, factor in index.terms:
                for part in cut[loop]:
                    advance(part.name, factor * part.step * stride)
        if not inside:
            bounds.append((index, shape[axis]))
    return Access(constant, strides, tuple(quotients), tuple(bounds), shift, tuple(lookups), spread)


def _total(parts: tuple[Part, ...]) -> int | None:
    """The number of positions of a loop, None for the batch."""
    if any(p.extent == BATCH for p in parts):
        return None
    return sum(p.step * (int(p.extent) - 1) for p in parts) + 1


def _stays_inside(index: Index, extent: Extent, extents: dict[str, int | None]) -> bool:
    if index.divisor != 1 or extent == BATCH or any(extents[name] is None for name, _ in index.terms):
        return False
    low, high = index.range({name: e for name, e in extents.items() if e is not None})
    return low >= 0 and high < int(extent)


def _in_groups(index: Index, layout: Layout, axis: int, cut: Cut) -> list[tuple[Part, int]] | None:
    """The strides of `whole groups * width + position in the group`, where groups are whole parts of their loops."""
    positions = [(part, factor * part.step) for loop, factor in index.terms for part in cut[loop]]
    for loop, size, factor in index.groups:
        for part in (p for p in cut[loop] if p.extent != 1):
            if part.step % size == 0:
                positions.append((part, part.step // size * factor))
            elif part.step * int(part.extent) > size:
                return None  # it runs on from one group to the next
    found = [(part, _elements(layout, axis, part, count)) for part, count in positions]
    known = [(part, stride) for part, stride in found if stride is not None]
    return known if len(known) == len(found) and index.offset == 0 else None


def _elements(layout: Layout, axis: int, part: Part, positions: int) -> int | None:
    """Elements that a step of a part is far, if it goes over so many positions of an axis."""
    unit, dims = layout.linear_stride(axis), layout.along(axis)
    if unit is not None:
        return positions * unit
    if len(dims) != 2 or (dims[0].step, dims[1].step) != (layout.lanes, 1):
        return None
    if positions % layout.lanes == 0:
        return positions // layout.lanes * dims[0].stride
    return dims[1].stride if positions == 1 and int(part.extent) <= layout.lanes else None


def _spread(index: Index, layout: Layout, axis: int, cut: Cut) -> tuple[Spread, list[tuple[Part, Dim]]] | None:
    """`group * width + position`, where a vector of lanes holds several groups: the spread, and the blocks' places."""
    if len(index.groups) != 1 or len(index.terms) != 1 or index.offset or layout.lane_axis != axis:
        return None
    ((loop, size, factor),), ((inner, step),) = index.groups, index.terms
    matched = _match(cut[loop], layout.along(axis))
    is_narrow = size == factor and layout.lanes % size == 0 and size < layout.lanes
    if matched is None or not is_narrow or step != 1 or [p.extent for p in cut[inner]] != [size]:
        return None
    return Spread(inner, size), matched


def _match(parts: tuple[Part, ...], dims: tuple[Dim, ...]) -> list[tuple[Part, Dim]] | None:
    """Pair physical loops with the dimensions of the same step, or groups of blocks with the dimension of blocks."""
    by_step = {d.step: d for d in dims if d.extent != 1}
    by_step |= {d.step: d for d in dims if d.step not in by_step}
    found: list[tuple[Part, Dim]] = []
    group: Part | None = None
    for part in parts:
        if part.is_group:
            group = part
            continue
        dim = by_step.pop(part.step, None)
        if dim is None:
            return None
        if group is not None:
            found.append((group, Dim(dim.axis, group.step, group.extent, group.step // dim.step * dim.stride)))
            group = None
        found.append((part, dim))
    return found if all(d.extent == 1 for d in by_step.values()) else None


def _shift_blocks(index: Index, layout: Layout, axis: int, cut: Cut) -> tuple[int, list[tuple[Part, Dim]]] | None:
    """`c + offset` along blocked lanes, where the offset is a number of whole blocks."""
    dims = layout.along(axis)
    if len(index.terms) != 1 or index.terms[0][1] != 1 or index.divisor != 1 or layout.lane_axis != axis:
        return None
    if index.offset % layout.lanes or len(dims) != 2:
        return None
    matched = _match(cut[index.terms[0][0]], dims)
    return None if matched is None else (index.offset // layout.lanes * dims[0].stride, matched)


def _look_up(slot: int, layout: Layout, axis: int, extent: Extent) -> Lookup | None:
    """A position that read `slot` gives, along an axis that is whole or cut into blocks of lanes."""
    stride = layout.linear_stride(axis)
    if stride is not None:
        return Lookup(slot, extent, stride)
    dims = layout.along(axis)
    if len(dims) != 2 or (dims[0].step, dims[1].step, dims[1].extent) != (layout.lanes, 1, layout.lanes):
        return None
    return Lookup(slot, extent, dims[1].stride, layout.lanes, dims[0].stride)


def _shift_lanes(
    index: Index, layout: Layout, axis: int, cut: Cut, extent: Extent, lane_loop: str
) -> tuple[Shift, list[tuple[Part, Dim]]] | None:
    """`c + i - offset` along blocked lanes, unless that is a fixed number of blocks; c has the lanes."""
    dims = layout.along(axis)
    if layout.lane_axis != axis or len(dims) != 2 or dims[0].step != layout.lanes or index.divisor != 1:
        return None
    if index.coefficient(lane_loop) != 1:
        return None
    by = Index(tuple(term for term in index.terms if term[0] != lane_loop), index.offset)
    parts = cut[lane_loop]
    is_cut_alike = len(parts) == 2 and (parts[1].step, parts[1].extent) == (1, layout.lanes)
    matched = _match(parts, dims) if is_cut_alike and (by.terms or by.offset % layout.lanes) else None
    return None if matched is None else (Shift(lane_loop, by, dims[0].stride, int(extent)), matched)
