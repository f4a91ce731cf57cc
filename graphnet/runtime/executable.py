"""A program bound to its memory: inputs, arena, outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graphnet.codegen.arguments import Address, Argument, Scratch, WorkerScratch
from graphnet.codegen.kernel_frame import GeneratedKernel
from graphnet.ir.graph import Value
from graphnet.ir.schedule import FusedKernel, Schedule
from graphnet.runtime.arrays import Array, numpy_dtype, pack, unpack
from graphnet.runtime.cache import compile_kernels, interpret_kernel
from graphnet.runtime.program import InterpretedProgram, Program, Runnable, most_workers
from graphnet.runtime.store import aligned_zeros
from graphnet.transforms.choose_layouts import LaidOutGraph

SLACK = 4096
"""Bytes after the arena, which vectors that end beyond a value may touch."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A part of a program: kernels over one graph, generated and planned."""

    laid: LaidOutGraph
    schedule: Schedule
    kernels: tuple[tuple[FusedKernel, GeneratedKernel], ...]


class Executable:
    """Stages that run one after the other as one program.

    Args:
        stages: what to run.
        places: memory of the values that live outside of the arena.
        step: the step block (int64: samples, random key, first sample).
        device: `cpu`, or `python` to interpret the same source.
        floats: `float32` or `float64`.
        batch: most samples of a step.

    Attributes:
        memory: of every value that lies in memory.
        arenas: of the stages, in bytes.
    """

    def __init__(
        self, stages: Sequence[Stage], places: Mapping[Value, Array], step: Array, device: str, floats: str, batch: int
    ) -> None:
        self.stages, self.step, self.floats, self.batch = tuple(stages), step, floats, batch
        self.memory: dict[Value, Array] = dict(places)
        self._scratch: list[Array] = []
        self.arenas: list[Array] = []
        entries: list[tuple[FusedKernel, GeneratedKernel, LaidOutGraph]] = []
        for stage in self.stages:
            self._bind(stage)
            entries += [(kernel, generated, stage.laid) for kernel, generated in stage.kernels]
        sources = [generated.source for _, generated, _ in entries]
        self._worker_scratch = self._share_scratch([a for _, generated, _ in entries for a in generated.arguments])
        rows = [self._row(generated.arguments) for _, generated, _ in entries]
        barriers = self._barriers([(kernel, laid) for kernel, _, laid in entries])
        names = [kernel.name for kernel, _, _ in entries]
        keep = (self.memory, self.arenas, self._scratch, self._worker_scratch, step)
        self.program: Runnable
        if device == "python":
            self.program = InterpretedProgram([interpret_kernel(s) for s in sources], rows, barriers, names, keep)
        else:
            self.program = Program(compile_kernels(sources), rows, barriers, names, keep)

    # -- memory --------------------------------------------------------------------------------------------------

    def _bind(self, stage: Stage) -> None:
        graph, laid = stage.laid.fused.graph, stage.laid
        arena = aligned_zeros(stage.schedule.plan.peak + SLACK, np.dtype(np.uint8))
        self.arenas.append(arena)
        offsets = {p.name: p.offset for p in stage.schedule.plan.placements}
        for value, name in stage.schedule.buffers.items():
            start = offsets[name]
            kind = numpy_dtype(value.type.dtype, self.floats)
            count = laid.layouts[value].size(self.batch) * kind.itemsize
            self.memory[value] = arena[start : start + count].view(kind)
        for value in (*graph.inputs, *graph.targets):
            if value not in self.memory:
                self.memory[value] = self._new(value, laid)
        for node in graph.nodes:
            for value in node.inputs:
                if value.role == "constant" and value not in self.memory:
                    self.memory[value] = self._new(value, laid)
                    assert value.data is not None
                    pack(value.data, self.memory[value], laid.layouts[value], value.type.shape)
        for target, source in laid.aliases.items():
            self.memory[target] = self.memory[source]

    def _new(self, value: Value, laid: LaidOutGraph) -> Array:
        size = laid.layouts[value].size(self.batch) + SLACK // 8
        return aligned_zeros(size, numpy_dtype(value.type.dtype, self.floats))

    def _share_scratch(self, arguments: Sequence[Argument]) -> Array:
        """The address of each worker's scratch memory, as long as any kernel needs it; memory is used when touched."""
        size = max((argument.size for argument in arguments if isinstance(argument, WorkerScratch)), default=0)
        line = SLACK // np.dtype(self.floats).itemsize
        pitch = -(-size // line) * line
        workers = most_workers()
        memory = aligned_zeros(pitch * workers, np.dtype(self.floats))
        self._scratch.append(memory)
        return memory.ctypes.data + np.arange(workers, dtype=np.int64) * (pitch * memory.itemsize)

    def _row(self, arguments: Sequence[Argument]) -> Array:
        row = [0, self.step.ctypes.data]
        for argument in arguments:
            match argument:
                case Address(value):
                    row.append(self.memory[value].ctypes.data)
                case Scratch(size):
                    self._scratch.append(aligned_zeros(size, np.dtype(self.floats)))
                    row.append(self._scratch[-1].ctypes.data)
                case WorkerScratch():
                    row.append(self._worker_scratch.ctypes.data)
                case _:
                    row.append(int(argument))
        return np.array(row, np.int64)

    def _barriers(self, entries: Sequence[tuple[FusedKernel, LaidOutGraph]]) -> list[bool]:
        """Before which kernels all earlier ones must be finished: where byte ranges that one writes overlap."""
        barriers: list[bool] = []
        reads: list[tuple[int, int]] = []
        writes: list[tuple[int, int]] = []
        for kernel, _ in entries:
            mine_read = [self._range(v) for v in kernel.reads]
            mine_written = [self._range(v) for v in kernel.writes]
            needed = _overlap(mine_read, writes) or _overlap(mine_written, writes) or _overlap(mine_written, reads)
            barriers.append(needed)
            if needed:
                reads, writes = [], []
            reads += mine_read
            writes += mine_written
        return barriers

    def _range(self, value: Value) -> tuple[int, int]:
        memory = self.memory[value]
        return memory.ctypes.data, memory.ctypes.data + memory.nbytes

    # -- running -------------------------------------------------------------------------------------------------

    def feed(self, batch: Mapping[str, Array]) -> int:
        """Copy inputs and targets in; returns the number of samples."""
        count = 0
        for stage in self.stages:
            for value in (*stage.laid.fused.graph.inputs, *stage.laid.fused.graph.targets):
                array = batch[value.name]
                count = len(array)
                pack(array, self.memory[value], stage.laid.layouts[value], value.type.shape)
        self.step[0] = count
        return count

    def run(self, workers: int | None) -> None:
        self.program.run(workers)

    def fetch(self, value: Value, count: int) -> Array:
        """A copy of a value that the program computed (or was fed)."""
        for stage in self.stages:
            if value in stage.laid.layouts:
                return unpack(self.memory[value], stage.laid.layouts[value], value.type.shape, count)
        raise KeyError(value.name)

    @property
    def arena_bytes(self) -> int:
        return sum(stage.schedule.plan.peak for stage in self.stages)


def _overlap(a: Sequence[tuple[int, int]], b: Sequence[tuple[int, int]]) -> bool:
    return any(start < stop2 and start2 < stop for start, stop in a for start2, stop2 in b)
