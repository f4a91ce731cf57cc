"""How a contraction becomes tiles of vectors: what runs along the rows, what is written out, what a task holds."""

from __future__ import annotations

from dataclasses import dataclass

from graphnet.codegen.access import Access
from graphnet.codegen.cpu.lane_tile import LaneTile
from graphnet.codegen.cpu.tile_plan import LINES, TASKS, TileLimits, TilePlan
from graphnet.codegen.kernel_frame import KernelFrame
from graphnet.codegen.loops import Part
from graphnet.core.types import BATCH, product
from graphnet.ir.comprehension import Index
from graphnet.ir.graph import Value

MOST_TAPS = 8
"""How many steps of a loop are written out at most."""
CHAINS = 8
"""Accumulators that a core works on at once: fewer wait for one another."""
TASK = 4096
"""Vector multiply-adds that are worth a task of their own."""
APART = 1.5
"""What rows cost that share nothing of what they load, against others."""
LONG = 256
"""Terms of a sum to which adding in memory costs next to nothing."""


@dataclass(frozen=True)
class Slide:
    """A reduced loop that moves x along its rows, as the rows of a tile do.

    Attributes:
        part: the loop.
        unit: elements between neighbours of x.
        row_step, step: how many neighbours the rows, and the loop, advance by.
        taps: how many of its steps are written out.
        divisor, offset: of the index, if that is a fraction; all steps are written out then.
    """

    part: Part
    unit: int
    row_step: int
    step: int
    taps: int
    divisor: int = 1
    offset: int = 0


