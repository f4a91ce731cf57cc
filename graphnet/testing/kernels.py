"""Generated kernels one by one, interpreted, against the direct evaluation of what their nodes say.

Before a program runs, its arena is filled with NaN: a kernel that reads what none wrote shows it. After each kernel,
everything outside of its outputs must be as before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from graphnet.codegen.cpu.counters import mix_key
from graphnet.ir.graph import Value
from graphnet.ir.schedule import FusedKernel
from graphnet.runtime.arrays import unpack
from graphnet.runtime.executable import Executable, Stage
from graphnet.runtime.module import Module
from graphnet.runtime.program import InterpretedProgram
from graphnet.testing.evaluate import evaluate

Array = np.ndarray[Any, Any]

_GARBAGE: Final = 0xFF
"""Every float made of these bytes is NaN."""


def check_kernels(
    module: Module, batch: Mapping[str, Array], purpose: str = "gradients", *, tolerance: float = 1e-9
) -> list[str]:
    """Run a program kernel by kernel.

    Args:
        module: compiled for the device `python` with float64.
        batch: inputs and targets.
        purpose: of the program, one without an update: `predict`, `loss`, `gradients`, `input_gradients`, ...
        tolerance: the largest error, relative to the largest element of a value (at least 1).

    Returns:
        what is wrong, in words, with the sources of the kernels to blame; nothing if all is right.
    """
    built = module.prepare(purpose)
    executable = built.executable
    (stage,) = executable.stages
    program = executable.program
    assert isinstance(program, InterpretedProgram), "only interpreted programs run kernel by kernel"
    graph = stage.laid.fused.graph
    bindings = {value: batch[value.name] for value in (*graph.inputs, *graph.targets)}
    bindings |= {p.value: module.parameters[p.path] for p in graph.parameters}
    for arena in executable.arenas:
        arena[:] = _GARBAGE
    module.step_block[1] = mix_key(module.seed, module.step)
    count = executable.feed({name: np.asarray(array) for name, array in batch.items()})
    expected = evaluate(graph.nodes, bindings, count, seed=module.seed, step=module.step)
    problems = []
    for position, (kernel, generated) in enumerate(stage.kernels):
        found = _run_one(executable, stage, program, position, kernel)
        for value in kernel.writes:
            error = _error(_read(executable, stage, value, count), expected[value])
            if not error <= tolerance:
                found.append(f"{value.name} differs by {error:.3g}")
        problems += [f"kernel {kernel.name}: {problem}\n{generated.source.text}" for problem in found]
    return problems


def _run_one(
    executable: Executable, stage: Stage, program: InterpretedProgram, position: int, kernel: FusedKernel
) -> list[str]:
    """Run a kernel; say what it wrote where nothing of its own lies."""
    before = [arena.copy() for arena in executable.arenas]
    program.run_kernel(position)
    problems = []
    for arena, old in zip(executable.arenas, before, strict=True):
        start = arena.ctypes.data
        for value in kernel.writes:
            memory = executable.memory[value]
            first = memory.ctypes.data - start
            if 0 <= first < arena.nbytes:
                old[first : first + memory.nbytes] = arena[first : first + memory.nbytes]
        if (outside := np.flatnonzero(old != arena)).size:
            others = [v.name for v in stage.laid.layouts if _covers(executable.memory.get(v), start + int(outside[0]))]
            problems.append(f"it writes {outside.size} bytes outside of its outputs, where {others} may lie")
    return problems


def _covers(memory: Array | None, address: int) -> bool:
    return memory is not None and memory.ctypes.data <= address < memory.ctypes.data + memory.nbytes


def _read(executable: Executable, stage: Stage, value: Value, count: int) -> Array:
    return unpack(executable.memory[value], stage.laid.layouts[value], value.type.shape, count)


def _error(found: Array, expected: Array) -> float:
    """The largest error, relative to the largest element; equal infinities and NaN count as none."""
    if found.shape != expected.shape:
        return float("inf")
    known = np.isfinite(expected)
    if not np.array_equal(found[~known], expected[~known].astype(found.dtype), equal_nan=found.dtype.kind == "f"):
        return float("inf")
    scale = max(1.0, float(np.abs(expected[known]).max(initial=0.0)))
    difference = np.abs(found[known].astype(np.float64) - expected[known])
    return float(difference.max(initial=0.0)) / scale if np.isfinite(difference).all() else float("inf")
