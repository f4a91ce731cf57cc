"""Put kernels in order, find how long each value lives, and plan the arena."""

from __future__ import annotations

from collections.abc import Collection

from graphnet.analysis.liveness import lifetimes
from graphnet.ir.graph import Value
from graphnet.ir.schedule import Schedule
from graphnet.transforms.choose_layouts import LaidOutGraph
from graphnet.transforms.plan_memory import Buffer, plan_memory


def bytes_of(value: Value, laid: LaidOutGraph, batch: int, item_size: int) -> int:
    """Bytes that a value takes in memory, for at most `batch` samples."""
    sizes = {"float": item_size, "int32": 4, "uint8": 1, "int64": 8}
    return laid.layouts[value].size(batch) * sizes[value.type.dtype]


def make_schedule(laid: LaidOutGraph, batch: int, item_size: int, placed: Collection[Value]) -> Schedule:
    """Plan memory for what kernels write, except what lies elsewhere.

    Args:
        laid: kernels in order of execution, with layouts.
        batch: most samples of a step.
        item_size: bytes of a float.
        placed: values with memory of their own (parameters, gradients, running statistics).
    """
    fused = laid.fused
    alive = lifetimes(fused.kernels, fused.graph.results, laid.aliases)
    names = {value: f"{value.name}#{k}" for k, value in enumerate(alive) if value not in placed}
    buffers = [
        Buffer(name, bytes_of(value, laid, batch, item_size), alive[value].first, alive[value].last)
        for value, name in names.items()
    ]
    plan = plan_memory(buffers)
    return Schedule(fused, plan, names)