class LanePlan(TilePlan):
    """The roles of a contraction's loops, where both operands vary along the lanes.

    Attributes:
        slide: the loop that is written out, if there is one.
        line: the reduced loop from line to line of both operands, where lines are walked once for each tap.
        ahead: how far away the lines of x lie that the next tiles need first; they are asked for early.
    """

    def __init__(self, frame: KernelFrame, lanes: int, limits: TileLimits) -> None:
        super().__init__(frame, lanes, limits)
        self.nest.spreads = True
        self.slide: Slide | None = None
        self.line: Part | None = None
        self.ahead: list[int] = []

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
        self.slide = self._find_slide(self.row)
        if self.slide is not None:
            self.phase = None
        return cycles

    def row_cost(self, part: Part) -> float:
        return super().row_cost(part) * (1.0 if self._find_slide(part) is not None else APART)

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

    def _find_slide(self, row: Part) -> Slide | None:
        """A loop that x is read along together with the rows: `w * stride + j * dilation`."""
        for read in self.frame.op.reads:
            if self.frame.nodes[0].inputs[read.operand] is not self.x:
                continue
            for index in read.index:
                steps = dict(index.terms)
                if len(steps) != 2 or row.name not in steps or index.groups:
                    continue
                part = self._part(next(name for name in steps if name != row.name))
                if part is None or part in self.nest.parts or part.extent == BATCH or part.block:
                    continue
                return self._slide(index, row, part, steps[part.name])
        return None

    def _slide(self, index: Index, row: Part, part: Part, step: int) -> Slide | None:
        """How a loop moves x along its rows, if that is worth writing out."""
        count, row_step = int(part.extent), index.coefficient(row.name)
        if index.divisor > 1:
            unit = next(stride for quotient, stride, _ in self.x_at.quotients if quotient == index)
            suits = row_step == 1 and 1 < count <= 2 * MOST_TAPS and index.divisor <= self.limits.registers
            return Slide(part, unit, 1, step, count, index.divisor, index.offset) if suits else None
        unit, rest = divmod(self.x_at.strides[row.name], row_step)
        taps = self._taps(count, row)
        return Slide(part, unit, row_step, step, taps) if rest == 0 and row_step > 0 and taps > 1 else None

    def row_extent(self, part: Part) -> tuple[int, bool]:
        if self.slide is not None and self.slide.divisor > 1 and part is self.row:
            return int(self.nest.count(part)), True
        return super().row_extent(part)

    def _taps(self, count: int, row: Part) -> int:
        """How many steps of a loop to write out."""
        if count <= MOST_TAPS:
            return count
        best = max(taps for taps in range(1, MOST_TAPS + 1) if count % taps == 0)
        if self._may_accumulate(count, row):
            return best if best >= MOST_TAPS // 2 else MOST_TAPS
        return best if best >= MOST_TAPS // 2 or count > 2 * MOST_TAPS else count

    def _may_accumulate(self, count: int, row: Part) -> bool:
        """Whether tasks may add to results in memory: nothing is fused, and sums along the loop are long."""
        terms = product(self._most(p) for p in self.nest.reduced_parts())
        is_longer = row.extent != BATCH and count > int(row.extent)
        is_whole = all(index.coefficient(row.name) == 0 for index, _, _ in self.x_at.quotients)
        return len(self.frame.kernel.nodes) == 1 and terms >= LONG and is_longer and is_whole

    def _arrange(self) -> None:
        """Decide which loops run inside of a task, and which around the tiles."""
        slide = self.slide
        if slide is not None and self._may_accumulate(int(slide.part.extent), self.row):
            self.accumulates = True
            fixed = (self.row, self.block)
            self.repeats = [p for p in self.nest.parts if p not in fixed and self._is_tap(p)]
            self.inside = self.repeats
            lines = [p for p in self.nest.reduced_parts() if any(self._meet(p, tap) for tap in self.repeats)]
            self.walked = [p for p in self.nest.reduced_parts() if p is not slide.part and p not in lines]
            self._choose_chunk(slide, lines)
            if lines and self.repeats:
                self.line = lines[-1]
                self.ahead = self._next_lines(self.line, self.repeats[-1])
            return
        if self.row.extent != BATCH:
            self._fill_tasks()
        taps = [p for p in self.counted_parts() if p.extent != 1]
        lines = [p for p in self.nest.parts if p is not self.row and any(self._meet(p, tap) for tap in taps)]
        if lines and len(taps) == 1 and self.phase is None:
            self.ahead = self._next_lines(lines[-1], taps[0])

    def _next_lines(self, line: Part, tap: Part) -> list[int]:
        """How far away the lines of x lie that all taps need for the next line of the other, but none needs for this.

        Caches do not expect a tile's rows, which leap from line to line.
        """
        step, between = self.x_at.strides.get(line.name, 0), self.x_at.strides.get(tap.name, 0)
        taps = [k * between for k in range(int(tap.extent))]
        is_even = self.slide is not None and self.slide.unit == self.lanes and not self.x_at.quotients
        return sorted(step + k for k in taps if step + k > max(taps)) if is_even else []

    def _choose_chunk(self, slide: Slide, lines: list[Part]) -> None:
        """Walk so many lines, or so many whole maps, before the next tap that the first cache holds them."""
        elements = int(slide.part.extent) * (abs(self.x_at.strides[slide.part.name]) + self.lanes)
        for part in (*reversed(lines), *reversed(self.walked)):
            count = LINES // elements
            if part in self.walked and count < 2:
                return
            if count < self._most(part) or part in self.walked:
                self._cut_sum(part, count)
                self.walked = [p for p in self.walked if p is not part]
                return
            elements *= int(part.extent)

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
            macs, moves = rows * columns, float(rows + columns if columns > 1 else 0)
            if self.group > 1 and self.slide is not None:
                tile = self._tile(rows, columns, 1, self.slide.taps)
                moves = (macs + len(tile.places()) / tile.taps) / 1.5  # rearranged vectors compete with products
            return max(macs, moves, CHAINS) + 16 / taps

        best = (float("inf"), -1, -1)
        for columns in choices:
            for rows in range(1, max(1, min(extent, most // columns)) + 1):
                if not self._suits(rows, columns, extent):
                    continue
                tiles, rest = divmod(extent, rows)
                tail = 0.0 if not rest else cycles(rest, columns) if is_static else rest * cycles(1, columns)
                best = min(best, ((tiles * cycles(rows, columns) + tail) / columns, -columns, -rows))
        return best[0] / extent, -best[2], -best[1]

    def _suits(self, rows: int, columns: int, extent: int) -> bool:
        """Whether a tile reads whole fractions, and whether what it reads again and again stays in registers.

        Where there are few registers, loading vectors again costs less than fewer accumulators.
        """
        if self.slide is None:
            return True
        if rows % self.slide.divisor and rows != extent:
            return False
        if rows <= self.slide.divisor or self.limits.registers < 16:
            return True
        return rows * columns + self._tile(rows, columns, 1, self.slide.taps).held <= 32

    def _tile(self, rows: int, columns: int, depth: int, taps: int) -> LaneTile:
        """The tile with so many steps of the slide, if any, written out."""
        sums, steps, slide = 1, (1, 0, 1, 0), self.slide
        if slide is not None:
            steps = slide.row_step, slide.step, slide.divisor, slide.offset
        while self.accumulates and rows * columns * sums < CHAINS and 2 * sums <= taps:
            sums *= 2
        return LaneTile(rows, columns, depth, taps, *steps, self.group, self.spreads, sums)
