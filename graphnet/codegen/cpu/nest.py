"""Kernels as plain loop nests: pointwise, reductions, movement, and contractions that no tile fits.

Vectors run along the lanes of the outputs; where those have none, along the lanes that are folded; and where layouts
cut a loop in two ways, elements are computed one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Literal

from graphnet.codegen.cpu.expressions import ExpressionPrinter, keeps_zero, number
from graphnet.codegen.kernel_frame import GeneratedKernel, KernelFrame, kernel_label
from graphnet.codegen.loops import Access, Cut, Part, cut_loops, locate
from graphnet.codegen.writer import Writer, affine
from graphnet.core.diagnostics import InternalError
from graphnet.core.types import BATCH, Extent, product
from graphnet.ir.comprehension import Index, Read, Result
from graphnet.ir.expression import BatchSize, Coordinate, Expression, Load, Uniform
from graphnet.ir.graph import Node, Value
from graphnet.ir.layout import Layout
from graphnet.ir.schedule import FusedKernel

Mode = Literal["lanes", "folded", "scalar"]
IDENTITY = {"sum": 0.0, "max": float("-inf"), "min": float("inf"), "argmax": float("-inf")}


@dataclass(frozen=True)
class Operand:
    """A read or a write of a kernel: its access, and how vectors read it.

    Attributes:
        lane_stride: elements between lanes: 0 for one number for all, 1 for a vector, else a gather.
    """

    value: Value
    access: Access
    lane_stride: int


def emit_nest(kernel: FusedKernel, layouts: Mapping[Value, Layout], module: str, lanes: int) -> GeneratedKernel:
    """Write a kernel as a loop nest.

    Args:
        kernel: a body with the pointwise nodes fused into it.
        layouts: of every value it reads or writes.
        module: of the primitives.
        lanes: the vector width.
    """
    frame = KernelFrame(kernel, layouts)
    for mode in ("lanes", "folded", "scalar"):
        emitter = Nest(frame, lanes, mode)
        if emitter.prepare():
            return emitter.emit(module)
    raise InternalError("code generation", "no loop nest walks the layouts of its operands", kernel.name)


class Nest:
    """One attempt to walk a kernel's operands; `prepare` tells whether it succeeds."""

    def __init__(self, frame: KernelFrame, lanes: int, mode: Mode) -> None:
        self.frame, self.lanes, self.mode = frame, lanes, mode
        self.op, self.out, self.layouts = frame.op, frame.out, frame.layouts
        self.lane: Part | None = None
        self.lane_loop = ""
        self.operands: dict[tuple[int, int], Operand] = {}
        self.writes: dict[Value, Operand] = {}
        self.w = Writer(1)

    # -- planning ------------------------------------------------------------------------------------------------

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
            self.cut: Cut = self._scalar_cut()
            self.parts = [p for loop in op.out for p in self.cut[loop.name]]
            self.parts = self._in_layout_order()
            return True
        reads = [(r, self.layouts[v]) for r, v in self._root_reads()]
        cut = cut_loops(op, self.out, reads, self.lane_loop if self.mode == "folded" else None)
        if cut is None:
            return False
        self.cut = cut
        step = self.out.dims[-1].step if self.mode == "lanes" else 1
        self.lane = next((p for p in cut[self.lane_loop] if p.step == step and p.extent == self.lanes), None)
        if self.lane is None:
            return False
        self.parts = [p for p in self._in_layout_order() if p is not self.lane]
        return self._locate_all()

    def _root_reads(self) -> list[tuple[Read, Value]]:
        root = self.frame.nodes[0]
        return [(r, root.inputs[r.operand]) for r in self.op.reads]

    def _folded_lanes(self) -> str | None:
        folded = {loop.name for loop in self.op.reduce}
        if any(r.fold == "argmax" for r in self.op.results):
            return None
        for read, value in self._root_reads():
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
            same = [p for p in parts if p.step == dim.step and p not in ordered]
            one_dim = len(self.out.along(dim.axis)) == 1
            ordered += [p for p in parts if p not in ordered] if one_dim else same[:1]
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
        for value in self.frame.kernel.writes:
            index = tuple(Index.of(loop.name) for loop in self.op.out)
            operand = self._operand(Read(0, index), value)
            if operand is None or operand.lane_stride != (1 if self.mode == "lanes" else 0):
                return False
            self.writes[value] = operand
        return True

    def _operand(self, read: Read, value: Value) -> Operand | None:
        access = locate(read, self.layouts[value], value.type.shape, self.cut)
        if access is None or self.lane is None:
            return None
        stride = access.strides.get(self.lane.name, 0)
        on_lanes = [i for i in (*(i for i, _ in access.bounds), *(q[0] for q in access.quotients))
                    if any(name == self.lane_loop for name, _ in i.terms)]  # fmt: skip
        if on_lanes and not all(self._moves_whole_blocks(i, value) for i in on_lanes):
            return None
        return Operand(value, access, stride)

    def _moves_whole_blocks(self, index: Index, value: Value) -> bool:
        return self.layouts[value].lanes == self.lanes and index.divisor == 1 and index.offset % self.lanes == 0

    # -- texts ---------------------------------------------------------------------------------------------------

    def _logical(self, loop: str) -> str:
        """The value of a logical loop (at lane 0)."""
        terms: list[tuple[str, str | int]] = [
            (p.name, self.frame.row.number(f"{p.name}_step", p.step)) for p in self.cut[loop] if p is not self.lane
        ]
        return affine(0, terms)

    def _term(self, index: Index) -> str:
        """The numerator of an index."""
        terms: list[tuple[str, str | int]] = []
        for loop, factor in index.terms:
            text = self._logical(loop)
            terms.append((text if "+" not in text and "*" not in text else f"({text})", factor))
        text = affine(0, terms)
        return text if not index.offset else f"{text} {'+' if index.offset > 0 else '-'} {abs(index.offset)}"

    def _offset(self, operand: Operand, without: Sequence[str] = ()) -> str:
        """The element offset of an operand at the current loops (lane 0)."""
        name, access = self.frame.pointer(operand.value), operand.access
        terms: list[tuple[str, str | int]] = [
            (part, self.frame.row.number(f"{name}_{part}", stride))
            for part, stride in access.strides.items()
            if part not in without and (self.lane is None or part != self.lane.name)
        ]
        constant = self.frame.row.number(f"{name}_0", access.constant)
        text = affine(constant, terms)
        for index, stride, _ in access.quotients:
            factor = self.frame.row.number(f"{name}_q{stride}", stride)
            text += f" + ({self._term(index)}) // {index.divisor} * {factor}"
        return text

    def _scalar_offset(self, read: Read, value: Value) -> str:
        """The element offset of a read, digit by digit where an axis is cut."""
        layout, name = self.layouts[value], self.frame.pointer(value)
        text = [str(self.frame.row.number(f"{name}_0", layout.base))]
        for axis, index in enumerate(read.index):
            if not index.terms and not index.offset:
                continue
            at = self._term(index)
            at = f"({at})" if " " in at else at
            if index.divisor != 1:
                at = f"({at} // {index.divisor})"
            stride = layout.linear_stride(axis)
            if stride is not None:
                text.append(f"{at} * {self.frame.row.number(f'{name}_a{axis}', stride)}")
                continue
            for number_, dim in enumerate(layout.along(axis)):
                digit = at if dim.step == 1 else f"{at} // {dim.step}"
                if number_:
                    digit = f"{digit} % {dim.extent}"
                text.append(f"({digit}) * {self.frame.row.number(f'{name}_a{axis}_{number_}', dim.stride)}")
        return " + ".join(t for t in text if t != "0") or "0"

    def _load(self, k: int, slot: int, node: Node) -> str:
        read = node.comprehension.reads[slot]
        value = node.inputs[read.operand]
        name = self.frame.pointer(value)
        if self.mode == "scalar":
            self.frame.used.add("sload")
            text = f"sload({name}, {self._scalar_offset(read, value)})"
            bounds = self._scalar_bounds(read, value)
        else:
            operand = self.operands[k, slot]
            text = self._vector_load(name, operand)
            bounds = list(operand.access.bounds)
        folded = {loop.name for loop in self.op.reduce}
        guards = [b for b in bounds if not any(loop in folded for loop, _ in b[0].terms)]
        if guards:
            self.frame.used.add("splat")
            condition = " and ".join(self._is_inside(index, extent) for index, extent in guards)
            text = f"{text} if {condition} else splat({number(read.fill)})"
        return text

    def _vector_load(self, name: str, operand: Operand) -> str:
        offset = self._offset(operand)
        stride = operand.lane_stride
        if stride == 0:
            self.frame.used.add("sload")
            return f"sload({name}, {offset})"
        if stride == 1:
            self.frame.used.add("vload")
            return f"vload({name}, {offset})"
        factor = self.frame.row.number(f"{name}_lane", stride)
        if self.lane is not None and self.lane.is_ragged:
            self.frame.used |= {"vgather_first", "imin"}
            return f"vgather_first({name}, {offset}, {factor}, {self._lane_count()})"
        self.frame.used.add("vgather")
        return f"vgather({name}, {offset}, {factor})"

    def _lane_count(self) -> str:
        assert self.lane is not None
        self.frame.used.add("imin")
        units = self.frame.row.number(f"{self.lane.name}_units", self.lane.units)
        return f"imin({self.lanes}, {units} - {self.lane.block} * {self.lanes})" if self.lane.block else units

    def _scalar_bounds(self, read: Read, value: Value) -> list[tuple[Index, Extent]]:
        extents = {loop.name: loop.extent for loop in (*self.op.out, *self.op.reduce)}
        bounds: list[tuple[Index, Extent]] = []
        for index, extent in zip(read.index, value.type.shape, strict=True):
            if index.loop or not index.terms:
                continue
            known = {name: int(extents[name]) for name, _ in index.terms if extents[name] != BATCH}
            if len(known) == len(index.terms) and extent != BATCH and index.divisor == 1:
                low, high = index.range(known)
                if low >= 0 and high < int(extent):
                    continue
            if index.offset == 0 and index.divisor == 1 and all(c > 0 for _, c in index.terms) and extent == BATCH:
                continue  # n alone, within the batch by construction
            bounds.append((index, extent))
        return bounds

    def _is_inside(self, index: Index, extent: Extent) -> str:
        at = self._term(index)
        size = self.frame.batch() if extent == BATCH else str(extent)
        if index.divisor == 1:
            return f"0 <= {at} < {size}"
        return f"0 <= {at} <= ({size} - 1) * {index.divisor} and ({at}) % {index.divisor} == 0"

    def _leaf(self, k: int, node: Node, values: Mapping[Value, str]) -> object:
        def text(e: Expression) -> str:
            match e:
                case Load(slot):
                    value = node.inputs[node.comprehension.reads[slot].operand]
                    if value in self.frame.inside:
                        return values[value]
                    return f"v{k}_{slot}"
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
        extents = {loop.name: loop.extent for loop in self.op.out}
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

    # -- emission ------------------------------------------------------------------------------------------------

    def emit(self, module: str) -> GeneratedKernel:
        w, frame = self.w, self.frame
        outer, inner = self._split_tasks()
        extents = {p.name: frame.extent(p.name, self.count(p)) for p in self.parts}
        w.line("task = next_task(args[0])")
        total = " * ".join(extents[p.name] for p in outer) or "1"
        with w.block(f"while task < {total}"):
            rest = "task"
            for position, part in reversed(list(enumerate(outer))):
                if position == 0:
                    w.line(f"{part.name} = {rest}")
                else:
                    w.line(f"{part.name} = {rest} % {extents[part.name]}")
                    rest = f"{rest} // {extents[part.name]}"
            self._emit_inner(inner, extents, outer)
            w.line("task = next_task(args[0])")
        label = kernel_label(frame.nodes)
        return GeneratedKernel(frame.assemble(label, w, module), tuple(frame.row.arguments), self.op.family)

    def count(self, part: Part) -> Extent:
        """How often a part runs: the inner part of a single block only as far as there are positions."""
        return min(int(part.extent), part.units) if part.block and part.units else part.extent

    def _split_tasks(self) -> tuple[list[Part], list[Part]]:
        """Which loops are shared among workers, and which run inside a task."""
        count = len(self.parts)
        folds_much = any(loop.extent == BATCH or int(loop.extent) > 16 for loop in self.op.reduce)
        inner = max(0, count - 2) if folds_much or count > 2 else count - 1
        inner = min(inner, 2)
        return self.parts[: count - inner], self.parts[count - inner :]

    def _emit_inner(self, inner: list[Part], extents: dict[str, str], outer: list[Part]) -> None:
        with ExitStack() as stack:
            after: list[tuple[str, str]] = []
            for part in inner:
                if self.is_row(part):
                    before, after = self.halo_lines(part, extents)
                    for line in before:
                        self.w.line(line)
                stack.enter_context(self.w.loop(part.name, "0", extents[part.name]))
            self._emit_element()
        depth = self.w.depth
        if after:
            rows = len(inner) - 1 - next(k for k, p in enumerate(inner) if self.is_row(p))
            self.w.depth += len(inner) - 1 - rows
            for condition, line in after:
                with self.w.block(condition):
                    self.w.line(line)
            self.w.depth = depth

    def is_row(self, part: Part) -> bool:
        return any(
            self.layouts[v].halo and part in self.cut[self.op.out[self.layouts[v].dims[self.layouts[v].row].axis].name]
            and part.step == self.layouts[v].dims[self.layouts[v].row].step
            for v in self.frame.kernel.writes
        )  # fmt: skip

    def halo_lines(self, row: Part, extents: dict[str, str]) -> tuple[list[str], list[tuple[str, str]]]:
        """Zeros before each row, and after the last row of a plane."""
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
            start = self._write_offset(value, inner)
            count = layout.halo * column // self.lanes
            before.append(f"zero({name}, {start} - {layout.halo * column}, {count})")
            end = f"zero({name}, {start} + {extents[row.name]} * {column}, {count})"
            line = self.parts[self.parts.index(row) - 1]
            after.append((f"if {line.name} == {extents[line.name]} - 1", end))
        return before, after

    def _write_offset(self, value: Value, without: Sequence[str] = ()) -> str:
        if self.mode != "scalar":
            return self._offset(self.writes[value], without)
        layout, name = self.layouts[value], self.frame.pointer(value)
        terms: list[tuple[str, str | int]] = []
        for axis, loop in enumerate(self.op.out):
            for part, dim in zip(self.cut[loop.name], layout.along(axis), strict=True):
                if part.name not in without:
                    terms.append((part.name, self.frame.row.number(f"{name}_{part.name}", dim.stride)))
        return affine(self.frame.row.number(f"{name}_0", layout.base), terms)

    def _emit_element(self) -> None:
        """Compute and store the outputs at the current output loops."""
        beyond = self._beyond() if self.mode == "scalar" else []
        if not beyond:
            self._emit_values()
            return
        self.frame.used |= {"splat", "sstore"}
        with self.w.block(f"if {' or '.join(beyond)}"):  # a padding lane
            for value in self.frame.kernel.writes:
                self.w.line(f"sstore({self.frame.pointer(value)}, {self._write_offset(value)}, splat(0.0))")
        with self.w.block("else"):
            self._emit_values()

    def _beyond(self) -> list[str]:
        """Conditions for an element that lies beyond the end of a cut axis."""
        return [f"{self._logical(o.name)} >= {o.extent}" for o in self.op.out if len(self.cut[o.name]) > 1]

    def _emit_values(self) -> None:
        values: dict[Value, str] = {}
        root = self.frame.nodes[0]
        if self.op.reduce:
            self._emit_fold(root, values)
        else:
            self._emit_map(0, root, values)
        for k, node in enumerate(self.frame.nodes[1:], start=1):
            self._emit_map(k, node, values)
        self._emit_stores(values)

    def _emit_loads(self, k: int, node: Node) -> None:
        for slot, read in enumerate(node.comprehension.reads):
            if node.inputs[read.operand] not in self.frame.inside:
                self.w.line(f"v{k}_{slot} = {self._load(k, slot, node)}")

    def _printer(self, k: int, node: Node, values: Mapping[Value, str]) -> ExpressionPrinter:
        return ExpressionPrinter(self.w, self._leaf(k, node, values), self.frame.used, prefix=f"t{k}_")  # type: ignore[arg-type]

    def _emit_map(self, k: int, node: Node, values: dict[Value, str]) -> None:
        self._emit_loads(k, node)
        texts = self._printer(k, node, values).print(*(r.expression for r in node.comprehension.results))
        for j, (value, text) in enumerate(zip(self._outputs(k), texts, strict=True)):
            self.w.line(f"r{k}_{j} = {text}")
            values[value] = f"r{k}_{j}"

    def _outputs(self, k: int) -> tuple[Value, ...]:
        return self.frame.kernel.nodes[k].outputs

    def _emit_fold(self, root: Node, values: dict[Value, str]) -> None:
        results = root.comprehension.results
        self.frame.used.add("splat")
        for j, result in enumerate(results):
            self.w.line(f"r0_{j} = splat({number(IDENTITY[result.fold or 'sum'])})")
            if result.fold == "argmax":
                self.w.line(f"at{j} = splat(0.0)")
        with ExitStack() as stack:
            for part in self.reduced_parts():
                start, stop, step = self.range_of(part)
                stack.enter_context(self.w.loop(part.name, start, stop, step))
            self._emit_loads(0, root)
            texts = self._printer(0, root, values).print(
                *(r.expression for r in results), *(r.position for r in results if r.position is not None)
            )
            positions = iter(texts[len(results) :])
            mask = self._fold_mask()
            for j, result in enumerate(results):
                self._accumulate(j, result, texts[j], mask, next(positions) if result.position is not None else "")
        for j, result in enumerate(results):
            if self.mode == "folded":
                fold = {"sum": "hsum", "max": "hmax", "min": "hmin"}[result.fold or "sum"]
                self.frame.used.add(fold)
                self.w.line(f"r0_{j} = {fold}(r0_{j})")
            values[self._outputs(0)[j]] = f"at{j}" if result.fold == "argmax" else f"r0_{j}"

    def _accumulate(self, j: int, result: Result, text: str, mask: str, position: str) -> None:
        name = f"r0_{j}"
        if mask:
            self.frame.used |= {"where", "splat"}
            text = f"where({mask}, {text}, splat({number(IDENTITY[result.fold or 'sum'])}))"
        match result.fold:
            case "sum":
                self.w.line(f"{name} = {name} + {text}")
            case "max" | "min":
                function = "maximum" if result.fold == "max" else "minimum"
                self.frame.used.add(function)
                self.w.line(f"{name} = {function}({name}, {text})")
            case "argmax":
                self.frame.used.add("where")
                self.w.line(f"e{j} = {text}")
                self.w.line(f"better{j} = (e{j} > {name}) | (e{j} != e{j})")
                self.w.line(f"at{j} = where(better{j}, {position}, at{j})")
                self.w.line(f"{name} = where(better{j}, e{j}, {name})")

    def reduced_parts(self) -> list[Part]:
        return [p for loop in self.op.reduce for p in self.cut[loop.name] if p is not self.lane]

    def _fold_mask(self) -> str:
        """The mask of the folded lanes that hold data, where the last block is not full."""
        if self.mode != "folded" or self.lane is None or not self.lane.is_ragged:
            return ""
        self.frame.used.add("first_lanes")
        return f"first_lanes({self._lane_count()})"

    def range_of(self, part: Part, halo_loop: str = "", *, whole_blocks: bool = False) -> tuple[str, str, str]:
        """The range of a reduced loop: clipped to where every read falls inside its operand.

        Args:
            part: the loop.
            halo_loop: an output loop whose reads need no clipping, because zeros lie beyond.
            whole_blocks: walk a last block that is not full to its end, because it holds zeros.
        """
        starts, stops, step = ["0"], [self.frame.extent(part.name, self.count(part))], "1"
        if part.is_ragged and part.units > int(part.extent) and not whole_blocks:
            units = self.frame.row.number(f"{part.name}_units", part.units)
            stops.append(f"{units} - {part.block} * {part.extent}")
        conditions: list[tuple[Index, Extent]] = []
        for slot, (read, value) in enumerate(self._root_reads()):
            found = self._scalar_bounds(read, value) if self.mode == "scalar" else self.operands[0, slot].access.bounds
            conditions += [b for b in found if b not in conditions]
        shift = ""
        for index, extent in conditions:
            folded = [p for p in self.reduced_parts() if any(name == p.name for name, _ in index.terms)]
            if not folded or folded[-1] is not part or any(name == halo_loop for name, _ in index.terms):
                continue
            factor = index.coefficient(part.name)
            rest = self._term(Index(tuple(t for t in index.terms if t[0] != part.name), index.offset))
            size = self.frame.batch() if extent == BATCH else str(extent)
            last = f"({size} - 1)" if index.divisor == 1 else f"({size} - 1) * {index.divisor}"
            self.frame.used.add("ceildiv")
            if factor > 0:
                starts.append(f"ceildiv(-({rest}), {factor})")
                stops.append(f"({last} - ({rest})) // {factor} + 1")
            else:
                starts.append(f"ceildiv({rest} - {last}, {-factor})")
                stops.append(f"({rest}) // {-factor} + 1")
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

    def emit_epilogue(self, accumulator: str) -> None:
        """What is fused behind a body whose single result is at hand, and the stores."""
        values = {self._outputs(0)[0]: accumulator}
        for k, node in enumerate(self.frame.nodes[1:], start=1):
            self._emit_map(k, node, values)
        self._emit_stores(values)

    def _emit_stores(self, values: Mapping[Value, str]) -> None:
        clean = self._zero_keeping()
        for value in self.frame.kernel.writes:
            name, offset, text = self.frame.pointer(value), self._write_offset(value), values[value]
            if self.mode != "lanes":
                self.frame.used.add("sstore")
                self.w.line(f"sstore({name}, {offset}, {text})")
                continue
            self.frame.used.add("vstore")
            if self.lane is not None and self.lane.is_ragged and value not in clean:
                self.frame.used |= {"where", "first_lanes", "splat"}
                text = f"where(first_lanes({self._lane_count()}), {text}, splat(0.0))"
            self.w.line(f"vstore({name}, {offset}, {text})")

    def _zero_keeping(self) -> set[Value]:
        """The outputs whose padding lanes are zero because the operands' are."""
        clean: set[Value] = set()
        for k, node in enumerate(self.frame.nodes):
            op = node.comprehension
            zero = {
                slot
                for slot, read in enumerate(op.reads)
                if (node.inputs[read.operand] in clean)
                or ((k, slot) in self.operands and self.operands[k, slot].lane_stride != 0)
            }
            for value, result in zip(self._outputs(k), op.results, strict=True):
                if result.fold in (None, "sum") and keeps_zero(result.expression, zero):
                    clean.add(value)
        return clean

