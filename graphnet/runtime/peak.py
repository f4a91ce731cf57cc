"""What this machine can do at most, measured with kernels like those that graphnet makes.

A kernel of multiply-adds is up against the vector units, any other against memory, unless a cache holds what it reads.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from graphnet.codegen.cpu.vectors import accumulators, host_lanes
from graphnet.codegen.source import KernelSource
from graphnet.runtime.cache import compile_kernels
from graphnet.runtime.program import Program
from graphnet.runtime.store import aligned_zeros

DEPTH: Final = 128
"""Multiply-adds of one accumulator before it is written."""
REPEATS: Final = 1024
"""Tiles of one measurement: half a millisecond or so, short enough to be undisturbed now and then."""
STREAMED: Final = 64 * 2**20
"""Bytes of each of the two arrays that are streamed, more than most caches hold."""

_TILE: Final = """\
from graphnet.codegen.cpu.{module} import map_tile_{rows}x{vecs}, pointer, tile_{rows}x{vecs}_1, vload, vstore


def total(acc, m, j, y):
    vstore(y, 0, vload(y, 0) + acc)


def kernel(args, worker, workers):
    x, w, y = pointer(args[2]), pointer(args[3]), pointer(args[4])
    for repeat in range(args[1]):
        acc = tile_{rows}x{vecs}_1(x, 0, w, 0, ({depth}, {lanes}, {depth}, 1, {width}))
        map_tile_{rows}x{vecs}(total, acc, y)
"""

_STREAM: Final = """\
from graphnet.codegen.cpu.{module} import pointer, vload, vstore


def kernel(args, worker, workers):
    count, x, y = args[1], pointer(args[2]), pointer(args[3])
    for k in range(count * worker // workers, count * (worker + 1) // workers):
        vstore(y, k * {lanes}, vload(y, k * {lanes}) + vload(x, k * {lanes}))
"""


class MultiplyAddPeak:
    """Measures one core's rate with graphnet's own tile; the limit of several cores is that many times as much.

    The tile reads a few KiB again and again, so memory plays no part.

    Attributes:
        best: the highest rate seen, in multiply-adds a second; measure now and then while other things run.
    """

    def __init__(self, dtype: str) -> None:
        lanes, vecs = host_lanes(dtype), 2
        rows = accumulators() // vecs
        text = _TILE.format(
            module=f"{dtype}x{lanes}", rows=rows, vecs=vecs, depth=DEPTH, lanes=lanes, width=vecs * lanes
        )
        kind = np.dtype(dtype)
        x, w, y = (aligned_zeros(size, kind) for size in (rows * DEPTH, DEPTH * vecs * lanes, lanes))
        row = np.array([0, REPEATS, x.ctypes.data, w.ctypes.data, y.ctypes.data], np.int64)
        kernels = compile_kernels([KernelSource("multiply_add_peak", text)])
        self._program = Program(kernels, [row], [False], memory=(x, w, y))
        self._macs = rows * vecs * lanes * DEPTH * REPEATS
        self.best = 0.0

    def measure(self, times: int = 20) -> float:
        """The best rate so far, after a few more measurements."""
        self.best = max(self.best, self._macs / _fastest(self._program, 1, times))
        return self.best


class MemoryPeak:
    """Measures how fast some workers together stream long arrays through memory: y = y + x.

    Where a cache holds all of the arrays, it is that cache which is measured.

    Args:
        dtype: of the elements.
        workers: how many threads stream.

    Attributes:
        best: the highest rate seen, in bytes a second, those read and those written.
        arrays: x and y.
    """

    def __init__(self, dtype: str, workers: int) -> None:
        lanes, kind = host_lanes(dtype), np.dtype(dtype)
        size = STREAMED // kind.itemsize
        x, y = self.arrays = aligned_zeros(size, kind), aligned_zeros(size, kind)
        row = np.array([0, size // lanes, x.ctypes.data, y.ctypes.data], np.int64)
        text = _STREAM.format(module=f"{dtype}x{lanes}", lanes=lanes)
        self._program = Program(compile_kernels([KernelSource("memory_peak", text)]), [row], [False], memory=(x, y))
        self._workers = workers
        self.best = 0.0

    def measure(self, times: int = 10) -> float:
        """The best rate so far, after a few more measurements."""
        self.best = max(self.best, 3 * STREAMED / _fastest(self._program, self._workers, times))
        return self.best


def _fastest(program: Program, workers: int, times: int) -> float:
    """The seconds of the fastest of several runs."""
    seconds = []
    for _ in range(times):
        before = time.perf_counter()
        program.run(workers)
        seconds.append(time.perf_counter() - before)
    return min(seconds)
