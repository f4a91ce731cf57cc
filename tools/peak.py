"""How many multiply-adds a second this machine's vector units do, measured with graphnet's own tile.

The tile reads a few KiB again and again, so memory plays no part: what comes out is the limit that every kernel
made of multiply-adds is up against.
"""

from __future__ import annotations

import time

import numpy as np

from graphnet.codegen.cpu.vectors import accumulators, host_lanes
from graphnet.codegen.source import KernelSource
from graphnet.runtime.cache import compile_kernels
from graphnet.runtime.program import Program
from graphnet.runtime.store import aligned_zeros

DEPTH = 128
"""Multiply-adds of one accumulator before it is written."""
REPEATS = 1024
"""Tiles of one measurement: half a millisecond or so, short enough to be undisturbed now and then."""

KERNEL = """\
from graphnet.codegen.cpu.{module} import map_tile_{rows}x{vecs}, pointer, tile_{rows}x{vecs}_1, vload, vstore


def total(acc, m, j, y):
    vstore(y, 0, vload(y, 0) + acc)


def kernel(args, worker, workers):
    x, w, y = pointer(args[2]), pointer(args[3]), pointer(args[4])
    for repeat in range(args[1]):
        acc = tile_{rows}x{vecs}_1(x, 0, w, 0, ({depth}, {lanes}, {depth}, 1, {width}))
        map_tile_{rows}x{vecs}(total, acc, y)
"""


class MultiplyAddPeak:
    """Measures the peak of one core; the limit of several is that many times as much.

    Attributes:
        best: the highest rate seen, in multiply-adds a second; measure now and then while other things run.
    """

    def __init__(self, dtype: str) -> None:
        lanes, vecs = host_lanes(dtype), 2
        rows = accumulators() // vecs
        text = KERNEL.format(
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
        for _ in range(times):
            before = time.perf_counter()
            self._program.run(1)
            self.best = max(self.best, self._macs / (time.perf_counter() - before))
        return self.best
