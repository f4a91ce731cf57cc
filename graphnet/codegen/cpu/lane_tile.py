"""A multiply-add tile whose both operands are vectors: for contractions that keep a loop apart along the lanes.

A depthwise convolution multiplies each channel by its own filter, so the channels of a vector have nothing to share;
what the accumulators share is the filter's taps, along a row of the output.

    acc = lane_tile_8x1_2(x, x0, v, v0, (unit, lane_stride, tap_stride, share_stride, count, x_step, v_step, ...))

accumulates over a nest of 2 counted loops, the outermost first, products of 8 vectors of x and one of v:

    acc[m * vecs + j] = sum of x[x0 + m * unit + sum(index * x_step)] * v[v0 + j * lane_stride + sum(index * v_step)]

Endings of the name ask for more:

    _taps3s2d1   the innermost loop, written out: tap t reads x at (m * 2 + t * 1) * unit and v at t * tap_stride, so
                 that neighbouring rows share what they load of x
    _fold4       lanes belong to groups of 4, and each sums over its group: position c of every group, in all of the
                 group's lanes, times v at c * share_stride
    _spread4     the same, but each position c has a sum of its own: it is column c of the tile
    _ahead2      asks for what the next lines need: 2 of x, at `x_ahead + line * x_line`, and one of v, at `v_ahead`,
                 which three numbers precede the nest
    _sums4       each accumulator is the sum of 4, of every fourth tap: few accumulators wait for one another

Counts may be 0; the result is then zero.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, signature

from graphnet.codegen.cpu.emission import I64, Address, Floats, Simd
from graphnet.codegen.cpu.memory import ask_for
from graphnet.codegen.cpu.primitive import Index, Pointer, Vector, register
from graphnet.codegen.cpu.tile import load_vector, strided
from graphnet.codegen.cpu.vectors import PointerType

_NAME = re.compile(
    r"lane_tile_(\d+)x(\d+)_(\d+)(?:_taps(\d+)s(\d+)d(m?\d+)(?:by(\d+)o(m?\d+))?)?"
    r"(?:_(fold|spread)(\d+))?(?:_sums(\d+))?(?:_ahead(\d+))?"
)


@dataclass(frozen=True)
class LaneTile:
    """What a lane tile does; see the module's docstring.

    Attributes:
        rows, vecs: of the tile: `rows` vectors of x times `vecs` vectors of v.
        depth: counted loops around the taps.
        taps: written out.
        row_step, tap_step: units of x from one row, and from one tap, to the next.
        divisor, offset: where x is read at a fraction: of (steps + offset) / divisor, only whole numbers count.
        group: lanes that share what they read of x.
        spreads: whether every position in a group has a column, instead of being summed.
        sums: partial sums of an accumulator.
        ahead: lines of x to ask for before they are needed; then one of v, too.
    """

    rows: int
    vecs: int
    depth: int
    taps: int = 1
    row_step: int = 1
    tap_step: int = 0
    divisor: int = 1
    offset: int = 0
    group: int = 1
    spreads: bool = False
    sums: int = 1
    ahead: int = 0

    @property
    def name(self) -> str:
        """By which generated kernels import it."""
        name = f"lane_tile_{self.rows}x{self.vecs}_{self.depth}"
        if self.taps > 1 or self.row_step > 1:
            name += f"_taps{self.taps}s{self.row_step}d{self.tap_step}"
        if self.divisor > 1:
            name += f"by{self.divisor}o{self.offset}"
        if self.group > 1:
            name += f"_{'spread' if self.spreads else 'fold'}{self.group}"
        name += f"_sums{self.sums}" if self.sums > 1 else ""
        return name.replace("-", "m") + (f"_ahead{self.ahead}" if self.ahead else "")

    @classmethod
    def named(cls, name: str) -> LaneTile | None:
        """The tile of a name, if it is the name of one."""
        found = _NAME.fullmatch(name)
        if found is None:
            return None
        *shape, taps, row_step, tap_step, divisor, offset, way, group, sums, ahead = found.groups()
        rows, vecs, depth = map(int, shape)
        steps = int(row_step or 1), _signed(tap_step), int(divisor or 1), _signed(offset)
        groups = int(group or 1), way == "spread"
        return cls(rows, vecs, depth, int(taps or 1), *steps, *groups, int(sums or 1), int(ahead or 0))

    @property
    def numbers(self) -> int:
        """How many numbers describe its strides, those of the nest aside."""
        return 7 if self.ahead else 4

    @property
    def accumulators(self) -> int:
        return self.rows * self.vecs

    @property
    def shared(self) -> int:
        """Positions of a group that are summed."""
        return 1 if self.spreads else self.group

    @property
    def held(self) -> int:
        """Vectors of v that stay in registers, or of x with those of v for one position of a group: what is less."""
        every = self.taps * self.shared * (1 if self.spreads else self.vecs)
        return every if self.keeps_vectors else len(self.places()) + self.taps * self.vecs

    @property
    def keeps_vectors(self) -> bool:
        """Whether all vectors of v stay in registers, instead of all of x."""
        return self.shared == 1 or self.taps * self.shared <= len(self.places()) + self.taps

    def places(self) -> dict[int, list[tuple[int, int]]]:
        """The (row, tap) pairs that read each place of x, in units."""
        found: dict[int, list[tuple[int, int]]] = {}
        for m in range(self.rows):
            for t in range(self.taps):
                place, rest = divmod(m * self.row_step + t * self.tap_step + self.offset, self.divisor)
                if rest == 0:
                    found.setdefault(place, []).append((m, t))
        return dict(sorted(found.items()))

    def order(self, lanes: int, position: int) -> list[int]:
        """The lane that each lane reads, for a position in its group."""
        return [lane // self.group * self.group + position for lane in range(lanes)]


def _signed(text: str | None) -> int:
    return int((text or "0").replace("m", "-"))


@cache
def lane_tile(tile: LaneTile) -> Callable[..., tuple[Vector, ...]]:
    """The function that generated kernels call."""

    def tile_function(x: Pointer, x0: Index, v: Pointer, v0: Index, strides: Sequence[int]) -> tuple[Vector, ...]:
        return _interpret(tile, x, x0, v, v0, strides)

    tile_function.__name__ = tile.name
    packed = types.UniTuple(types.int64, tile.numbers + 3 * tile.depth)

    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: tuple[types.Type, ...], kws: dict[str, types.Type]) -> Any:
            x, _, v, _, _ = args
            if x != v or not isinstance(x, PointerType) or x.element != x.vector.dtype:
                return None
            return signature(types.UniTuple(x.vector, tile.accumulators), x, types.int64, v, types.int64, packed)

    def lowering(context: Any, builder: Any, sig: Any, args: tuple[Any, ...]) -> Any:
        simd = Simd(builder, sig.args[0].vector)
        x, x0, v, v0, strides = args
        values = cgutils.unpack_tuple(builder, strides)
        start = Address(simd, x).at(x0), Address(simd, v).at(v0)
        return cgutils.pack_array(builder, _Emission(tile, simd, values).emit(*start, values[tile.numbers :]))

    register(tile_function, Template, lowering)
    return tile_function


class _Emission:
    """One tile being written."""

    def __init__(self, tile: LaneTile, simd: Simd, strides: Sequence[Any]) -> None:
        self.tile, self.simd, self.builder = tile, simd, simd.builder
        self.unit, self.lane_stride, self.tap_stride, self.share_stride, *self.ahead = strides[: tile.numbers]
        zero = ir.Constant(simd.vector.llvm, None)
        # Stack slots, which LLVM turns into registers: loops of phi nodes would say the same at greater length.
        self.slots = [cgutils.alloca_once_value(simd.builder, zero) for _ in range(tile.accumulators * tile.sums)]
        for slot in self.slots:  # a tile inside a loop starts from zero each time
            simd.builder.store(zero, slot)

    def emit(self, x: Any, v: Any, nest: Sequence[Any]) -> list[Any]:
        """Emit the nest; give the accumulators' final values."""
        self._loop(x, v, nest)
        totals = [Floats(self.simd, self.builder.load(slot)) for slot in self.slots]
        while len(totals) > self.tile.accumulators:  # pairs of neighbours first
            count = self.tile.accumulators
            parts = [totals[k : k + count] for k in range(0, len(totals), count)]
            pairs = [[a + b for a, b in zip(*two, strict=True)] for two in zip(parts[::2], parts[1::2], strict=False)]
            totals = [total for part in [*pairs, *parts[len(parts) // 2 * 2 :]] for total in part]
        return [total.value for total in totals]

    def _loop(self, x: Any, v: Any, nest: Sequence[Any]) -> None:
        if nest:
            count, x_step, v_step, *inner = nest
            with cgutils.for_range(self.builder, count) as counter:
                x_next = self.builder.gep(x, [self.builder.mul(counter.index, x_step)])
                self._loop(x_next, self.builder.gep(v, [self.builder.mul(counter.index, v_step)]), inner)
            return
        if self.tile.ahead:
            self._ask_ahead(x, v)
        if self.tile.keeps_vectors:
            self._taps_by_place(x, v)
        else:
            self._taps_by_share(x, v)

    def _ask_ahead(self, x: Any, v: Any) -> None:
        """Prefetch what the taps read of the next lines."""
        builder, (x_ahead, x_line, v_ahead) = self.builder, self.ahead
        taps = range(self.tile.taps)
        for line in range(self.tile.ahead):
            start = builder.gep(x, [builder.add(x_ahead, builder.mul(x_line, I64(line)))])
            for place in range(taps.stop * abs(self.tile.tap_step)):
                ask_for(self.simd, builder.gep(start, [builder.mul(self.unit, I64(place))]))
        start = builder.gep(v, [v_ahead])
        for t in taps:
            ask_for(self.simd, builder.gep(start, [builder.mul(self.tap_stride, I64(t))]))

    def _taps_by_place(self, x: Any, v: Any) -> None:
        """Each vector of x once, then all that is made of it: the vectors of v stay at hand."""
        tile = self.tile
        vectors = [[self._vectors(v, t, c) for c in range(tile.shared)] for t in range(tile.taps)]
        for place, users in tile.places().items():
            loaded = self._load(x, [(place, self.unit)])
            for c in range(tile.group):
                part = self._of_group(loaded, c)
                for m, t in users:
                    self._add(m, c, t, part, vectors[t][0 if tile.spreads else c])

    def _taps_by_share(self, x: Any, v: Any) -> None:
        """One position of the groups after the other, each with its vectors of v: those of x stay at hand."""
        places = self.tile.places()
        loaded = {place: self._load(x, [(place, self.unit)]) for place in places}
        for c in range(self.tile.group):
            vectors = [self._vectors(v, t, c) for t in range(self.tile.taps)]
            for place, users in places.items():
                part = self._of_group(loaded[place], c)
                for m, t in users:
                    self._add(m, c, t, part, vectors[t])

    def _vectors(self, v: Any, tap: int, position: int) -> list[Floats]:
        """The vectors of v for a tap and a position of the groups, one for each column that has its own."""
        at = [(tap, self.tap_stride), (position, self.share_stride)]
        count = 1 if self.tile.spreads else self.tile.vecs
        return [self._load(v, [*at, (j, self.lane_stride)]) for j in range(count)]

    def _of_group(self, value: Floats, position: int) -> Floats:
        if self.tile.group == 1:
            return value
        return self.simd.shuffle(value, self.tile.order(self.simd.vector.lanes, position))

    def _load(self, pointer: Any, steps: Sequence[tuple[int, Any]]) -> Floats:
        offset = I64(0)
        for count, stride in steps:
            offset = self.builder.add(offset, self.builder.mul(stride, I64(count)))
        return Floats(self.simd, load_vector(self.simd, pointer, offset))

    def _add(self, row: int, position: int, tap: int, a: Floats, vectors: Sequence[Floats]) -> None:
        """Add the products of a vector of x to the accumulators of a row."""
        tile, builder = self.tile, self.builder
        first = tap % tile.sums * tile.accumulators + row * tile.vecs + (position if tile.spreads else 0)
        for slot, b in zip(self.slots[first:], vectors, strict=False):
            builder.store(self.simd.fma(a, b, Floats(self.simd, builder.load(slot))).value, slot)


def _interpret(tile: LaneTile, x: Pointer, x0: int, v: Pointer, v0: int, strides: Sequence[int]) -> tuple[Vector, ...]:
    """The tile tap by tap, each as a sum of products over strided views of memory."""
    unit, lane_stride, tap_stride, share_stride = strides[:4]
    nest = strides[tile.numbers :]
    counts = nest[::3]
    total = np.zeros((tile.rows, tile.vecs, x.lanes), x.dtype)
    places = tile.places()
    if min(counts, default=1) <= 0 or not places:
        return tuple(total.reshape(-1, x.lanes))
    first, columns = min(places), 1 if tile.spreads else tile.vecs
    read = strided(x, x0 + first * unit, (*counts, max(places) - first + 1, x.lanes), (*nest[1::3], unit, 1))
    read = read.reshape(-1, *read.shape[-2:])
    for t in range(tile.taps):
        rows = {m: place - first for place, users in places.items() for m, tap in users if tap == t}
        for c in range(tile.group):
            at = v0 + t * tap_stride + (0 if tile.spreads else c * share_stride)
            vectors = strided(v, at, (*counts, columns, v.lanes), (*nest[2::3], lane_stride, 1))
            shared = read[:, list(rows.values())][:, :, tile.order(x.lanes, c)]
            sums = np.einsum("kml,kjl->mjl", shared, vectors.reshape(-1, columns, v.lanes))
            total[list(rows), slice(c, c + 1) if tile.spreads else slice(columns)] += sums
    return tuple(total.reshape(-1, x.lanes))
