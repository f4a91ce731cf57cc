"""Contractions that sum over more than a core's first cache holds, as weight gradients do over all samples' maps.

Such a sum is taken a few lines at a time, so that all tiles of a task meet the lines while these are in the cache. What
a task has so far lies in memory, where each tile adds to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from graphnet.codegen.cpu.contraction import TileEmitter
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.kernel_frame import GeneratedKernel, KernelFrame
from graphnet.codegen.loops import Part
from graphnet.ir.graph import Value
from graphnet.ir.layout import Layout
from graphnet.ir.schedule import FusedKernel


def emit_tile(
    kernel: FusedKernel, layouts: Mapping[Value, Layout], module: str, lanes: int, limits: TileLimits
) -> GeneratedKernel | None:
    """Write a contraction around a register tile, or return None where none fits."""
    tile = LongSumEmitter(KernelFrame(kernel, layouts), lanes, limits)
    return tile.emit(module) if tile.prepare() else None


class LongSumEmitter(TileEmitter):
    """A tile that writes itself, and walks sums that are long a few lines at a time."""

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
                extent = self.frame.extent(part.name, self.nest.count(part))
                lines = self.frame.row.number(f"{part.name}_lines", count)
                self.frame.used.add("ceildiv")
                w.line(f"chunks = ceildiv({extent}, {lines})")
                stack.enter_context(w.loop("chunk", "0", "chunks"))
                w.line(f"{part.name}_first = chunk * {lines}")
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
