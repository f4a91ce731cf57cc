"""The texts of a loop nest: loads, coordinates, random numbers, masks, and the ranges of folded loops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from graphnet.codegen.access import Shift
from graphnet.codegen.cpu.expressions import keeps_zero, number
from graphnet.codegen.cpu.nest_offsets import NestOffsets
from graphnet.codegen.cpu.nest_plan import Mode
from graphnet.codegen.kernel_frame import KernelFrame
from graphnet.codegen.loops import Part
from graphnet.codegen.writer import Writer, quotient
from graphnet.core.types import BATCH, Extent, product
from graphnet.ir.comprehension import Index, Result
from graphnet.ir.expression import BatchSize, Coordinate, Expression, Load, Uniform, loads
from graphnet.ir.graph import Node, Value


class NestText(NestOffsets):
    """A plan that can be written down.

    Attributes:
        w: receives the lines.
    """

    def __init__(self, frame: KernelFrame, lanes: int, mode: Mode) -> None:
        super().__init__(frame, lanes, mode)
        self.w = Writer(1)

    def loaded(self, k: int, slot: int, node: Node) -> str:
        """The variable that holds what a read gives: `v_x`, with a number if the operand is read more than once."""
        reads = node.comprehension.reads
        value = node.inputs[reads[slot].operand]
        name = f"v_{self.frame.pointer(value)}"
        earlier = [s for s in range(slot) if node.inputs[reads[s].operand] is value]
        before = [n for n in self.frame.nodes[:k] for r in n.comprehension.reads if n.inputs[r.operand] is value]
        count = len(earlier) + len(before)
        return name if count == 0 else f"{name}_{count}"

    def _position(self, k: int, slot: int, node: Node) -> str:
        """The variable that holds what a read gives, if that is a position of another: `at_x`."""
        return f"at{self.loaded(k, slot, node).removeprefix('v')}"

    def emit_position(self, k: int, slot: int, node: Node) -> None:
        """Load a position that is the same for all lanes; -1 where there is none."""
        read = node.comprehension.reads[slot]
        value = node.inputs[read.operand]
        if self.mode == "scalar":
            offset = self._scalar_offset(read, value, {})
        elif self.operands[k, slot].lane_stride:
            return
        else:
            offset = self._offset(self.operands[k, slot])
        self.frame.used.add("iload")
        guards = self._guards(k, slot, node)
        condition = f" if {' and '.join(guards)} else -1" if guards else ""
        self.w.line(f"{self._position(k, slot, node)} = iload({self.frame.pointer(value)}, {offset}){condition}")

    def load_text(self, k: int, slot: int, node: Node) -> str:
        read = node.comprehension.reads[slot]
        value = node.inputs[read.operand]
        name = self.frame.pointer(value)
        if self.mode == "scalar":
            self.frame.used.add("sload")
            positions = {found: self._position(k, found, node) for found in read.lookups}
            text = f"sload({name}, {self._scalar_offset(read, value, positions)})"
        else:
            operand = self.operands[k, slot]
            text = self._lanes_load(k, slot) if self.gives_lanes(k, slot) else self._vector_load(k, slot, node)
            if operand.access.shift is not None and read.fill:
                self.frame.used |= {"where", "splat"}
                text = f"where({self._shifted_lanes(name, operand.access.shift)}, {text}, splat({number(read.fill)}))"
        guards = self._guards(k, slot, node)
        if guards:
            self.frame.used.add("splat")
            text = f"{text} if {' and '.join(guards)} else splat({number(read.fill)})"
        return text

    def _guards(self, k: int, slot: int, node: Node) -> list[str]:
        """Conditions for a read to be inside of its operand, those aside that the range of a folded loop keeps."""
        read = node.comprehension.reads[slot]
        value = node.inputs[read.operand]
        bounds = self.scalar_bounds(read, value) if self.mode == "scalar" else self.operands[k, slot].access.bounds
        folded = {loop.name for loop in self.op.reduce}
        guards = [self._is_inside(*b) for b in bounds if not any(loop in folded for loop, _ in b[0].terms)]
        return guards + self._found_inside(k, slot, node)

    def _found_inside(self, k: int, slot: int, node: Node) -> list[str]:
        """Conditions for the positions that other reads give to be inside, where they are the same for all lanes."""
        if self.mode != "scalar" and self.gives_lanes(k, slot):
            return []
        read = node.comprehension.reads[slot]
        axes = zip(read.index, node.inputs[read.operand].type.shape, strict=True)
        found = [(self._position(k, i.slot, node), extent) for i, extent in axes if i.slot is not None]
        return [f"0 <= {at} < {self.frame.batch() if extent == BATCH else extent}" for at, extent in found]

    def _lanes_load(self, k: int, slot: int) -> str:
        """A load whose lanes have positions of their own, which another read gives."""
        operand = self.operands[k, slot]
        (found,) = operand.access.lookups
        positions = self.operands[k, found.slot]
        assert self.lane is not None
        x, q = self.frame.pointer(operand.value), self.frame.pointer(positions.value)
        far = self.frame.row.number(f"{x}_block{found.slot}", found.block_stride)
        near = self.frame.row.number(f"{x}_step{found.slot}", found.stride)
        extent = self.frame.batch() if found.extent == BATCH else str(found.extent)
        count = self.lane_count() if self.lane.is_ragged else str(self.lanes)
        step = self.frame.row.number(f"{q}_lane", positions.lane_stride)
        self.frame.used.add("vlookup")
        where = f"{q}, {self._offset(positions)}, {step}, {count}"
        return f"vlookup({x}, {self._offset(operand)}, {where}, {found.block}, {far}, {near}, {extent})"

    def _vector_load(self, k: int, slot: int, node: Node) -> str:
        operand = self.operands[k, slot]
        name, offset = self.frame.pointer(operand.value), self._offset(operand)
        for found in operand.access.lookups:
            at = self._position(k, found.slot, node)
            near = self.frame.row.number(f"{name}_step{found.slot}", found.stride)
            if found.block:
                far = self.frame.row.number(f"{name}_block{found.slot}", found.block_stride)
                offset += f" + {at} // {found.block} * {far} + {at} % {found.block} * {near}"
            else:
                offset += f" + {at} * {near}"
        if operand.access.shift is not None:
            return self._shifted_load(name, offset, operand.access.shift)
        stride = operand.lane_stride
        if stride == 0:
            self.frame.used.add("sload")
            return f"sload({name}, {offset})"
        if stride == 1 and self.has_place_for_all_lanes(operand):
            self.frame.used.add("vload")
            return f"vload({name}, {offset})"
        if stride == 1:
            self.frame.used |= {"vload_first", "imin"}
            return f"vload_first({name}, {offset}, {self.lane_count()})"
        factor = self.frame.row.number(f"{name}_lane", stride)
        if self.lane is not None and self.lane.is_ragged:
            self.frame.used |= {"vgather_first", "imin"}
            return f"vgather_first({name}, {offset}, {factor}, {self.lane_count()})"
        self.frame.used.add("vgather")
        return f"vgather({name}, {offset}, {factor})"

    def _shifted_load(self, name: str, offset: str, shift: Shift) -> str:
        self.frame.used.add("vload_shifted")
        stride = self.frame.row.number(f"{name}_block", shift.stride)
        extent = self.frame.row.number(f"{name}_extent", shift.extent)
        return (
            f"vload_shifted({name}, {offset}, {stride}, {self._distance(shift)}, {self._logical(shift.loop)}, {extent})"
        )

    def _distance(self, shift: Shift) -> str:
        return self._term(shift.by) if shift.by.terms else str(shift.by.offset)

    def _shifted_lanes(self, name: str, shift: Shift) -> str:
        """The mask of the lanes that a shifted read finds inside of its operand."""
        self.frame.used.add("lanes_inside")
        extent = self.frame.row.number(f"{name}_extent", shift.extent)
        return f"lanes_inside({self._logical(shift.loop)} + {self._distance(shift)}, {extent})"

    def leaf_text(self, k: int, node: Node, values: Mapping[Value, str]) -> Callable[[Expression], str]:
        def text(e: Expression) -> str:
            match e:
                case Load(slot):
                    value = node.inputs[node.comprehension.reads[slot].operand]
                    if value in self.frame.inside:
                        return values[value]
                    return self.loaded(k, slot, node)
                case Coordinate(loop):
                    return self._coordinate(loop)
                case BatchSize():
                    self.frame.used.add("splat")
                    return f"splat({self.frame.batch()})"
                case Uniform(stream, loops):
                    return self._uniform(stream, loops)
            raise TypeError(f"no text for {e!r}")

        return text

    def _coordinate(self, loop: str) -> str:
        self.frame.used.add("splat")
        base = f"splat({self._logical(loop)})"
        if self.lane is None or loop != self.lane_loop:
            return base
        self.frame.used.add("lanes")
        return f"({base} + lanes() * {float(self.lane.step)})"

    def _uniform(self, stream: int, loops: Sequence[str]) -> str:
        """The random number of this element: a function of its logical index, whatever the layout."""
        extents = self.op.extents
        index, stride = "", 0
        for position, loop in enumerate(loops):
            at = self._logical(loop)
            if extents[loop] == BATCH:
                self.frame.used |= {"iload", "pointer_i64"}
                self.frame.key(stream)
                at = f"{at} + iload(step, 2)"
            index = at if not index else f"({index}) * {extents[loop]} + {at}"
            if self.lane is not None and loop == self.lane_loop:
                stride = product(int(extents[n]) for n in loops[position + 1 :]) * self.lane.step
        return f"uniform({self.frame.key(stream)}, {index}, {stride})"

    def range_of(self, part: Part, halo_loop: str = "", *, whole_blocks: bool = False) -> tuple[str, str, str]:
        """The range of a reduced loop: clipped to where every read falls inside its operand.

        Args:
            part: the loop.
            halo_loop: an output loop whose reads need no clipping, because zeros lie beyond.
            whole_blocks: walk a last block that is not full to its end, because it holds zeros.
        """
        starts, stops, step = ["0"], [self.frame.extent(part.name, self.count(part))], "1"
        if part.ends_early and not whole_blocks:
            units = self.frame.row.number(f"{part.name}_units", part.units)
            stops.append(f"{units} - {part.block} * {part.extent}")
        conditions: list[tuple[Index, Extent]] = []
        for slot, (read, value) in enumerate(self.root_reads()):
            found = self.scalar_bounds(read, value) if self.mode == "scalar" else self.operands[0, slot].access.bounds
            conditions += [b for b in found if b not in conditions]
        shift = ""
        for index, extent in conditions:
            folded = [p for p in self.reduced_parts() if any(name == p.name for name, _ in index.terms)]
            if not folded or folded[-1] is not part or any(name == halo_loop for name, _ in index.terms):
                continue
            factor = index.coefficient(part.name)
            rest = self._term(Index(tuple(t for t in index.terms if t[0] != part.name), index.offset))
            size = self.frame.batch() if extent == BATCH else str(extent)
            last = f"({size} - 1)" if extent == BATCH else str(int(extent) - 1)
            last = last if index.divisor == 1 else f"{last} * {index.divisor}"
            self.frame.used |= {"ceildiv"} if abs(factor) != 1 else set()
            if factor > 0:
                starts.append(quotient(f"-({rest})", factor, up=True))
                stops.append(f"{quotient(f'{last} - ({rest})', factor)} + 1")
            else:
                starts.append(quotient(f"{rest} - {last}", -factor, up=True))
                stops.append(f"{quotient(rest, -factor)} + 1")
            if index.divisor != 1:
                shift, step = self._aligned_start(part, factor, rest, index.divisor)
        if len(starts) == 1 and len(stops) == 1 and not shift:
            return "0", stops[0], "1"
        self.w.line(f"{part.name}_start = {self._combined('imax', starts)}")
        self.w.line(f"{part.name}_stop = {self._combined('imin', stops)}")
        if shift:
            for line in shift.split("\n"):
                self.w.line(line)
        return f"{part.name}_start", f"{part.name}_stop", step

    def _aligned_start(self, part: Part, factor: int, rest: str, divisor: int) -> tuple[str, str]:
        """Lines that move the start to the first tap at a whole position, and the step between such taps."""
        start = f"{part.name}_start"
        if factor == -1:
            return f"{start} = {start} + ({rest} - {start}) % {divisor}", str(divisor)
        if factor == 1:
            return f"{start} = {start} + (-({rest}) - {start}) % {divisor}", str(divisor)
        search = f"while {start} < {part.name}_stop and ({rest} + {factor} * {start}) % {divisor} != 0:"
        step = next(s for s in range(1, divisor + 1) if factor * s % divisor == 0)
        return f"{search}\n    {start} += 1", str(step)

    def _combined(self, function: str, texts: list[str]) -> str:
        result = texts[0]
        for text in texts[1:]:
            if text != result:
                self.frame.used.add(function)
                result = f"{function}({result}, {text})"
        return result

    def fold_mask(self, result: Result) -> str:
        """The mask of the lanes that take part in a fold, where not all do.

        Of folded lanes, these are the ones that hold data. Lanes that a shifted read finds outside are zero, which
        changes no sum of what that read alone decides. None takes part where a position that a read gives is outside.
        """
        masks = []
        if self.mode == "folded" and self.lane is not None and self.lane.is_ragged:
            self.frame.used.add("first_lanes")
            masks.append(f"first_lanes({self.lane_count()})")
        slots = loads(result.expression)
        operands = [self.operands[0, slot] for slot in sorted(slots)] if self.mode != "scalar" else []
        shifted = [(o.value, o.access.shift) for o in operands if o.access.shift is not None]
        is_one = len(shifted) == len(slots) and len({shift for _, shift in shifted}) == 1
        if not (is_one and result.fold == "sum" and keeps_zero(result.expression, slots)):
            masks += [self._shifted_lanes(self.frame.pointer(value), shift) for value, shift in shifted]
        inside = [text for slot in sorted(slots) for text in self._found_inside(0, slot, self.frame.nodes[0])]
        if inside:
            self.frame.used.add("first_lanes")
            masks.append(f"first_lanes({self.lanes} if {' and '.join(inside)} else 0)")
        return " & ".join(dict.fromkeys(masks))

    def halo_lines(self, row: Part, extents: dict[str, str]) -> tuple[list[str], list[tuple[str, str]]]:
        """Zeros before each row, and after the last row of a plane: with the condition that it is the last, if any."""
        before: list[str] = []
        after: list[tuple[str, str]] = []
        for value in self.frame.kernel.writes:
            layout = self.layouts[value]
            if not layout.halo:
                continue
            self.frame.used.add("zero")
            name = self.frame.pointer(value)
            column = layout.dims[layout.row].stride
            inner = [p.name for p in self.parts[self.parts.index(row) :]]
            start = self.write_offset(value, inner)
            count = layout.halo * column // self.lanes
            before.append(f"zero({name}, {start} - {layout.halo * column}, {count})")
            end = f"zero({name}, {start} + {extents[row.name]} * {column}, {count})"
            line = self.parts[self.parts.index(row) - 1]
            after.append((f"{line.name} == {extents[line.name]} - 1" if layout.has_lines else "", end))
        return before, after

    def emit_halo_of_element(self, body: Writer, texts: dict[str, str]) -> None:
        """The same where rows are not written one after the other: with the first and the last element of a row."""
        row = next((p for p in self.parts if self.is_row(p)), None)
        if row is None:
            return
        before, after = self.halo_lines(row, texts)
        with body.block(f"if {row.name} == 0"):
            for line in before:
                body.line(line)
        for condition, line in after:
            with body.block(" and ".join([f"if {row.name} == {texts[row.name]} - 1", *filter(None, [condition])])):
                body.line(line)
