"""How a contraction becomes register tiles: which operand is broadcast, which loop runs along the rows, what size."""

from __future__ import annotations

from dataclasses import dataclass

from graphnet.codegen.access import Access, locate
from graphnet.codegen.cpu.nest import Nest
from graphnet.codegen.kernel_frame import KernelFrame
from graphnet.codegen.loops import Part
from graphnet.core.types import BATCH, product
from graphnet.ir.comprehension import Index
from graphnet.ir.graph import Value

SAMPLE_ROWS = 1.1
"""What rows of samples cost against rows of a map, whose elements lie next to each other."""
LINES = 8192
"""Elements of both operands that all tiles of a task meet before the next ones: they stay in a core's first cache."""
TASKS = 12
"""Tasks that a kernel should have at least, to keep any number of workers busy."""


@dataclass(frozen=True)
class TileLimits:
    """What a tile may use.

    Attributes:
        registers: accumulators that fit the register file.
        batch: most samples of a step, for tiles whose rows are samples.
    """

    registers: int
    batch: int


class TilePlan:
    """The roles of a contraction's loops; `prepare` tells whether a tile fits.

    Attributes:
        nest: the walk over outputs and fused nodes.
        x, x_at: the operand whose elements are broadcast, and where it is read.
        v, v_at: the operand that is read as vectors.
        block: the output's blocks of lanes, of which a tile takes several, if x does not change along them.
        row: the output loop along the rows of a tile.
        phase: the index with a divisor that reads x along the rows, if there is one.
        inside: output loops that run inside of a task, the outermost first.
        walked: reduced loops that run around the tiles instead of inside of them.
        accumulates: whether a task adds to its results again and again, in memory.
        repeats: output loops, along which v stays, that run between the walked loops and such tiles.
        chunk: the reduced loop that is walked a few steps at a time then, and how many.
    """

    def __init__(self, frame: KernelFrame, lanes: int, limits: TileLimits) -> None:
        self.frame, self.lanes, self.limits = frame, lanes, limits
        self.nest = Nest(frame, lanes, "lanes")
        self.phase: Index | None = None
        self.block: Part | None = None
        self.inside: list[Part] = []
        self.walked: list[Part] = []
        self.accumulates = False
        self.repeats: list[Part] = []
        self.chunk: tuple[Part, int] | None = None

    # -- planning ------------------------------------------------------------------------------------------------

    def prepare(self) -> bool:
        """Find the scalar and the vector operand, and the loop along the rows."""
        op, nest = self.frame.op, self.nest
        if op.family != "contraction" or not nest.prepare():
            return False
        if not all(self._has_room(part) for part in nest.parts if part.ends_early):
            return False
        located = []
        for read in op.reads:
            value = self.frame.nodes[0].inputs[read.operand]
            access = locate(read, self.frame.layouts[value], value.type.shape, nest.cut)
            if access is None or self.frame.layouts[value].dims == () or value.type.dtype != "float":
                return False
            located.append((value, access))
        return self._choose_roles(located)

    def _choose_roles(self, located: list[tuple[Value, Access]]) -> bool:
        """Decide which operand is broadcast, and along which run."""
        assert self.nest.lane is not None
        strides = [a.strides.get(self.nest.lane.name, 0) for _, a in located]
        if sorted(strides) != [0, 1]:
            return False
        (self.x, self.x_at), (self.v, self.v_at) = located if strides == [0, 1] else reversed(located)
        if self.v_at.quotients:
            return False
        self.block = next((p for p in self.nest.parts if p.name == self.nest.lane.block), None)
        if self.block is not None and self.x_at.strides.get(self.block.name, 0):
            self.block = None
        row = self._choose_row()
        if row is None:
            return False
        self.row = row[1]
        if not self._is_reducible():
            return False
        self._walk_long_sum()
        return True

    def _walk_long_sum(self) -> None:
        """Take a sum over the maps of samples a few lines at a time, if several tiles share the lines."""
        if not self._sums_samples():
            return
        extent, is_static = self.row_extent(self.row)
        if len(self.frame.kernel.nodes) > 1 or self.phase or not is_static or self.x_at.quotients:
            return
        _, rows, columns = self.choose_tile(extent, is_static)
        taps = [p for p in self.nest.parts if p not in (self.row, self.block) and self._is_tap(p)]
        tasks = product(self._most(p) for p in self.nest.parts if p not in (self.row, self.block, *taps))
        if self.block is not None:
            tasks *= int(self.block.extent) // columns
        while taps and tasks < TASKS:
            tasks *= int(taps.pop(0).extent)
        tiles = -(-extent // rows) * product(int(p.extent) for p in taps)
        line, *outer = sorted(self.nest.reduced_parts(), key=lambda p: abs(self.v_at.strides.get(p.name, 0)))
        elements = self._most(line) * (abs(self.x_at.strides.get(line.name, 0)) + columns * self.lanes)
        if tiles < 2 or elements > LINES:
            return
        for k, part in enumerate(outer):
            if elements * self._most(part) > LINES:
                self._cut_sum(part, LINES // elements)
                self.walked = outer[:k:-1]
                self.accumulates, self.repeats, self.inside = True, taps, taps
                return
            elements *= self._most(part)

    def _cut_sum(self, part: Part, most: int) -> None:
        """Walk a reduced loop at most so many steps at a time, and about as many each time."""
        chunks = -(-self._most(part) // max(1, most))
        self.chunk = part, -(-self._most(part) // chunks)

    def _sums_samples(self) -> bool:
        """Whether the sum goes over samples, of which both operands are read."""
        op = self.frame.op
        folded = {loop.name for loop in op.reduce}
        values = [self.frame.nodes[0].inputs[read.operand] for read in op.reads]
        return all(
            value.type.shape[0] == BATCH and bool(read.index[0].loops & folded)
            for read, value in zip(op.reads, values, strict=True)
        )

    def _most(self, part: Part) -> int:
        return self.limits.batch if part.extent == BATCH else int(part.extent)

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

    def _has_room(self, part: Part) -> bool:
        """Whether all written values have room for whole blocks of this loop: filters have, and hold zeros there."""
        axis = next(k for k, loop in enumerate(self.frame.op.out) if part in self.nest.cut[loop.name])
        whole = -(-part.units // int(part.extent)) * int(part.extent)
        layouts = [self.frame.layouts[v] for v in self.frame.kernel.writes]
        return all(sum(d.step * (int(d.extent) - 1) for d in layout.along(axis)) + 1 >= whole for layout in layouts)

    def _choose_row(self) -> tuple[float, Part] | None:
        """The run of outputs, along which the vector operand stays, whose tiles take the fewest cycles a row."""
        best: tuple[float, Part] | None = None
        for part in self.nest.parts:
            if part is self.block or self.v_at.strides.get(part.name, 0) or not self._may_be_row(part):
                continue
            extent, is_static = self.row_extent(part)
            cycles = self.choose_tile(extent, is_static)[0] * self._tap_share(part) * self.row_cost(part)
            if best is None or cycles <= best[0]:
                best = cycles, part
        return best

    def row_cost(self, part: Part) -> float:
        """What rows along a run cost besides their products: samples lie far apart."""
        return SAMPLE_ROWS if part.extent == BATCH else 1.0

    def row_extent(self, part: Part) -> tuple[int, bool]:
        """How many rows a run of tiles has, at most, and whether it always has as many."""
        if part.extent == BATCH:
            return self.limits.batch, False
        count = int(self.nest.count(part))
        phases = [i.divisor for i, _, _ in self.x_at.quotients if any(name == part.name for name, _ in i.terms)]
        return (-(-count // phases[0]), False) if phases else (count, True)

    def _tap_share(self, row: Part) -> float:
        """The part of the taps along a line that reads inside of x: others are skipped, unless the rows share taps."""
        share = 1.0
        for index, extent in self.x_at.bounds:
            terms = dict(index.terms)
            extents = [self.frame.op.extents[name] for name in terms]
            if row.name in terms or len(terms) != 2 or BATCH in (extent, *extents):
                continue
            (a, ca), (b, cb) = ((range(int(e)), c) for e, c in zip(extents, terms.values(), strict=True))
            whole = [(ca * i + cb * j + index.offset) for i in a for j in b]
            inside = [v for v in whole if v % index.divisor == 0 and 0 <= v // index.divisor < int(extent)]
            share *= len(inside) / max(1, len([v for v in whole if v % index.divisor == 0]))
        return share

    def _may_be_row(self, part: Part) -> bool:
        """Whether all rows of a tile may share their taps: no bound on this loop, or zeros in a halo beyond it."""
        last = len(self.x.type.shape) - 1
        for index, _ in (*self.x_at.bounds, *self.v_at.bounds):
            if any(name == part.name for name, _ in index.terms):
                read = next(r for r in self.frame.op.reads if index in r.index)
                if read.index.index(index) != last or not self._has_halo_for(index):
                    return False
        return True

    def _has_halo_for(self, index: Index) -> bool:
        extents = {name: int(e) for name, e in self.frame.op.extents.items() if e != BATCH}
        low, high = index.range(extents)
        extent, halo = int(self.x.type.shape[-1]), self.frame.layouts[self.x].halo
        return -low // index.divisor <= halo and high // index.divisor - (extent - 1) <= halo

    def _is_reducible(self) -> bool:
        """Whether every reduced loop is a counted one: whole blocks, no divisor but a single tap's, bounds on taps."""
        folded = {loop.name for loop in self.frame.op.reduce}
        if not all(index.loops & folded for index, _ in (*self.x_at.bounds, *self.v_at.bounds)):
            return False  # reads outside would have to be left out one by one
        for part in self.nest.reduced_parts():
            if part.ends_early:
                # The last block's missing lanes are zero in x; the vectors must exist and be finite. Parameters and
                # what nests write have zeros there; tiles leave anything.
                if self.v.producer is not None and self.v.producer.comprehension.family == "contraction":
                    return False
                padded = self.frame.layouts[self.v]
                loop = next(name for name, parts in self.nest.cut.items() if part in parts)
                read = self.frame.op.reads[0 if self.frame.nodes[0].inputs[0] is self.v else 1]
                axis = next((a for a, i in enumerate(read.index) if i.loop == loop), None)
                if (
                    axis is None
                    or sum(int(d.extent) for d in padded.along(axis)) < -(-part.units // self.lanes) * self.lanes
                ):
                    return False
        for index, _, _ in self.x_at.quotients:
            taps = [name for name, _ in index.terms if name in {loop.name for loop in self.frame.op.reduce}]
            if len(taps) != 1 or len(index.terms) != 2:
                return False
            if any(name == self.row.name for name, _ in index.terms):
                self.phase = index
        return True

    def counted_parts(self) -> list[Part]:
        """The reduced loops that the tile counts."""
        return [part for part in self.nest.reduced_parts() if part not in self.walked]

    def choose_tile(self, extent: int, is_static: bool) -> tuple[float, int, int]:
        """Cycles a row and vector, rows and columns of the best tile, by a count of multiply-adds and loads."""
        blocks = int(self.block.extent) if self.block else 1

        def cycles(rows: int, columns: int) -> float:
            return max(rows * columns, 0.55 * (rows + columns), 8.0)

        best = (float("inf"), -1, -1)
        for columns in (1, 2, 3, 4):
            # 12 accumulators leave 4 registers, for three vectors and a scalar.
            if blocks % columns or (columns > 3 and self.limits.registers < 16):
                continue
            for rows in range(1, min(extent, self.limits.registers // columns) + 1):
                tiles, rest = divmod(extent, rows)
                tail = 0.0 if not rest else cycles(rest, columns) + 2 if is_static else rest * cycles(1, columns)
                total = (tiles * (cycles(rows, columns) + 1) + tail) / columns
                best = min(best, (total, -columns, -rows))
        return best[0] / extent, -best[2], -best[1]
