"""From kernels with layouts to source text and argument rows."""

from __future__ import annotations

from dataclasses import dataclass

from graphnet.codegen.cpu.lane_contraction import emit_lane_tile
from graphnet.codegen.cpu.long_sums import emit_tile
from graphnet.codegen.cpu.nest import emit_nest
from graphnet.codegen.cpu.sparse_sum import emit_sparse_sum
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.cpu.winograd_contraction import emit_winograd
from graphnet.codegen.kernel_frame import GeneratedKernel
from graphnet.ir.schedule import FusedKernel
from graphnet.transforms.choose_layouts import LaidOutGraph


@dataclass(frozen=True)
class CpuTarget:
    """What to generate for.

    Attributes:
        dtype: `float32` or `float64`.
        lanes: elements of a vector.
        registers: accumulators that fit the register file.
        batch: most samples of a step.
    """

    dtype: str
    lanes: int
    registers: int
    batch: int

    @property
    def module(self) -> str:
        """Where generated kernels import their primitives from."""
        return f"graphnet.codegen.cpu.{self.dtype}x{self.lanes}"


def generate_kernel(kernel: FusedKernel, laid: LaidOutGraph, target: CpuTarget) -> GeneratedKernel:
    """Write one kernel: a tile or a sum of few terms where one fits, else a loop nest."""
    if kernel.root.comprehension.family == "contraction":
        limits = TileLimits(target.registers, target.batch)
        if kernel.root.comprehension.filtering is not None:
            return emit_winograd(kernel, laid.layouts, target.module, target.lanes, limits)
        for emit in (emit_tile, emit_lane_tile):
            tiled = emit(kernel, laid.layouts, target.module, target.lanes, limits)
            if tiled is not None:
                return tiled
    sparse = emit_sparse_sum(kernel, laid.layouts, target.module, target.lanes)
    return sparse or emit_nest(kernel, laid.layouts, target.module, target.lanes)
