"""Which contractions minimal filtering can compute, how it cuts the work, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from graphnet.codegen.access import Access, locate
from graphnet.codegen.cpu.nest import Nest
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.cpu.winograd_tile import POINTS, TAPS
from graphnet.codegen.kernel_frame import KernelFrame
from graphnet.codegen.loops import Part
from graphnet.core.types import BATCH
from graphnet.ir.comprehension import FIRST, Comprehension, Index, Read
from graphnet.ir.graph import Value

RUN = 24
"""Tiles of a map that a task transforms. Fewer would read transformed weights too often from memory; with more, what is
transformed leaves the second-level cache."""
TASKS = 16
"""Tasks that a kernel should have, to keep workers busy."""
NARROWEST = 8
"""Blocks of outputs that a task computes at least: for fewer, transforming x would take too large a part."""
DIRECT, TILED = 0.9, 0.85
"""The share of the highest rate at which products are computed, term by term and in tiles."""
IN, OUT = 7, 8
"""What transforming a vector of a tile costs, to and fro, in products of vectors."""
WEIGHT, WEIGHT_READ = 40, 6
"""The same of a vector of weights, and of reading a transformed one once: mostly the time of memory."""


@dataclass(frozen=True)
class Window:
    """How one axis of x is read: position + tap - padding, or the other way round.

    Attributes:
        position, tap: the loops.
        first: where the tile at position 0 begins.
        turned: whether taps count backwards.
    """

    position: str
    tap: str
    first: int
    turned: bool


@dataclass(frozen=True)
class WindowForm:
    """The roles of the loops of a convolution of stride 1 with 3 x 3 taps, or of its input gradient.

    Attributes:
        x, w: the reads of the map and of the weights.
        sample, channel, unit: the loops over samples, over what is folded, and over the units of the output.
        rows, columns: how the map is read.
    """

    x: int
    w: int
    sample: str
    channel: str
    unit: str
    rows: Window
    columns: Window


def window_form(op: Comprehension) -> WindowForm | None:
    """Find `sum over c, i, j of x[n, c, h + i - p, w + j - q] * w[o, c, i, j]`, whatever its loops are called."""
    if op.family != "contraction" or len(op.out) != 4 or len(op.reduce) != 3 or op.out[0].extent != BATCH:
        return None
    sample, unit, *positions = (loop.name for loop in op.out)
    folded = {loop.name: loop.extent for loop in op.reduce}
    for x, w in ((0, 1), (1, 0)):
        maps, weights = op.reads[x], op.reads[w]
        if len(maps.index) != 4 or maps.index[0].loop != sample or maps.lookups or weights.lookups:
            continue
        channel = maps.index[1].loop
        windows = [_window(index, at, folded) for index, at in zip(maps.index[2:], positions, strict=True)]
        rows, columns = windows
        if rows is None or columns is None or channel not in folded or rows.tap == columns.tap:
            continue
        if sorted(i.loop or "" for i in weights.index) == sorted((unit, channel, rows.tap, columns.tap)):
            return WindowForm(x, w, sample, channel, unit, rows, columns)
    return None


def _window(index: Index, position: str, folded: Mapping[str, object]) -> Window | None:
    if len(index.terms) != 2 or index.divisor != 1 or index.groups or index.coefficient(position) != 1:
        return None
    tap, factor = next(term for term in index.terms if term[0] != position)
    if abs(factor) != 1 or folded.get(tap) != TAPS:
        return None
    return Window(position, tap, index.offset - (TAPS - 1 if factor < 0 else 0), factor < 0)


class WinogradPlan:
    """A convolution in tiles of `size` x `size` outputs.

    Attributes:
        nest: the walk over outputs and fused nodes.
        form: the roles of the loops.
        x, x_at: the map, and where it is read.
        block: the loop over blocks of units, if there is more than one.
    """

    def __init__(self, frame: KernelFrame, lanes: int, limits: TileLimits, size: int) -> None:
        self.frame, self.lanes, self.limits, self.size = frame, lanes, limits, size
        self.nest = Nest(frame, lanes, "lanes")

    def prepare(self) -> bool:
        """Find the roles of the loops; False if this is no such convolution, or its operands lie otherwise."""
        form = window_form(self.frame.op)
        if form is None or not self.nest.prepare():
            return False
        self.form, nest, op = form, self.nest, self.frame.op
        self.x = self.frame.nodes[0].inputs[op.reads[form.x].operand]
        self.x_at = nest.operands[0, form.x].access
        self.block = next((p for p in nest.parts if nest.lane and p.name == nest.lane.block), None)
        whole = {form.sample, form.rows.position, form.columns.position}
        if {p.name for p in nest.parts} - ({self.block.name} if self.block else set()) != whole:
            return False
        has_lanes = self.frame.layouts[self.x].has_lanes_along(1, self.lanes) and nest.lane_loop == form.unit
        is_plain = self.x_at.shift is None and self.x_at.spread is None and not self.x_at.quotients
        return has_lanes and is_plain and all(p.step == 1 for p in nest.parts if p is not self.block)

    # -- sizes ---------------------------------------------------------------------------------------------------

    @property
    def products(self) -> int:
        """Numbers of a transformed tile."""
        return (self.size + TAPS - 1) ** 2

    @cached_property
    def channels(self) -> tuple[Part | None, Part]:
        """The loop over blocks of channels, if there is more than one, and that over a block."""
        *outer, inner = self.nest.cut[self.form.channel]
        return (outer[0] if outer else None), inner

    @property
    def channel_blocks(self) -> int:
        return int(self.channels[0].extent) if self.channels[0] else 1

    @property
    def blocks(self) -> int:
        """Blocks of units."""
        return int(self.block.extent) if self.block else 1

    def extent(self, loop: str) -> int:
        return int(self.frame.op.extents[loop])

    @property
    def tiles(self) -> tuple[int, int]:
        """Rows and columns of tiles that cover a map."""
        rows, columns = (self.extent(w.position) for w in (self.form.rows, self.form.columns))
        return -(-rows // self.size), -(-columns // self.size)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows (tiles of the map) and columns (blocks of units) of a register tile."""
        columns = 2 if self.blocks % 2 == 0 else 1
        return max(1, self.limits.registers // columns), columns

    @cached_property
    def run(self) -> int:
        """Tiles of the map that a task transforms: whole register tiles."""
        rows, _ = self.shape
        down, across = self.tiles
        return rows * -(-min(RUN, self.limits.batch * down * across) // rows)

    @cached_property
    def share(self) -> int:
        """Blocks of units that a task computes: all, or fewer where there would be few tasks."""
        down, across = self.tiles
        runs = -(-self.limits.batch * down * across // self.run)
        _, columns = self.shape
        shares = [s for s in range(columns, self.blocks + 1, columns) if self.blocks % s == 0]
        return next((s for s in reversed(shares) if runs * (self.blocks // s) >= TASKS or s <= NARROWEST), shares[0])

    # -- cost ----------------------------------------------------------------------------------------------------

    def gain(self) -> float:
        """How many times as long the convolution would take term by term, by an estimate for a whole batch.

        Costs are counted in products of vectors at the highest rate.
        """
        rows, columns = (self.extent(w.position) for w in (self.form.rows, self.form.columns))
        down, across = self.tiles
        tiles = self.limits.batch * down * across
        channels = self.channel_blocks * self.lanes if self.channels[0] else self.extent(self.form.channel)
        pairs = channels * self.blocks
        direct = self.limits.batch * rows * columns * TAPS**2 * pairs / DIRECT
        transforms = IN * self.channel_blocks * (self.blocks // self.share) + OUT * self.blocks
        weights = pairs * (WEIGHT + WEIGHT_READ * -(-tiles // self.run))
        return direct / (self.products * (tiles * (pairs / TILED + transforms) + weights))

    def weights_access(self, u: Value) -> Access:
        """Where the transformed weights are read."""
        read = Read(0, (Index.of(self.form.unit), Index.of(self.form.channel), FIRST, FIRST))
        access = locate(read, self.frame.layouts[u], u.type.shape, self.nest.cut)
        assert access is not None, "transformed weights lie as filters do"
        return access


SIZES = tuple(sorted(POINTS))
"""Rows and columns of the tiles that there are transforms for."""
