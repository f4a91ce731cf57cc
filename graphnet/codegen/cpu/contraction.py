"""Contractions as register tiles: rows of broadcast scalars times vectors of lanes.

Of the output's physical loops, one becomes the lanes, one (a run along which the vector operand does not change) the
rows of a tile, and a few blocks of lanes its columns. The reduced loops become the nest inside the tile. What is
fused behind the contraction is applied to the accumulators while they are in registers.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass

from graphnet.codegen.access import Access
from graphnet.codegen.cpu.tile_plan import TileLimits, TilePlan
from graphnet.codegen.kernel_frame import GeneratedKernel, KernelFrame, kernel_label
from graphnet.codegen.loops import Part
from graphnet.codegen.writer import Writer, affine, quotient, times
from graphnet.core.types import BATCH, Extent
from graphnet.ir.comprehension import Index


@dataclass(frozen=True)
class Reduced:
    """One loop inside the tile: texts for its count and for the steps of both operands."""

    count: str
    x_step: str
    w_step: str


class TileEmitter(TilePlan):
    """A tile that writes itself."""

    def __init__(self, frame: KernelFrame, lanes: int, limits: TileLimits) -> None:
        super().__init__(frame, lanes, limits)
        self.w = Writer(1)
        self.functions: list[str] = []
        self.context: list[str] = []

    def emit(self, module: str) -> GeneratedKernel:
        nest, frame, w = self.nest, self.frame, self.w
        nest.w = w
        blocks = int(self.block.extent) if self.block else 1
        extent, self.is_static = self.row_extent(self.row)
        self.stride = self.phase.divisor if self.phase else 1
        _, self.rows, self.columns = self.choose_tile(extent, self.is_static)
        self.rest = extent % self.rows if self.is_static else -1

        outer = [p for p in nest.parts if p is not self.row and p not in self.inside]
        self.texts = {p.name: frame.extent(p.name, nest.count(p)) for p in (*outer, *self.inside, self.row)}
        counts = {p.name: self.texts[p.name] for p in outer}
        names = [p.name for p in outer]
        if self.block:
            groups = frame.row.number(f"{self.block.name.upper()}G", blocks // self.columns)
            counts[self.block.name] = groups
        rows_are_tasks = self.rows_are_tasks(outer)
        if rows_are_tasks:
            names.append("tile")
            w.line(f"tiles = ceildiv({self.texts[self.row.name]}, {self.rows})")
            frame.used.add("ceildiv")
            counts["tile"] = "tiles"
        w.line("task = next_task(args[0])")
        with w.block(f"while task < {times(*(counts[n] for n in names))}"):
            group = f"{self.block.name}_{'first' if self.columns == 1 else 'group'}" if self.block else ""
            targets = [group if self.block and name == self.block.name else name for name in names]
            w.unravel("task", targets, [counts[name] for name in names])
            if self.block and self.columns > 1:
                w.line(f"{self.block.name}_first = {group} * {self.columns}")
            self._emit_task(rows_are_tasks)
            w.line("task = next_task(args[0])")
        label = kernel_label(frame.nodes)
        source = frame.assemble(label, w, module, self.functions)
        return GeneratedKernel(source, tuple(frame.row.arguments), "contraction")

    def rows_are_tasks(self, outer: Sequence[Part]) -> bool:
        """Whether tiles along a run of rows are tasks of their own: where the other loops are few."""
        return self.row.extent == BATCH or not any(p.extent == BATCH or int(p.extent) > 3 for p in outer)

    def _emit_task(self, rows_are_tasks: bool) -> None:
        """What one task does."""
        with ExitStack() as stack:
            for part in self.inside:
                stack.enter_context(self.w.loop(part.name, "0", self.texts[part.name]))
            self._emit_halo()
            self._emit_phases(rows_are_tasks)

    def _emit_halo(self) -> None:
        """Zeros between the rows that this task writes."""
        if not any(self.frame.layouts[v].halo for v in self.frame.kernel.writes) or not self.nest.is_row(self.row):
            return
        w = self.w
        first = f"{self.block.name}_first" if self.block else "0"
        blocks = w.loop(self.block.name, first, f"{first} + {self.columns}") if self.block else nullcontext()
        with blocks:
            before, after = self.nest.halo_lines(self.row, self.texts)
            for line in before:
                w.line(line)
            for condition, line in after:
                with w.block(f"if {condition}") if condition else nullcontext():
                    w.line(line)

    def _emit_phases(self, rows_are_tasks: bool) -> None:
        w = self.w
        if self.phase is None:
            self._emit_rows(self.texts[self.row.name], rows_are_tasks)
            return
        with w.loop("phase", "0", str(self.stride)):
            w.line(f"rows = ({self.texts[self.row.name]} - phase + {self.stride - 1}) // {self.stride}")
            self._emit_rows("rows", rows_are_tasks)

    def _emit_rows(self, count: str, rows_are_tasks: bool) -> None:
        """The tiles along the rows: whole ones, then the rest."""
        w = self.w
        nest_loops = self._emit_reduced()
        start, stop = "0", count
        if rows_are_tasks:
            w.line(f"start = tile * {self.rows}")
            w.line(f"stop = imin(start + {self.rows}, {count})")
            self.frame.used.add("imin")
            start, stop = "start", "stop"
        whole = f"{stop} - {self.rows - 1}" if self.rows > 1 else stop
        with w.loop("row", start, whole, str(self.rows)):
            self._emit_one_tile(self.rows, nest_loops)
        if self.is_static and self.rest and not rows_are_tasks:
            w.line(f"row = {count} - {self.rest}")
            self._emit_one_tile(self.rest, nest_loops)
        elif self.rest and self.rows > 1:
            first = f"{stop} - ({stop} - {start}) % {self.rows}" if start != "0" else f"{stop} - {stop} % {self.rows}"
            with w.loop("row", first, stop):
                self._emit_one_tile(1, nest_loops)

    def _emit_reduced(self) -> list[Reduced]:
        """Where the nest starts in both operands (`x_at`, `w_at`), and its loops."""
        nest, w = self.nest, self.w
        x, v = self.frame.pointer(self.x), self.frame.pointer(self.v)
        starts_x: list[tuple[str, str | int]] = []
        starts_v: list[tuple[str, str | int]] = []
        loops: list[tuple[Reduced, tuple[Extent, int, int] | None]] = []
        parts = sorted(self.counted_parts(), key=lambda p: bool(p.block))  # positions within a block go innermost
        extra = ""
        for part in parts:
            x_stride, v_stride = self.x_at.strides.get(part.name, 0), self.v_at.strides.get(part.name, 0)
            x_name = self.frame.row.number(f"{x}_{part.name}", x_stride)
            v_name = self.frame.row.number(f"{v}_{part.name}", v_stride)
            quotient = next((q for q in self.x_at.quotients if any(n == part.name for n, _ in q[0].terms)), None)
            if quotient is not None:
                index, stride, extent = quotient
                extra += self._emit_taps(part, index, stride, extent, v_name, loops)
                starts_v.append((f"{part.name}_start", v_name))
                continue
            start, stop = self.range_of(part)
            if start == "0":
                count = self.frame.extent(part.name, nest.count(part))
                loops.append((Reduced(count, x_name, v_name), (nest.count(part), x_stride, v_stride)))
                continue
            self.frame.used.add("imax")
            w.line(f"{part.name}_count = imax(0, {stop} - {start})")
            starts_x.append((start, x_name))
            starts_v.append((start, v_name))
            loops.append((Reduced(f"{part.name}_count", x_name, v_name), None))
        for name, operand, access, starts in (("x", x, self.x_at, starts_x), ("w", v, self.v_at, starts_v)):
            terms = self._outer_terms(operand, access)
            text = affine(self.frame.row.number(f"{operand}_0", access.constant), [*terms, *starts])
            w.line(f"{name}_at = {text}{extra if name == 'x' else ''}")
        return self._joined(loops)

    def range_of(self, part: Part) -> tuple[str, str]:
        """The range of a reduced loop; one that starts at 0 is whole."""
        start, stop, _ = self.nest.range_of(part, self.row.name, whole_blocks=True)
        return start, stop

    def _outer_terms(self, operand: str, access: Access) -> list[tuple[str, str | int]]:
        """The terms of the loops around a tile."""
        reduced = {p.name for p in self.nest.reduced_parts()} - {p.name for p in self.walked}
        terms: list[tuple[str, str | int]] = []
        for part, stride in access.strides.items():
            if part in reduced or part == self.row.name or (self.nest.lane and part == self.nest.lane.name):
                continue
            variable = f"{part}_first" if self.block and part == self.block.name else part
            terms.append((variable, self.frame.row.number(f"{operand}_{part}", stride)))
        return terms

    def _emit_taps(
        self, part: Part, index: Index, stride: int, extent: Extent, v_name: str,
        loops: list[tuple[Reduced, tuple[Extent, int, int] | None]],
    ) -> str:  # fmt: skip
        """The taps of a strided input gradient: every `step`-th from the first that reads a whole position.

        Returns:
            a term to add to x's start.
        """
        w, x = self.w, self.frame.pointer(self.x)
        position = next(name for name, _ in index.terms if name != part.name)
        dilation, divisor = -index.coefficient(part.name), index.divisor
        step = next(s for s in range(1, divisor + 1) if dilation * s % divisor == 0)
        unit = self.frame.row.number(f"{x}_q{part.name}", stride)
        at = "phase" if position == self.row.name else position
        rest = f"{at} + {index.offset}" if index.offset >= 0 else f"{at} - {-index.offset}"
        taps = self.frame.extent(part.name, self.nest.count(part))
        start, stop = f"{part.name}_start", f"{part.name}_stop"
        self.frame.used |= {"imax", "imin", "ceildiv"}
        if position == self.row.name:
            w.line(f"{start} = 0")
            w.line(f"{stop} = {taps}")
        else:
            first = quotient(f"{rest} - {(int(extent) - 1) * divisor}", dilation, up=True)
            w.line(f"{start} = imax(0, {first})")
            w.line(f"{stop} = imin({taps}, {quotient(rest, dilation)} + 1)")
        with w.block(f"while {start} < {stop} and ({rest} - {dilation} * {start}) % {divisor} != 0"):
            w.line(f"{start} += 1")
        w.line(f"{part.name}_count = imax(0, ceildiv({stop} - {start}, {step}))")
        moves = dilation * step // divisor
        x_step = f"-{unit}" if moves == 1 else f"-{moves} * {unit}"
        v_step = v_name if step == 1 else f"{step} * {v_name}"
        loops.append((Reduced(f"{part.name}_count", x_step, v_step), None))
        return f" + ({rest} - {dilation} * {start}) // {divisor} * {unit}"

    def _joined(self, loops: list[tuple[Reduced, tuple[Extent, int, int] | None]]) -> list[Reduced]:
        """Join neighbouring loops that together advance evenly in both operands."""
        made: list[tuple[Reduced, tuple[Extent, int, int] | None]] = []
        for loop, numbers in loops:
            if made and numbers is not None and made[-1][1] is not None:
                outer, (count, x_stride, v_stride) = made[-1][0], made[-1][1]
                inner, x_step, v_step = numbers
                if inner != BATCH and x_stride == int(inner) * x_step and v_stride == int(inner) * v_step:
                    joint = (
                        f"{outer.count} * {loop.count}"
                        if "1" not in (outer.count, loop.count)
                        else (loop.count if outer.count == "1" else outer.count)
                    )
                    total: Extent = BATCH if count == BATCH else int(count) * int(inner)
                    if total != BATCH:
                        made[-1] = (Reduced(joint, loop.x_step, loop.w_step), (total, x_step, v_step))
                        continue
            made.append((loop, numbers))
        return [loop for loop, _ in made]

    def row_stride(self) -> str:
        """Elements of x from one row of a tile to the next."""
        x = self.frame.pointer(self.x)
        if self.phase is None:
            name, stride = self.row.name, self.x_at.strides.get(self.row.name, 0)
        else:
            name = f"q{next(n for n, _ in self.phase.terms if n != self.row.name)}"
            stride = next(s for i, s, _ in self.x_at.quotients if i is self.phase)
        return self.stride_text(f"{x}_{name}", stride)

    def stride_text(self, name: str, elements: int) -> str:
        """The text of a stride inside of a tile: small multiples of a vector are written out.

        Addresses then are one register and a constant; otherwise those of all rows do not fit the registers.
        """
        is_small = elements in (self.lanes, 2 * self.lanes, 4 * self.lanes)
        return str(elements) if is_small else self.frame.row.number(name, elements)

    def _emit_one_tile(self, rows: int, loops: list[Reduced]) -> None:
        frame, w, depth = self.frame, self.w, len(loops)
        x, v = frame.pointer(self.x), frame.pointer(self.v)
        row_stride = self.row_stride()
        between = self.v_at.strides.get(self.block.name, 0) if self.block else 0
        lane_stride = frame.row.number(f"{v}_{self.block.name}", between) if self.block else "0"
        tile = f"tile_{rows}x{self.columns}_{depth}"
        frame.used.add(tile)
        nest = ", ".join(f"{loop.count}, {loop.x_step}, {loop.w_step}" for loop in loops)
        x_at = affine("x_at", [("row", row_stride)])
        w.line(f"acc = {tile}({x}, {x_at}, {v}, w_at, ({row_stride}, {lane_stride}, {nest}))")
        self.emit_map(rows)

    def emit_map(self, rows: int) -> None:
        """Apply the epilogue to the accumulators of a tile."""
        mapped = f"map_tile_{rows}x{self.columns}"
        self.frame.used.add(mapped)
        self.w.line(f"{mapped}(epilogue, acc, {', '.join(self._epilogue())})")

    def _epilogue(self) -> list[str]:
        """Write the epilogue once; returns the names of its context."""
        if self.functions:
            return self.context
        nest, body = self.nest, Writer(1)
        nest.w = body
        if self.block:
            body.line(f"{self.block.name} = {self.block.name}_first + across")
        row = "row + down" if self.stride == 1 else f"(row + down) * {self.stride} + phase"
        body.line(f"{self.row.name} = {row}")
        self._emit_results()
        if not nest.is_row(self.row):
            nest.emit_halo_of_element(body, self.texts)
        nest.w = self.w
        known = {name for p in nest.parts for name in (p.name, f"{p.name}_first")}
        function, self.context = self.frame.epilogue(body, known | {"row", "phase"})
        self.functions.append(function)
        return self.context

    def _emit_results(self) -> None:
        """What becomes of an accumulator."""
        self.nest.emit_epilogue("acc")
