"""Contractions along whose lanes both operands vary, as register tiles: depthwise convolutions and narrow groups.

A vector of x meets a vector of filters, lane by lane. The rows of a tile are neighbours along a row of the output,
which share the filters' taps; written out, the taps also share what the rows load of x. For a weight gradient it is the
other way round: the rows are the taps, and neighbours along the output's gradient are what is written out. That sum is
taken over whole maps, a few lines at a time, so that all taps meet the lines while these are in the cache.

Where lanes belong to groups of a few channels, each lane reads one channel of its group after the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from graphnet.codegen.access import Access
from graphnet.codegen.cpu.contraction import Reduced, TileEmitter
from graphnet.codegen.cpu.lane_tile import LaneTile
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.kernel_frame import GeneratedKernel, KernelFrame
from graphnet.codegen.loops import Part
from graphnet.codegen.writer import affine
from graphnet.core.types import BATCH, product
from graphnet.ir.graph import Value
from graphnet.ir.layout import Layout
from graphnet.ir.schedule import FusedKernel

MOST_TAPS = 8
"""How many steps of a loop are written out at most."""
CHAINS = 8
"""Accumulators that a core works on at once: fewer wait for one another."""
TASK = 4096
"""Vector multiply-adds that are worth a task of their own."""
TASKS = 16
"""Tasks that a kernel should have at least, to keep any number of workers busy."""
LONG = 256
"""Terms of a sum to which adding in memory costs next to nothing."""
LINES = 6144
"""Elements of both operands that are walked before the next tap: they stay in a core's first cache."""


def emit_lane_tile(
    kernel: FusedKernel, layouts: Mapping[Value, Layout], module: str, lanes: int, limits: TileLimits
) -> GeneratedKernel | None:
    """Write a contraction around a tile of vectors, or return None where none fits."""
    tile = LaneEmitter(KernelFrame(kernel, layouts), lanes, limits)
    return tile.emit(module) if tile.prepare() else None


@dataclass(frozen=True)
class Slide:
    """A reduced loop that moves x along its rows, as the rows of a tile do.

    Attributes:
        part: the loop.
        unit: elements between neighbours of x.
        row_step, step: how many neighbours the rows, and the loop, advance by.
        taps: how many of its steps are written out.
    """

    part: Part
    unit: int
    row_step: int
    step: int
    taps: int


