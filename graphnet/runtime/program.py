"""A step as a program: a table of kernels that all workers walk together, in one call from Python.

    program = Program(compile_kernels(sources), argument_rows, barriers)
    program.run(workers=2)

Slot 0 of every argument row belongs to the program: it receives the address of the kernel's ticket, the counter from
which workers draw tasks. A barrier before a kernel makes all workers finish everything before it first.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from graphnet.codegen.source import KernelSource
from graphnet.core.diagnostics import InternalError
from graphnet.runtime import walk
from graphnet.runtime.cache import CompiledKernel, compile_kernels
from graphnet.runtime.cores import usable_cores
from graphnet.runtime.workers import default_workers, worker_pool

Arguments = NDArray[np.int64]
InterpretedKernel = Callable[[Arguments, int, int], None]

_LINE = 8  # int64 in a cache line; tickets on lines of their own do not slow each other down


def most_workers() -> int:
    """Workers that a program made now will have at most: kernels may have memory for each of them."""
    return max(usable_cores(), default_workers())


class Runnable(Protocol):
    """What compiled and interpreted programs have in common."""

    names: tuple[str, ...]

    def run(self, workers: int | None = None) -> None:
        """Run the step once."""

    def run_profiled(self, workers: int | None = None, steps: int = 1) -> list[float]:
        """Run the step and give the nanoseconds that each kernel took, on average over `steps`."""


class Program:
    """Compiled kernels, to be run in order.

    Args:
        kernels: one for each entry of the table.
        arguments: one row of int64 for each; they are kept and slot 0 is written. What they point to must live
            as long as the program does: pass it as `memory`.
        barriers: whether a kernel needs all earlier ones to be finished.
        names: what to call the entries in reports; the kernels' names by default.
        memory: anything to keep alive.
    """

    def __init__(
        self,
        kernels: Sequence[CompiledKernel],
        arguments: Sequence[Arguments],
        barriers: Sequence[bool],
        names: Sequence[str] | None = None,
        memory: object = None,
    ) -> None:
        self.names = tuple(names or (kernel.source.name for kernel in kernels))
        self._arguments = _checked(arguments, len(kernels), len(barriers), len(self.names))
        self._kept = tuple(kernels), memory
        self._tickets = _assign_tickets(self._arguments)
        rows = [
            (kernel.address, row.ctypes.data, int(barrier))
            for kernel, row, barrier in zip(kernels, self._arguments, barriers, strict=True)
        ]
        self._table = np.array(rows, np.int64).reshape(-1, 3)
        self._arrivals = np.zeros(_LINE, np.int64)
        self._most = most_workers()

    def run(self, workers: int | None = None) -> None:
        """Run the step once.

        Args:
            workers: how many threads run it; as many as the machine allows by default.
        """
        self._walk(workers, None)

    def run_profiled(self, workers: int | None = None, steps: int = 1) -> list[float]:
        """Run the step `steps` times, with a barrier around every kernel, and give each kernel's nanoseconds."""
        times = np.zeros(max(1, len(self._table)), np.int64)
        for _ in range(steps):
            self._walk(workers, times)
        return [float(time) / steps for time in times[: len(self._table)]]

    def _walk(self, workers: int | None, times: Arguments | None) -> None:
        most = min(default_workers(), self._most)
        count = most if workers is None else max(1, min(workers, most))
        walk_function, pool = _compiled_walk(), worker_pool()
        with pool.lock:
            self._tickets[:] = 0
            args = np.array(
                [
                    0,
                    self._table.ctypes.data,
                    len(self._table),
                    self._arrivals.ctypes.data,
                    self._arrivals[0],
                    0 if times is None else times.ctypes.data,
                ],
                np.int64,
            )
            row = ctypes.c_void_p(args.ctypes.data)
            pool.run([partial(walk_function, row, worker, count) for worker in range(count)], memory=(self, args))


class InterpretedProgram:
    """The same program with kernels as Python functions, run one after the other by a single worker.

    Args:
        kernels: from `interpret_kernel`, one for each entry of the table.
        arguments, barriers, names, memory: as for `Program`.
    """

    def __init__(
        self,
        kernels: Sequence[InterpretedKernel],
        arguments: Sequence[Arguments],
        barriers: Sequence[bool],
        names: Sequence[str] | None = None,
        memory: object = None,
    ) -> None:
        self.names = tuple(names or (f"kernel{position}" for position in range(len(kernels))))
        self._arguments = _checked(arguments, len(kernels), len(barriers), len(self.names))
        self._kept = tuple(kernels), memory
        self._tickets = _assign_tickets(self._arguments)

    def run(self, workers: int | None = None) -> None:
        """Run the step once; it makes no difference how many workers are asked for."""
        self.run_profiled(workers)

    def run_profiled(self, workers: int | None = None, steps: int = 1) -> list[float]:
        """Run the step `steps` times and give each kernel's nanoseconds."""
        spent = [0.0] * len(self.names)
        for _ in range(steps):
            for position in range(len(self.names)):
                before = time.perf_counter_ns()
                self.run_kernel(position)
                spent[position] += time.perf_counter_ns() - before
        return [nanoseconds / steps for nanoseconds in spent]

    def run_kernel(self, position: int) -> None:
        """Run one kernel, to look at memory between kernels."""
        self._tickets[position] = 0
        kernels, _ = self._kept
        kernels[position](self._arguments[position], 0, 1)


def _checked(arguments: Sequence[Arguments], *lengths: int) -> tuple[Arguments, ...]:
    """The rows, if there is one for each kernel and each can be handed out by its address."""
    if set(lengths) != {len(arguments)}:
        raise InternalError("building a program", f"{len(arguments)} argument rows beside {lengths} kernels and flags")
    for row in arguments:
        if row.dtype != np.int64 or row.ndim != 1 or not row.size or not row.flags.carray:
            raise InternalError("building a program", "an argument row is not a writeable array of int64")
    return tuple(arguments)


def _assign_tickets(arguments: Sequence[Arguments]) -> Arguments:
    """Make a ticket for each row and write its address into the row's slot 0."""
    tickets = np.zeros((len(arguments), _LINE), np.int64)
    for position, row in enumerate(arguments):
        row[0] = tickets[position].ctypes.data
    return tickets


@cache
def _compiled_walk() -> Callable[..., None]:
    """The walk as a C function that releases the interpreter lock while it runs."""
    text = Path(walk.__file__).read_text(encoding="utf-8")
    (compiled,) = compile_kernels([KernelSource("walk", text)])
    return ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)(compiled.address)
