"""Runs an expression on the primitives, compiled and interpreted."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from graphnet.codegen.cpu import vectors
from graphnet.codegen.source import KernelSource
from graphnet.runtime.cache import compile_kernels, interpret_kernel
from graphnet.runtime.program import InterpretedProgram, Program

Array = NDArray[Any]

VECTORS = ["float32x16", "float32x8", "float32x4", "float64x8", "float64x4", "float64x2"]
WIDEST = [f"{dtype}x{vectors.host_lanes(dtype)}" for dtype in ("float32", "float64")]


def _source(vector: str, body: str, functions: str) -> KernelSource:
    """A kernel that imports every primitive that its text names."""
    module = importlib.import_module(f"graphnet.codegen.cpu.{vector}")
    names = [word for word in sorted(set(re.findall(r"[a-z]\w*", body + functions))) if hasattr(module, word)]
    lines = [f"from graphnet.codegen.cpu.{vector} import {', '.join(names)}", "", functions, ""]
    lines += ["def kernel(args, worker, workers):", *(f"    {line}" for line in body.strip("\n").splitlines())]
    return KernelSource("tested", "\n".join(lines) + "\n")


def _run(vector: str, body: str, args: list[int | Array], compiled: bool = True, functions: str = "") -> None:
    """Run the body of a kernel with addresses of arrays and integers from slot 1 of its arguments on."""
    source = _source(vector, body, functions)
    row = np.array([0, *(a if isinstance(a, int) else a.ctypes.data for a in args)], np.int64)
    if compiled:
        Program(compile_kernels([source]), [row], [False]).run(1)
    else:
        InterpretedProgram([interpret_kernel(source)], [row], [False]).run()


def _evaluate(vector: str, expression: str, *operands: Array, compiled: bool = True) -> Array:
    """The values of an expression in a, b, c for arrays of any length."""
    dtype, lanes = vector.split("x")
    size = len(operands[0])
    padded = -(-size // int(lanes)) * int(lanes)
    arrays = [np.resize(np.asarray(operand, dtype), padded) for operand in operands]
    result = np.full(padded, np.nan, dtype)
    body = [f"p_{name} = pointer(args[{slot}])" for slot, name in enumerate("yabc"[: len(arrays) + 1], 2)]
    body += ["for i in range(0, args[1], " + lanes + "):"]
    body += [f"    {name} = vload(p_{name}, i)" for name in "abc"[: len(arrays)]]
    body += [f"    vstore(p_y, i, {expression})"]
    _run(vector, "\n".join(body), [padded, result, *arrays], compiled)
    return result[:size]


@pytest.fixture(params=[True, False], ids=["compiled", "interpreted"])
def compiled(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(params=VECTORS)
def vector(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=WIDEST)
def widest(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run() -> Callable[..., None]:
    return _run


@pytest.fixture
def evaluate() -> Callable[..., Array]:
    return _evaluate