class LaneEmitter(TileEmitter):
    """A tile of vectors that writes itself.

    Attributes:
        slide: the loop that is written out, if there is one.
        repeats: output loops, along which v stays, that run between the walked loops and the tiles: a task adds to its
            results again and again, in memory.
        chunk: the reduced loop that is walked a few steps at a time, and how many.
    """

    def __init__(self, frame: KernelFrame, lanes: int, limits: TileLimits) -> None:
        super().__init__(frame, lanes, limits)
        self.nest.spreads = True
        self.slide: Slide | None = None
        self.repeats: list[Part] = []
        self.chunk: tuple[Part, int] | None = None
        self.accumulates = False

    # -- planning ------------------------------------------------------------------------------------------------

    def _choose_roles(self, located: list[tuple[Value, Access]]) -> bool:
        """Decide which operand gives the rows, along which run, and what is written out."""
        assert self.nest.lane is not None
        if any(access.strides.get(self.nest.lane.name, 0) != 1 for _, access in located):
            return False
        best: tuple[float, int] | None = None
        for way in (0, 1):
            found = self._assign(located[way], located[1 - way])
            if found is not None and (best is None or found < best[0]):
                best = found, way
        if best is None:
            return False
        self._assign(located[best[1]], located[1 - best[1]])
        self._arrange()
        return True

    def _assign(self, x: tuple[Value, Access], v: tuple[Value, Access]) -> float | None:
        """Give the operands their roles; returns the cycles a row takes, or None if that does not work."""
        (self.x, self.x_at), (self.v, self.v_at) = x, v
        self.phase, self.slide = None, None
        if self.v_at.quotients or self.v_at.spread is not None:
            return None
        self.block = self._columns()
        row = self._choose_row()
        if row is None:
            return None
        cycles, self.row = row
        if not self._is_reducible():
            return None
        self.slide = self._find_slide()
        return cycles if self.slide is not None else cycles * 1.5

    @property
    def group(self) -> int:
        """Lanes that share what they read of x."""
        return self.x_at.spread.group if self.x_at.spread else 1

    @property
    def spreads(self) -> bool:
        """Whether each position of a group is a column of the tile, instead of a term of its sums."""
        return self.x_at.spread is not None and self._part(self.x_at.spread.loop) in self.nest.parts

    def _part(self, name: str) -> Part | None:
        return next((p for p in (*self.nest.parts, *self.nest.reduced_parts()) if p.name == name), None)

    def _columns(self) -> Part | None:
        """The output loop of a tile's columns: x does not change along it, or only from one position of a group on."""
        if self.x_at.spread is not None:
            return self._part(self.x_at.spread.loop) if self.spreads else None
        read = {name for access in (self.x_at, self.v_at) for index, _ in access.bounds for name in index.loops}
        for part in self.nest.parts:
            is_still = not self.x_at.strides.get(part.name, 0) and part.name not in read
            if is_still and self.v_at.strides.get(part.name, 0) and part.extent != BATCH and not part.ends_early:
                return part
        return None

    def _find_slide(self) -> Slide | None:
        """A loop that x is read along together with the rows: `w * stride + j * dilation`."""
        for read in self.frame.op.reads:
            if self.frame.nodes[0].inputs[read.operand] is not self.x:
                continue
            for index in read.index:
                steps = dict(index.terms)
                if len(steps) != 2 or self.row.name not in steps or index.divisor != 1 or index.groups:
                    continue
                part = self._part(next(name for name in steps if name != self.row.name))
                if part is None or part in self.nest.parts or part.extent == BATCH or part.block:
                    continue
                row_step, step = steps[self.row.name], steps[part.name]
                unit, rest = divmod(self.x_at.strides[self.row.name], row_step)
                taps = self._taps(int(part.extent))
                if rest == 0 and row_step > 0 and taps > 1:
                    return Slide(part, unit, row_step, step, taps)
        return None

    def _taps(self, count: int) -> int:
        """How many steps of a loop to write out."""
        if count <= MOST_TAPS:
            return count
        best = max(taps for taps in range(1, MOST_TAPS + 1) if count % taps == 0)
        if self._may_accumulate(count):
            return best if best >= MOST_TAPS // 2 else MOST_TAPS
        return best if best >= MOST_TAPS // 2 or count > 2 * MOST_TAPS else count

    def _may_accumulate(self, count: int) -> bool:
        """Whether tasks may add to results in memory: nothing is fused, and sums along the loop are long."""
        terms = product(self._most(p) for p in self.nest.reduced_parts())
        is_longer = self.row.extent != BATCH and count > int(self.row.extent)
        return len(self.frame.kernel.nodes) == 1 and terms >= LONG and is_longer and self.phase is None

    def _most(self, part: Part) -> int:
        return self.limits.batch if part.extent == BATCH else int(part.extent)

    def _arrange(self) -> None:
        """Decide which loops run inside of a task, and which around the tiles."""
        slide = self.slide
        if slide is not None and self._may_accumulate(int(slide.part.extent)):
            self.accumulates = True
            fixed = (self.row, self.block)
            self.repeats = [p for p in self.nest.parts if p not in fixed and self._is_tap(p)]
            self.inside = self.repeats
            lines = [p for p in self.nest.reduced_parts() if any(self._meet(p, tap) for tap in self.repeats)]
            self.walked = [p for p in self.nest.reduced_parts() if p is not slide.part and p not in lines]
            width = int(slide.part.extent) * (abs(self.x_at.strides[slide.part.name]) + self.lanes)
            if lines and LINES // width < int(lines[-1].extent):
                self.chunk = lines[-1], max(1, LINES // width)
        elif self.row.extent != BATCH:
            self._fill_tasks()

    def _fill_tasks(self) -> None:
        """Take loops into the tasks until these are worth it, but leave enough tasks."""
        work = int(self.row.extent) * product(self._most(p) for p in self.nest.reduced_parts())
        outer = [p for p in self.nest.parts if p is not self.row]
        tasks = product(self._most(p) for p in outer)
        for part in reversed(outer):
            if part is self.block or part.extent == BATCH or work >= TASK or tasks // int(part.extent) < TASKS:
                return
            self.inside.insert(0, part)
            work, tasks = work * int(part.extent), tasks // int(part.extent)

    def _is_tap(self, part: Part) -> bool:
        """Whether v stays along an output loop, and x is read along it together with a reduced loop."""
        return not self.v_at.strides.get(part.name, 0) and any(
            self._meet(part, other) for other in self.nest.reduced_parts()
        )

    def _meet(self, a: Part, b: Part) -> bool:
        """Whether x is read along two loops together."""
        return a is not b and any(
            {a.name, b.name} <= index.loops
            for read in self.frame.op.reads
            if self.frame.nodes[0].inputs[read.operand] is self.x
            for index in read.index
        )

    def counted_parts(self) -> list[Part]:
        written = [] if self.slide is None else [self.slide.part.name]
        written += [self.x_at.spread.loop] if self.x_at.spread else []
        return [part for part in super().counted_parts() if part.name not in written]

    def choose_tile(self, extent: int, is_static: bool) -> tuple[float, int, int]:
        """Cycles a row, rows and columns of the best tile."""
        most = self.limits.registers
        if self.spreads:
            choices = [self.group]
            most = most * 3 // 2 if most >= 16 else most
        else:
            blocks = int(self.block.extent) if self.block else 1
            choices = [columns for columns in (1, 2, 3, 4) if blocks % columns == 0]
        taps = product(int(p.extent) for p in self.nest.reduced_parts() if p.extent != BATCH)

        def cycles(rows: int, columns: int) -> float:
            return max(rows * columns, rows + columns if columns > 1 else 0, CHAINS) + 16 / taps

        best = (float("inf"), -1, -1)
        for columns in choices:
            for rows in range(1, max(1, min(extent, most // columns)) + 1):
                tiles, rest = divmod(extent, rows)
                tail = 0.0 if not rest else cycles(rest, columns) if is_static else rest * cycles(1, columns)
                best = min(best, ((tiles * cycles(rows, columns) + tail) / columns, -columns, -rows))
        return best[0] / extent, -best[2], -best[1]

    # -- writing -------------------------------------------------------------------------------------------------

    def _emit_task(self, rows_are_tasks: bool) -> None:
        if not self.accumulates:
            super()._emit_task(rows_are_tasks)
            return
        self._emit_zeros()
        w = self.w
        with ExitStack() as stack:
            for part in self.walked:
                start, stop, step = self.nest.range_of(part)
                stack.enter_context(w.loop(part.name, start, stop, step))
            if self.chunk is not None:
                part, count = self.chunk
                chunks = self.frame.row.number(f"{part.name.upper()}S", -(-int(part.extent) // count))
                lines = self.frame.row.number(f"{part.name}_lines", count)
                stack.enter_context(w.loop(f"{part.name}_chunk", "0", chunks))
                w.line(f"{part.name}_first = {part.name}_chunk * {lines}")
            for part in self.repeats:
                stack.enter_context(w.loop(part.name, "0", self.texts[part.name]))
            self._emit_phases(rows_are_tasks)

    def _emit_zeros(self) -> None:
        """Set what a task adds to."""
        self.frame.used |= {"vstore", "splat"}
        parts = [*self.repeats, self.row, *([self.block] if self.block else [])]
        with ExitStack() as stack:
            for part in parts:
                first = f"{part.name}_first" if part is self.block else "0"
                stop = self.texts[part.name] if part is not self.block else f"{first} + {self.columns}"
                stack.enter_context(self.w.loop(part.name, first, stop))
            for value in self.frame.kernel.writes:
                name, offset = self.frame.pointer(value), self.nest.write_offset(value)
                self.w.line(f"vstore({name}, {offset}, splat(0.0))")

    def _emit_results(self) -> None:
        if not self.accumulates:
            super()._emit_results()
            return
        (value,) = self.frame.kernel.writes
        self.frame.used.add("vload")
        self.nest.w.line(f"total = vload({self.frame.pointer(value)}, {self.nest.write_offset(value)}) + acc")
        self.nest.emit_epilogue("total")

    def range_of(self, part: Part) -> tuple[str, str]:
        start, stop = super().range_of(part)
        if self.chunk is None or part is not self.chunk[0]:
            return start, stop
        name, (_, count) = part.name, self.chunk
        self.frame.used |= {"imax", "imin"}
        lines = self.frame.row.number(f"{name}_lines", count)
        self.w.line(f"{name}_start = " + (f"{name}_first" if start == "0" else f"imax({start}, {name}_first)"))
        self.w.line(f"{name}_stop = imin({stop}, {name}_first + {lines})")
        return f"{name}_start", f"{name}_stop"

    def rows_are_tasks(self, outer: Sequence[Part]) -> bool:
        return not self.accumulates and super().rows_are_tasks(outer)

    def _emit_one_tile(self, rows: int, loops: list[Reduced]) -> None:
        row_stride, v_at = self.row_stride(), "w_at"
        x_at = affine("x_at", [("row", row_stride)])
        if self.slide is None:
            unit = row_stride
            self._emit_call(LaneTile(rows, self.columns, len(loops)), loops, x_at, v_at, unit, "0")
            return
        slide, frame = self.slide, self.frame
        x, v, part = frame.pointer(self.x), frame.pointer(self.v), slide.part.name
        unit = frame.row.number(f"{x}_unit", slide.unit)
        along_v = self.v_at.strides.get(part, 0)
        tap_stride = frame.row.number(f"{v}_{part}", along_v)
        turns, rest = divmod(int(slide.part.extent), slide.taps)
        if turns > 1:
            steps = slide.taps * slide.step * slide.unit, slide.taps * along_v
            x_step, v_step = (frame.row.number(f"{p}_{part}s", s) for p, s in zip((x, v), steps, strict=True))
            count = frame.row.number(f"{part.upper()}S", turns)
            whole = [*loops, Reduced(count, x_step, v_step)]
        else:
            whole = loops
        self._emit_call(self._tile(rows, len(whole), slide.taps), whole, x_at, v_at, unit, tap_stride)
        if rest:
            x_end = frame.row.number(f"{x}_{part}_end", turns * slide.taps * slide.step * slide.unit)
            v_end = frame.row.number(f"{v}_{part}_end", turns * slide.taps * along_v)
            ends = f"{x_at} + {x_end}", f"{v_at} + {v_end}"
            self._emit_call(self._tile(rows, len(loops), rest), loops, *ends, unit, tap_stride)

    def _tile(self, rows: int, depth: int, taps: int) -> LaneTile:
        assert self.slide is not None
        chains, sums = rows * self.columns, 1
        while chains * sums < CHAINS and 2 * sums <= taps and self.accumulates:
            sums *= 2
        return LaneTile(rows, self.columns, depth, taps, self.slide.row_step, self.slide.step, sums=sums)

    def _emit_call(
        self, tile: LaneTile, loops: list[Reduced], x_at: str, v_at: str, unit: str, tap_stride: str
    ) -> None:
        """Call the tile, and apply the epilogue to what it gives."""
        frame = self.frame
        x, v = frame.pointer(self.x), frame.pointer(self.v)
        tile = replace(tile, group=self.group, spreads=self.spreads)
        between = self.v_at.strides.get(self.block.name, 0) if self.block else 0
        lane_stride = frame.row.number(f"{v}_{self.block.name}", between) if self.block else "0"
        share = self.x_at.spread.loop if self.x_at.spread and not self.spreads else ""
        share_stride = frame.row.number(f"{v}_{share}", self.v_at.strides[share]) if share else "0"
        frame.used.add(tile.name)
        nest = "".join(f", {loop.count}, {loop.x_step}, {loop.w_step}" for loop in loops)
        strides = f"({unit}, {lane_stride}, {tap_stride}, {share_stride}{nest})"
        self.w.line(f"acc = {tile.name}({x}, {x_at}, {v}, {v_at}, {strides})")
        self.emit_map(tile.rows)
