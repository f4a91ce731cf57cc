"""Contractions along whose lanes both operands vary, as register tiles: depthwise convolutions and narrow groups.

A vector of x meets a vector of filters, lane by lane. The rows of a tile are neighbours along a row of the output,
which share the filters' taps; written out, the taps also share what the rows load of x. For a weight gradient it is the
other way round: the rows are the taps, and neighbours along the output's gradient are what is written out. That sum is
taken over whole maps, a few lines at a time, so that all taps meet the lines while these are in the cache.

Where lanes belong to groups of a few channels, each lane reads one channel of its group after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphnet.codegen.cpu.contraction import Reduced
from graphnet.codegen.cpu.lane_plan import LanePlan
from graphnet.codegen.cpu.lane_tile import LaneTile
from graphnet.codegen.cpu.long_sums import LongSumEmitter
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.kernel_frame import GeneratedKernel, KernelFrame
from graphnet.codegen.writer import affine
from graphnet.ir.graph import Value
from graphnet.ir.layout import Layout
from graphnet.ir.schedule import FusedKernel


def emit_lane_tile(
    kernel: FusedKernel, layouts: Mapping[Value, Layout], module: str, lanes: int, limits: TileLimits
) -> GeneratedKernel | None:
    """Write a contraction around a tile of vectors, or return None where none fits."""
    tile = LaneEmitter(KernelFrame(kernel, layouts), lanes, limits)
    return tile.emit(module) if tile.prepare() else None


class LaneEmitter(LanePlan, LongSumEmitter):
    """A tile of vectors that writes itself."""

    def _emit_one_tile(self, rows: int, loops: list[Reduced]) -> None:
        row = "row"
        if self.slide is not None and self.slide.divisor > 1:
            row = f"row // {self.slide.divisor}"
        x_at = affine("x_at", [(row, self._row_stride())])
        if self.slide is None:
            self._emit_call(self._tile(rows, self.columns, len(loops), 1), loops, x_at, "w_at")
            return
        slide, frame = self.slide, self.frame
        x, v, part = frame.pointer(self.x), frame.pointer(self.v), slide.part.name
        turns, rest = divmod(int(slide.part.extent), slide.taps)
        x_turn, v_turn = slide.taps * slide.step * slide.unit, slide.taps * self.v_at.strides.get(part, 0)
        whole = loops
        if turns > 1:
            steps = frame.row.number(f"{x}_{part}s", x_turn), frame.row.number(f"{v}_{part}s", v_turn)
            whole = [*loops, Reduced(frame.row.number(f"{part.upper()}S", turns), *steps)]
        self._emit_asking(self._tile(rows, self.columns, len(whole), slide.taps), whole, x_at)
        if rest:
            x_end = frame.row.number(f"{x}_{part}_end", turns * x_turn)
            v_end = frame.row.number(f"{v}_{part}_end", turns * v_turn)
            tile = self._tile(rows, self.columns, len(loops), rest)
            self._emit_call(tile, loops, f"{x_at} + {x_end}", f"w_at + {v_end}")

    def _row_stride(self) -> str:
        """Elements of x from one row to the next, or to the first whose fraction is another."""
        if self.slide is None or self.slide.divisor == 1:
            return self.row_stride()
        return self.stride_text(f"{self.frame.pointer(self.x)}_unit", self.slide.unit)

    def _emit_asking(self, tile: LaneTile, loops: list[Reduced], x_at: str) -> None:
        """Call the tile, and ask for the next lines: the first time that a line is walked, where that happens often."""
        assert self.slide is not None
        if self.ahead and self.accumulates:
            with self.w.block(f"if {' and '.join(f'{part.name} == 0' for part in self.repeats)}"):
                self._emit_call(replace(tile, ahead=len(self.ahead)), loops, x_at, "w_at")
            with self.w.block("else"):
                self._emit_call(tile, loops, x_at, "w_at")
            return
        x = self.frame.pointer(self.x)
        for k, distance in enumerate(self.ahead):
            self.frame.used.add("prefetch")
            ahead = self.frame.row.number(f"{x}_ahead{k or ''}", distance)
            self.w.line(f"prefetch({x}, {x_at} + {ahead}, {tile.rows * self.slide.row_step})")
        self._emit_call(tile, loops, x_at, "w_at")

    def _emit_call(self, tile: LaneTile, loops: list[Reduced], x_at: str, v_at: str) -> None:
        """Call the tile, and apply the epilogue to what it gives."""
        x, v = self.frame.pointer(self.x), self.frame.pointer(self.v)
        numbers = [*self._strides(x, v), *(self._ahead_numbers(x, v) if tile.ahead else ())]
        numbers += [number for loop in loops for number in (loop.count, loop.x_step, loop.w_step)]
        self.frame.used.add(tile.name)
        self.w.line(f"acc = {tile.name}({x}, {x_at}, {v}, {v_at}, ({', '.join(numbers)}))")
        self.emit_map(tile.rows)

    def _strides(self, x: str, v: str) -> list[str]:
        """Elements between neighbours of x, and between columns, taps and positions of groups of v."""

        def along(part: str) -> str:
            return self.stride_text(f"{v}_{part}", self.v_at.strides.get(part, 0))

        unit = self.stride_text(f"{x}_unit", self.slide.unit) if self.slide else self.row_stride()
        tap = along(self.slide.part.name) if self.slide else "0"
        share = along(self.x_at.spread.loop) if self.x_at.spread and not self.spreads else "0"
        return [unit, along(self.block.name) if self.block else "0", tap, share]

    def _ahead_numbers(self, x: str, v: str) -> list[str]:
        """How far away the next lines lie: the first of x, from line to line, and that of v."""
        assert self.line is not None
        first, *others = self.ahead
        between = others[0] - first if others else 0
        distances = {f"{x}_ahead": first, f"{x}_line": between, f"{v}_ahead": self.v_at.strides.get(self.line.name, 0)}
        return [self.frame.row.number(name, distance) for name, distance in distances.items()]
