"""Which contractions minimal filtering can compute, how it cuts the work, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from graphnet.codegen.access import Access, locate
from graphnet.codegen.cpu.nest import Nest
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.cpu.winograd_tile import POINTS, TAPS
from graphnet.codegen.kernel_frame import KernelFrame
from graphnet.codegen.loops import Part
from graphnet.core.types import BATCH, product
from graphnet.ir.comprehension import FIRST, Comprehension, Index, Read
from graphnet.ir.graph import Value

RUN = 24
"""Tiles of a map that a task transforms, more or less. Fewer would read transformed weights too often from memory; with
more, what is transformed leaves the second-level cache."""
TASKS = 16
"""Tasks that a kernel should have, to keep workers busy."""
NARROWEST = 8
"""Blocks of outputs that a task computes at least: for fewer, transforming x would take too large a part."""
DIRECT, TILED = 0.9, 0.85
"""The share of the highest rate at which products are computed, term by term and in tiles."""
IN, OUT = 12, 10
"""What transforming a vector of a tile costs, to and fro, in products of vectors."""
WEIGHT, FAR_WEIGHT, WEIGHT_READ = 20, 45, 6
"""The same of a vector of weights, in the last cache and beyond it, and of reading a transformed one once."""
LAST_CACHE = 1 << 24
"""Bytes of transformed weights that stay in the last cache."""


GROUPS = 64, 128
"""Channels, and units, whose products a task may sum: of more, sums are too far from being at hand."""
SUMMED, SUM = 0.75, 16
"""The share of the highest rate at which products are added to sums in memory, and what a sum costs at either end."""


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


@dataclass(frozen=True)
class GradientForm:
    """The roles of the loops of the gradient of such a convolution's weights.

    Attributes:
        x, y: the reads of the map, and of the outputs' gradient.
        sample: the loop over samples, or over those of a part.
        part: the loop over parts of the batch, if there is one.
        channel, unit: the loops over the channels of the two.
        rows, columns: how the map is read.
    """

    x: int
    y: int
    sample: str
    part: str | None
    channel: str
    unit: str
    rows: Window
    columns: Window


def gradient_form(op: Comprehension) -> GradientForm | None:
    """Find `sum over n, h, w of x[n, c, h + i - p, w + j - q] * y[n, o, h, w]`, whatever its loops are called."""
    if op.family != "contraction" or len(op.out) not in (4, 5) or len(op.reduce) != 3:
        return None
    out, folded = {loop.name: loop.extent for loop in op.out}, {loop.name for loop in op.reduce}
    for x, y in ((0, 1), (1, 0)):
        maps, outputs = op.reads[x], op.reads[y]
        if len(maps.index) != 4 or len(outputs.index) != 4 or maps.index[0] != outputs.index[0]:
            continue
        unit, *positions = (index.loop for index in outputs.index[1:])
        channel, (sample, part) = maps.index[1].loop, _samples(maps.index[0], folded)
        if unit is None or channel is None or sample is None or None in positions:
            continue
        windows = (_window(i, at or "", out) for i, at in zip(maps.index[2:], positions, strict=True))
        rows, columns = windows
        if rows is None or columns is None or {sample, rows.position, columns.position} != folded:
            continue
        if {unit, channel, rows.tap, columns.tap, *([part] if part else [])} == out.keys():
            return GradientForm(x, y, sample, part, channel, unit, rows, columns)
    return None


def _samples(index: Index, folded: set[str]) -> tuple[str | None, str | None]:
    """The loop over samples of an index, and that over parts of the batch."""
    if index.loop:
        return index.loop, None
    within = [name for name, factor in index.terms if factor == 1 and name in folded]
    parts = [name for name, _ in index.terms if name not in folded]
    is_known = len(within) == len(parts) == 1 and len(index.terms) == 2 and not index.groups and not index.offset
    return (within[0], parts[0]) if is_known and index.divisor == 1 else (None, None)


class FilteringPlan:
    """A contraction in tiles of `size` x `size` positions of a map.

    Attributes:
        nest: the walk over outputs and fused nodes.
        form: the roles of the loops.
        x, x_at: the map, and where it is read.
        block: the loop over blocks of units, if there is more than one.
    """

    step: Literal["windows", "gradient"]
    form: WindowForm | GradientForm
    block: Part | None

    def __init__(self, frame: KernelFrame, lanes: int, limits: TileLimits, size: int) -> None:
        self.frame, self.lanes, self.limits, self.size = frame, lanes, limits, size
        self.nest = Nest(frame, lanes, "lanes")

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

    @staticmethod
    def columns_of(blocks: int) -> int:
        """Columns of register tiles, whose rows share vectors of units: two or three, where that leaves no rest."""
        return next(columns for columns in (2, 3, 1) if blocks % columns == 0)

    def extent(self, loop: str) -> int:
        return int(self.frame.op.extents[loop])

    @property
    def tiles(self) -> tuple[int, int]:
        """Rows and columns of tiles that cover a map."""
        rows, columns = (self.extent(w.position) for w in (self.form.rows, self.form.columns))
        return -(-rows // self.size), -(-columns // self.size)

    @property
    def pairs(self) -> int:
        """Products of a channel and a vector of units that a number of a transformed tile takes part in."""
        channels = self.channel_blocks * self.lanes if self.channels[0] else self.extent(self.form.channel)
        return channels * self.blocks

    def direct(self) -> float:
        """What the contraction costs term by term, in products of vectors at the highest rate."""
        rows, columns = (self.extent(w.position) for w in (self.form.rows, self.form.columns))
        return self.limits.batch * rows * columns * TAPS**2 * self.pairs / DIRECT

    def _is_map(self, value: Value, access: Access) -> bool:
        """Whether a value has its lanes along channels, and is read position by position."""
        is_plain = access.shift is None and access.spread is None and not access.quotients and not access.lookups
        return is_plain and self.frame.layouts[value].has_lanes_along(1, self.lanes)

    def _operand(self, slot: int) -> tuple[Value, Access]:
        """A map and where it is read."""
        read = self.frame.op.reads[slot]
        return self.frame.nodes[0].inputs[read.operand], self.nest.operands[0, slot].access


class WinogradPlan(FilteringPlan):
    """A convolution in tiles of `size` x `size` outputs."""

    step = "windows"
    form: WindowForm

    def prepare(self) -> bool:
        """Find the roles of the loops; False if this is no such convolution, or its operands lie otherwise."""
        form = window_form(self.frame.op)
        if form is None or not self.nest.prepare():
            return False
        self.form, nest = form, self.nest
        self.x, self.x_at = self._operand(form.x)
        self.block = next((p for p in nest.parts if nest.lane and p.name == nest.lane.block), None)
        whole = {form.sample, form.rows.position, form.columns.position}
        if {p.name for p in nest.parts} - ({self.block.name} if self.block else set()) != whole:
            return False
        is_even = all(p.step == 1 for p in nest.parts if p is not self.block)
        return self._is_map(self.x, self.x_at) and nest.lane_loop == form.unit and is_even

    # -- sizes ---------------------------------------------------------------------------------------------------

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows (tiles of the map) and columns (blocks of units) of a register tile."""
        columns = self.columns_of(self.blocks)
        return self.limits.registers // columns, columns

    @cached_property
    def run(self) -> int:
        """Tiles of the map that a task transforms: whole register tiles, and as many in all tasks as can be."""
        (rows, _), (down, across) = self.shape, self.tiles
        tiles = self.limits.batch * down * across
        runs = max(1, round(tiles / RUN))
        return rows * -(-tiles // (runs * rows))

    @cached_property
    def share(self) -> int:
        """Blocks of units that a task computes: all, or fewer where there would be few tasks."""
        (down, across), (_, columns) = self.tiles, self.shape
        runs = -(-self.limits.batch * down * across // self.run)
        shares = min(-(-TASKS // runs), max(1, self.blocks // NARROWEST))
        return columns * -(-self.blocks // (columns * shares))

    @property
    def shares(self) -> int:
        """How many tasks share a run of tiles."""
        return -(-self.blocks // self.share)

    # -- cost ----------------------------------------------------------------------------------------------------

    def gain(self) -> float:
        """How many times as long the convolution would take term by term, by an estimate for a whole batch."""
        down, across = self.tiles
        tiles = self.limits.batch * down * across
        transforms = IN * self.channel_blocks * self.shares + OUT * self.blocks
        vector = self.lanes * 4
        made = WEIGHT if self.products * self.pairs * vector <= LAST_CACHE else FAR_WEIGHT
        weights = self.pairs * (made + WEIGHT_READ * -(-tiles // self.run))
        return self.direct() / (self.products * (tiles * (self.pairs / TILED + transforms) + weights))

    def weights_access(self, u: Value) -> Access:
        """Where the transformed weights are read."""
        read = Read(0, (Index.of(self.form.unit), Index.of(self.form.channel), FIRST, FIRST))
        access = locate(read, self.frame.layouts[u], u.type.shape, self.nest.cut)
        assert access is not None, "transformed weights lie as filters do"
        return access


class GradientPlan(FilteringPlan):
    """The gradient of a convolution's weights in tiles of `size` x `size` outputs: sums of products of tiles.

    Attributes:
        y, y_at: the outputs' gradient, and where it is read.
    """

    step = "gradient"
    form: GradientForm

    def prepare(self) -> bool:
        """Find the roles of the loops; False if this is no such gradient, or its operands lie otherwise."""
        form = gradient_form(self.frame.op)
        if form is None or not self.nest.prepare():
            return False
        self.form, nest = form, self.nest
        (self.x, self.x_at), (self.y, self.y_at) = self._operand(form.x), self._operand(form.y)
        self.block = next((p for p in nest.parts if nest.lane and p.name == nest.lane.block), None)
        whole = {form.rows.tap, form.columns.tap, *([form.part] if form.part else [])}
        cut = {p.name for p in (self.block, *self.channels) if p}
        if {p.name for p in nest.parts} != whole | cut or nest.lane_loop != form.unit:
            return False
        return self._is_map(self.x, self.x_at) and self._is_map(self.y, self.y_at)

    # -- sizes ---------------------------------------------------------------------------------------------------

    @cached_property
    def shape(self) -> tuple[int, int]:
        """Rows (channels) and columns (blocks of units) of a register tile."""
        columns = min(2, self.group[1])
        return max(rows for rows in range(1, self.limits.registers // columns + 1) if self.lanes % rows == 0), columns

    @cached_property
    def group(self) -> tuple[int, int]:
        """Blocks of channels and of units that a task sums."""
        return min((self._group_of(most) for most in GROUPS), key=self._cost)

    def _group_of(self, most: int) -> tuple[int, int]:
        """The blocks of a number of channels and of units at most, in groups of nearly the same size."""
        channels, units = (
            -(-count // -(-count // max(1, most // self.lanes))) for count in (self.channel_blocks, self.blocks)
        )
        return channels, units

    @property
    def groups(self) -> tuple[int, int]:
        """How many such groups there are."""
        return self._groups(*self.group)

    def _groups(self, channels: int, units: int) -> tuple[int, int]:
        return -(-self.channel_blocks // channels), -(-self.blocks // units)

    @cached_property
    def parts(self) -> int:
        """How many parts the samples are summed in, so that there are tasks enough."""
        is_whole = self.form.part is None and self.form.sample == "n"
        return self._parts_for(*self.group) if is_whole else 1

    def _parts_for(self, channels: int, units: int) -> int:
        return min(self.limits.batch, -(-TASKS // product(self._groups(channels, units))))

    # -- cost ----------------------------------------------------------------------------------------------------

    def _cost(self, group: tuple[int, int]) -> float:
        """What the gradient costs, in products of vectors at the highest rate."""
        (down, across), (channels, units) = self.tiles, group
        tiles = self.limits.batch * down * across
        channel_groups, unit_groups = self._groups(channels, units)
        transformed = self.channel_blocks * unit_groups + self.blocks * channel_groups
        ends = SUM * self.pairs * self._parts_for(channels, units)
        return self.products * (tiles * (self.pairs / SUMMED + IN * transformed) + ends)

    def gain(self) -> float:
        """How many times as long the gradient would take term by term, by an estimate for a whole batch."""
        return self.direct() / self._cost(self.group)


SIZES = tuple(sorted(POINTS))
"""Rows and columns of the tiles that there are transforms for."""
