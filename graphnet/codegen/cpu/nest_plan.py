"""How a loop nest walks a kernel's operands: which loops there are, and where every read and write falls."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from graphnet.codegen.access import Access, locate
from graphnet.codegen.cpu.expressions import is_tame, keeps_zero
from graphnet.codegen.kernel_frame import KernelFrame
from graphnet.codegen.loops import Cut, Part, cut_loops
from graphnet.core.types import BATCH, Extent
from graphnet.ir.comprehension import Index, Read
from graphnet.ir.graph import Value

Mode = Literal["lanes", "folded", "scalar"]


@dataclass(frozen=True)
class Operand:
    """A read or a write of a kernel: its access, and how vectors read it.

    Attributes:
        lane_stride: elements between lanes: 0 for one number for all, 1 for a vector, else a gather.
    """

    value: Value
    access: Access
    lane_stride: int


class NestPlan:
    """One attempt to walk a kernel's operands; `prepare` tells whether it succeeds.

    Modes: vectors along the lanes of the outputs (`lanes`); along the lanes that are folded (`folded`); or one
    element after the other (`scalar`), which always succeeds.

    Attributes:
        cut: the physical loops of each logical one.
        parts: the physical loops of the outputs, outermost first, without the lanes.
        lane: the loop that vectors run along.
        operands: what each node reads from memory, by (node, slot).
        spreads: whether lanes may read one position of a group that they belong to.
        writes: what the kernel writes to memory.
    """

    def __init__(self, frame: KernelFrame, lanes: int, mode: Mode) -> None:
        self.frame, self.lanes, self.mode = frame, lanes, mode
        self.op, self.out, self.layouts = frame.op, frame.out, frame.layouts
        self.cut: Cut = {}
        self.parts: list[Part] = []
        self.lane: Part | None = None
        self.lane_loop = ""
        self.operands: dict[tuple[int, int], Operand] = {}
        self.spreads = False
        self.writes: dict[Value, Operand] = {}

    def prepare(self) -> bool:
        """Cut the loops and locate every operand; False if this mode does not fit."""
        op = self.op
        if self.mode == "lanes":
            if self.out.lanes == 1:
                return False
            axis = self.out.lane_axis
            assert axis is not None
            self.lane_loop = op.out[axis].name
        elif self.mode == "folded":
            found = self._folded_lanes()
            if self.out.lanes > 1 or found is None:
                return False
            self.lane_loop = found
        if self.mode == "scalar":
            self.cut = self._scalar_cut()
            self.parts = self._in_layout_order()
            return True
        reads = [(r, self.layouts[v]) for r, v in self.root_reads()]
        cut = cut_loops(op, self.out, reads, self.lane_loop if self.mode == "folded" else None)
        if cut is None:
            return False
        self.cut = cut
        step = self.out.dims[-1].step if self.mode == "lanes" else 1
        self.lane = next((p for p in cut[self.lane_loop] if p.step == step and p.extent == self.lanes), None)
        if self.lane is None:
            return False
        self.parts = [p for p in self._in_layout_order() if p is not self.lane]
        return self._has_whole_rows() and self._locate_all()

    def _has_whole_rows(self) -> bool:
        """Whether rows that want zeros around them are walked by one loop: an operand may cut them into blocks."""
        layouts = [self.layouts[v] for v in self.frame.kernel.writes]
        rows = [layout.dims[layout.row] for layout in layouts if layout.halo]
        return all(
            any((p.step, p.extent) == (row.step, row.extent) for p in self.cut[self.op.out[row.axis].name])
            for row in rows
        )

    def root_reads(self) -> list[tuple[Read, Value]]:
        root = self.frame.nodes[0]
        return [(r, root.inputs[r.operand]) for r in self.op.reads]

    def _folded_lanes(self) -> str | None:
        folded = {loop.name for loop in self.op.reduce}
        if any(r.fold == "argmax" for r in self.op.results):
            return None
        for read, value in self.root_reads():
            axis = self.layouts[value].lane_axis
            if axis is not None and read.index[axis].loop in folded and self.layouts[value].dims[-1].step == 1:
                return read.index[axis].loop
        return None

    def _scalar_cut(self) -> Cut:
        cut: Cut = {loop.name: (Part(loop.name, 1, loop.extent),) for loop in self.op.reduce}
        for axis, loop in enumerate(self.op.out):
            dims = self.out.along(axis)
            if len(dims) == 1 and dims[0].step == 1:
                cut[loop.name] = (Part(loop.name, 1, loop.extent),)
            else:
                cut[loop.name] = tuple(Part(f"{loop.name}{k}", d.step, d.extent) for k, d in enumerate(dims))
        return cut

    def _in_layout_order(self) -> list[Part]:
        """The physical output loops, outermost first, as the output lies in memory."""
        ordered: list[Part] = []
        for dim in self.out.dims:
            parts = self.cut[self.op.out[dim.axis].name]
            same = [p for p in parts if p.step == dim.step and not p.is_group and p not in ordered]
            steps = {d.step for d in self.out.along(dim.axis)}
            is_cut_anew = any(p.step not in steps and not p.is_group for p in parts)  # as an operand asks
            groups = [p for p, after in pairwise(parts) if p.is_group and after in same[:1]]
            ordered += [p for p in parts if p not in ordered] if len(steps) == 1 or is_cut_anew else groups + same[:1]
        return ordered

    def _locate_all(self) -> bool:
        for k, node in enumerate(self.frame.nodes):
            for slot, read in enumerate(node.comprehension.reads):
                value = node.inputs[read.operand]
                if value in self.frame.inside:
                    continue
                operand = self._operand(read, value)
                if operand is None:
                    return False
                self.operands[k, slot] = operand
        if not all(self._can_look_up(k, slot) for k, slot in self.operands):
            return False
        for value in self.frame.kernel.writes:
            index = tuple(Index.of(loop.name) for loop in self.op.out)
            operand = self._operand(Read(0, index), value)
            if operand is None or operand.lane_stride != (1 if self.mode == "lanes" else 0):
                return False
            self.writes[value] = operand
        return True

    def _operand(self, read: Read, value: Value) -> Operand | None:
        lanes = self.lane_loop if self.mode == "lanes" else ""
        access = locate(read, self.layouts[value], value.type.shape, self.cut, lanes)
        if access is None or self.lane is None or (access.spread is not None and not self.spreads):
            return None
        stride = access.strides.get(self.lane.name, 0)
        on_lanes = [i for i in (*(i for i, _ in access.bounds), *(q[0] for q in access.quotients))
                    if any(name == self.lane_loop for name, _ in i.terms)]  # fmt: skip
        if on_lanes and not all(self._moves_whole_blocks(i, read, value) for i in on_lanes):
            return None
        return Operand(value, access, stride)

    def gives_lanes(self, k: int, slot: int) -> bool:
        """Whether each lane of a read has a position of its own that another read gives."""
        lookups = self.operands[k, slot].access.lookups
        return any(self.operands[k, found.slot].lane_stride != 0 for found in lookups)

    def _can_look_up(self, k: int, slot: int) -> bool:
        """Whether the positions that other reads give are one for all lanes, or all that differs from lane to lane."""
        operand, op = self.operands[k, slot], self.frame.nodes[k].comprehension
        positions = [self.operands[k, found.slot] for found in operand.access.lookups]
        if any(p.access.shift is not None for p in positions):
            return False
        if not self.gives_lanes(k, slot):
            return True
        is_plain = len(positions) == 1 and operand.lane_stride == 0 and not positions[0].access.bounds
        return is_plain and self.mode == "lanes" and not op.reduce and op.reads[slot].fill == 0

    def _moves_whole_blocks(self, index: Index, read: Read, value: Value) -> bool:
        """Whether an index goes from block to block of an operand's lanes: all of a vector is inside, or nothing."""
        layout = self.layouts[value]
        is_along_lanes = layout.lane_axis is not None and read.index[layout.lane_axis] == index
        steps = [index.offset, *(factor for loop, factor in index.terms if loop != self.lane_loop)]
        is_whole = index.divisor == 1 and all(step % self.lanes == 0 for step in steps)
        return is_along_lanes and layout.lanes == self.lanes and is_whole

    def count(self, part: Part) -> Extent:
        """How often a part runs: the inner part of a single block only as far as there are positions."""
        return min(int(part.extent), part.units) if part.block and part.units else part.extent

    def places(self, part: Part) -> Extent:
        """How often an output's part runs, with the padding of the axis."""
        for axis, loop in enumerate(self.op.out):
            if self.cut[loop.name] == (part,) and self.is_padded(axis):
                return self.out.along(axis)[0].extent
        return self.count(part)

    def is_padded(self, axis: int) -> bool:
        """Whether an axis of the outputs that is not cut has places for more elements than there are.

        Those get zeros, for kernels that read whole blocks.
        """
        dims = self.out.along(axis)
        return len(dims) == 1 and dims[0].step == 1 and dims[0].extent != self.op.out[axis].extent

    def stops_short(self, part: Part) -> bool:
        """Whether an output's part runs less often in its last block, which has no places for more."""
        axis = next(axis for axis, loop in enumerate(self.op.out) if part in self.cut[loop.name])
        return part.ends_early and not self.is_padded(axis)

    def is_row(self, part: Part) -> bool:
        return any(
            self.layouts[v].halo and part in self.cut[self.op.out[self.layouts[v].dims[self.layouts[v].row].axis].name]
            and part.step == self.layouts[v].dims[self.layouts[v].row].step
            for v in self.frame.kernel.writes
        )  # fmt: skip

    def reduced_parts(self) -> list[Part]:
        return [p for loop in self.op.reduce for p in self.cut[loop.name] if p is not self.lane]

    def zero_keeping(self) -> set[Value]:
        """The outputs whose padding lanes are zero because the operands' are."""
        clean: set[Value] = set()
        wild: set[Value] = set()
        for k, node in enumerate(self.frame.nodes):
            op = node.comprehension
            operands = dict(enumerate(node.inputs[read.operand] for read in op.reads))
            zero = {
                slot
                for slot, value in operands.items()
                if value in clean or ((k, slot) in self.operands and self._reads_padding(k, slot))
            }
            unknown = {slot for slot, value in operands.items() if value in wild}
            for value, result in zip(self.frame.kernel.nodes[k].outputs, op.results, strict=True):
                is_sum = result.fold in (None, "sum")
                if is_sum and keeps_zero(result.expression, zero, unknown):
                    clean.add(value)
                elif not is_sum or not is_tame(result.expression, zero, unknown):
                    wild.add(value)
        return clean

    def has_place_for_all_lanes(self, operand: Operand) -> bool:
        """Whether an operand has zeros of its own where the last block of the outputs is not full.

        Row-major operands have their next row there, and longer ones more elements.
        """
        layout, lane = self.layouts[operand.value], self.lane
        if lane is None or not lane.is_ragged:
            return True
        return (layout.lanes, layout.dims[-1].step) == (self.lanes, lane.step) and layout.units <= lane.units

    def _reads_padding(self, k: int, slot: int) -> bool:
        """Whether the padding lanes of the outputs read those of an operand, which are zero, or nothing."""
        operand = self.operands[k, slot]
        if self.gives_lanes(k, slot):
            return True
        return operand.lane_stride != 0 and operand.access.shift is None

    def scalar_bounds(self, read: Read, value: Value) -> list[tuple[Index, Extent]]:
        extents = {loop.name: loop.extent for loop in (*self.op.out, *self.op.reduce)}
        bounds: list[tuple[Index, Extent]] = []
        for index, extent in zip(read.index, value.type.shape, strict=True):
            if index.loop or not index.loops:
                continue
            known = {name: int(extents[name]) for name in index.loops if extents[name] != BATCH}
            if len(known) == len(index.loops) and extent != BATCH and index.divisor == 1:
                low, high = index.range(known)
                if low >= 0 and high < int(extent):
                    continue
            bounds.append((index, extent))
        return bounds
