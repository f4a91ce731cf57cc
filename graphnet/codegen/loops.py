"""How the logical loops of a comprehension are cut to walk its operands' layouts.

A loop over channels becomes a loop over blocks and a vector of lanes; a loop over the features of a flattened map
becomes loops over blocks, rows, columns and lanes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphnet.core.types import Extent
from graphnet.ir.comprehension import Comprehension, Index, Loop, Read
from graphnet.ir.layout import Layout


@dataclass(frozen=True)
class Part:
    """One physical loop: it advances the logical loop by `step`.

    Attributes:
        units: for the inner part of a (block, inner) pair: how many positions exist in all, counted in its steps.
        block: for such a part: the block's variable.
        is_group: whether it goes over groups of blocks; the next part goes over the blocks of a group.
    """

    name: str
    step: int
    extent: Extent
    units: int = 0
    block: str = ""
    is_group: bool = False

    @property
    def is_ragged(self) -> bool:
        """Whether the last block is not full."""
        return bool(self.block) and self.units % int(self.extent) != 0

    @property
    def ends_early(self) -> bool:
        """Whether the last of several blocks has fewer positions than the others."""
        return self.is_ragged and self.units > int(self.extent)


Cut = dict[str, tuple[Part, ...]]
"""The parts of each logical loop, by decreasing step."""


def cut_loops(
    op: Comprehension, out: Layout, operands: Sequence[tuple[Read, Layout]], fold_lanes: str | None = None
) -> Cut | None:
    """Cut every loop as the layouts ask.

    Args:
        op: the comprehension.
        out: the layout of its outputs.
        operands: its reads, with the layout of each.
        fold_lanes: the reduced loop that is the lane of an operand, if vectors run along it.

    Returns:
        None if two layouts cut a loop differently; then the elements are computed one by one.
    """
    wanted: dict[str, set[tuple[tuple[int, Extent], ...]]] = {}
    units: dict[str, int] = {}

    def ask(loop: str, layout: Layout, axis: int, force: bool) -> None:
        dims = layout.along(axis)
        if force or layout.linear_stride(axis) is None:
            kept = tuple(d for d in dims if d.extent != 1 or d is layout.dims[-1] or d.step == _block_step(layout))
            wanted.setdefault(loop, set()).add(tuple((d.step, d.extent) for d in kept))
            if layout.lane_axis == axis:
                units[loop] = layout.units

    for axis, loop in enumerate(op.out):
        ask(loop.name, out, axis, out.lane_axis == axis)
    for read, layout in operands:
        for axis, index in enumerate(read.index):
            if index.loop:
                ask(index.loop, layout, axis, index.loop == fold_lanes and layout.lane_axis == axis)
            elif (width := _blocks_of_group(op, index, layout, axis)) is not None:
                (inner, _), lanes = index.terms[0], layout.lanes
                wanted.setdefault(inner, set()).add(((lanes, width // lanes), (1, lanes)))
                units[inner] = width
    cut: Cut = {}
    for loop in (*op.out, *op.reduce):
        forms = wanted.get(loop.name, set())
        if len(forms) > 1:
            return None
        cut[loop.name] = _parts(loop, next(iter(forms)), units.get(loop.name, 0)) if forms else (_whole(loop),)
    for read, _ in operands:
        for name, size, _ in (group for index in read.index for group in index.groups):
            cut[name] = _by_groups(cut[name], name, size)
    return cut


def _blocks_of_group(op: Comprehension, index: Index, layout: Layout, axis: int) -> int | None:
    """How many positions a group has, where it is a number of whole blocks and one loop runs over it."""
    if not index.groups or len(index.terms) != 1 or index.terms[0][1] != 1 or layout.linear_stride(axis) is not None:
        return None
    width = int(op.extents[index.terms[0][0]])
    is_blocked = layout.lane_axis == axis and layout.dims[-1].step == 1
    return width if is_blocked and width % layout.lanes == 0 else None


def _by_groups(parts: tuple[Part, ...], name: str, size: int) -> tuple[Part, ...]:
    """Cut a loop over blocks into groups, and blocks of a group, where groups are whole blocks."""
    if len(parts) != 2 or parts[1].block != parts[0].name or size % parts[0].step:
        return parts
    (block, inner), blocks = parts, size // parts[0].step
    group = Part(f"{name}g", size, int(block.extent) // blocks, is_group=True)
    return group, replace(block, extent=blocks), replace(inner, units=blocks * int(inner.extent))


def _block_step(layout: Layout) -> int:
    return layout.dims[-1].step * layout.lanes


def _whole(loop: Loop) -> Part:
    return Part(loop.name, 1, loop.extent)


def _parts(loop: Loop, form: tuple[tuple[int, Extent], ...], units: int) -> tuple[Part, ...]:
    """Name the parts: `cb` for blocks, `cl` for the position within, the loop's own name with a number for others."""
    parts = []
    block = ""
    for number, (step, extent) in enumerate(form):
        is_inner = bool(block) and units > 0 and number > 0 and _is_inner(form, number)
        if units and number + 1 < len(form) and _has_inner(form, number):
            block = f"{loop.name}b"
            parts.append(Part(block, step, extent))
        elif is_inner:
            parts.append(Part(f"{loop.name}l", step, extent, units, block))
        else:
            parts.append(Part(f"{loop.name}{number}", step, extent))
    return tuple(parts)


def _has_inner(form: tuple[tuple[int, Extent], ...], number: int) -> bool:
    """Whether the next part divides this one: a block followed by its positions."""
    step, inner = form[number][0], form[number + 1]
    return number == 0 and step == inner[0] * int(inner[1])


def _is_inner(form: tuple[tuple[int, Extent], ...], number: int) -> bool:
    return number == 1 and _has_inner(form, 0)
