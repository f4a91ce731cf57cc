"""Primitives of the walk over a program's table: calling kernels by address, meeting other workers, reading a clock.

Only `graphnet/runtime/walk.py` uses them. They have no NumPy bodies: uncompiled programs are run by Python.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from graphnet.codegen.cpu.emission import I32, I64
from graphnet.codegen.cpu.primitive import Index, primitive

_SPINS = 200


def _call_kernel(builder: Any, kernel: Any, args: Any, worker: Any, workers: Any) -> None:
    function_type = ir.FunctionType(ir.VoidType(), [I64.as_pointer(), I64, I64])
    function = builder.inttoptr(kernel, function_type.as_pointer())
    builder.call(function, [builder.inttoptr(args, I64.as_pointer()), worker, workers])


@primitive(_call_kernel)
def call_kernel(kernel: Index, args: Index, worker: Index, workers: Index) -> None:
    """Call the kernel at one address with the row of arguments at another."""
    raise NotImplementedError


def _arrive_and_wait(builder: Any, counter: Any, total: Any) -> None:
    arrivals = builder.inttoptr(counter, I64.as_pointer())
    builder.atomic_rmw("add", arrivals, I64(1), "acq_rel")
    spins = cgutils.alloca_once_value(builder, I64(0))
    again, done = builder.append_basic_block("wait"), builder.append_basic_block("met")
    builder.branch(again)
    builder.position_at_end(again)
    arrived = builder.load_atomic(arrivals, "acquire", 8)
    late = builder.append_basic_block("late")
    builder.cbranch(builder.icmp_signed(">=", arrived, total), done, late)
    builder.position_at_end(late)
    spun = builder.load(spins)
    builder.store(builder.add(spun, I64(1)), spins)
    with builder.if_else(builder.icmp_signed("<", spun, I64(_SPINS))) as (spin, give_way):
        with spin:
            _pause(builder)
        with give_way:
            _call_system(builder, "SwitchToThread" if sys.platform == "win32" else "sched_yield")
    builder.branch(again)
    builder.position_at_end(done)


@primitive(_arrive_and_wait)
def arrive_and_wait(counter: Index, total: Index) -> None:
    """Add one to the int64 at an address, then wait until it has reached `total`.

    Waits by spinning a little, then by giving the core away: some worker may need it to arrive at all.
    """
    raise NotImplementedError


def _pause(builder: Any) -> None:
    """Tell the core that it is in a waiting loop, where there is an instruction for that."""
    triple = str(builder.module.triple)
    if triple.startswith(("x86_64", "i386", "i686")):
        pause = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), []), "llvm.x86.sse2.pause"
        )
        builder.call(pause, [])
    elif triple.startswith(("aarch64", "arm64")):
        hint = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(ir.VoidType(), [I32]), "llvm.aarch64.hint"
        )
        builder.call(hint, [I32(1)])


def _call_system(builder: Any, name: str, *arguments: Any) -> None:
    function_type = ir.FunctionType(I32, [argument.type for argument in arguments])
    builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), arguments)


def _nanoseconds(builder: Any) -> Any:
    if sys.platform == "win32":  # no clock that is both precise and simple to call
        return I64(0)
    moment = cgutils.alloca_once(builder, ir.ArrayType(I64, 2))
    seconds = builder.bitcast(moment, I64.as_pointer())
    _call_system(builder, "clock_gettime", I32(time.CLOCK_MONOTONIC), seconds)
    fraction = builder.load(builder.gep(seconds, [I64(1)]))
    return builder.add(builder.mul(builder.load(seconds), I64(1_000_000_000)), fraction)


@primitive(_nanoseconds)
def nanoseconds() -> Index:
    """A clock that only goes forward."""
    return time.monotonic_ns()
