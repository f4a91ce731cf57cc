"""Put kernels in order, find how long each value lives, and plan the arena."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from graphnet.ir.graph import Value
from graphnet.ir.schedule import Schedule
from graphnet.transforms.choose_layouts import LaidOutGraph
from graphnet.transforms.plan_memory import Buffer, plan_memory


def bytes_of(value: Value, laid: LaidOutGraph, batch: int, item_size: int) -> int:
    """Bytes that a value takes in memory, for at most `batch` samples."""
    sizes = {"float": item_size, "int32": 4, "uint8": 1, "int64": 8}
    return laid.layouts[value].size(batch) * sizes[value.type.dtype]


def root_of(value: Value, aliases: Mapping[Value, Value]) -> Value:
    """The value whose memory a value shares."""
    return aliases.get(value, value)


def make_schedule(laid: LaidOutGraph, batch: int, item_size: int, placed: Collection[Value]) -> Schedule:
    """Plan memory for what kernels write, except what lies elsewhere.

    Args:
        laid: kernels in order of execution, with layouts.
        batch: most samples of a step.
        item_size: bytes of a float.
        placed: values with memory of their own (parameters, gradients, running statistics).
    """
    kernels = laid.fused.kernels
    lifetimes: dict[Value, tuple[int, int]] = {}
    for k, kernel in enumerate(kernels):
        if kernel.root in laid.views:
            continue
        for value in (*kernel.reads, *kernel.writes):
            root = root_of(value, laid.aliases)
            if root.role == "node" and root not in placed:
                first = lifetimes[root][0] if root in lifetimes else k
                lifetimes[root] = first, k
    for value in laid.fused.graph.results:  # the caller reads them after the last kernel
        root = root_of(value, laid.aliases)
        if root in lifetimes:
            lifetimes[root] = lifetimes[root][0], len(kernels)
    names = {value: f"{value.name}#{k}" for k, value in enumerate(lifetimes)}
    buffers = [
        Buffer(names[v], bytes_of(v, laid, batch, item_size), first, last) for v, (first, last) in lifetimes.items()
    ]
    plan = plan_memory(buffers)
    return Schedule(laid.fused, plan, names)
