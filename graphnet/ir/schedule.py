"""What the later stages make of a graph: nodes grouped into kernels, then kernels in order with a memory plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphnet.ir.graph import Graph, Node, Value


@dataclass(frozen=True, eq=False)
class FusedKernel:
    """Nodes that run as one kernel.

    Attributes:
        name: unique in its graph; made of the layers and labels it serves.
        nodes: the body first, then the pointwise nodes fused into it, in order.
        reads: values that the kernel reads from memory.
        writes: values that it writes to memory; others of its nodes' outputs live in registers only.
    """

    name: str
    nodes: tuple[Node, ...]
    reads: tuple[Value, ...]
    writes: tuple[Value, ...]

    @property
    def root(self) -> Node:
        return self.nodes[0]


def reads_of(nodes: Iterable[Node]) -> tuple[Value, ...]:
    """What nodes that run as one kernel read from memory: operands that none of them makes."""
    group = list(nodes)
    inside = {value for node in group for value in node.outputs}
    return tuple(dict.fromkeys(value for node in group for value in node.inputs if value not in inside))


@dataclass(frozen=True, eq=False)
class FusedGraph:
    """A graph of comprehensions, with its nodes grouped into kernels in the order of execution."""

    graph: Graph
    kernels: tuple[FusedKernel, ...]


@dataclass(frozen=True)
class Placement:
    """Where a buffer lies in the arena, and when it is needed.

    Attributes:
        name: of the value (the first, where several share the buffer).
        offset, size: in bytes.
        first, last: indices of the first and last kernel that touch it.
    """

    name: str
    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class MemoryPlan:
    """Offsets for every buffer of a program.

    Attributes:
        placements: in the order of `first`.
        peak: bytes of the arena.
        lower_bound: the largest number of bytes live at one kernel: no plan for this order needs less.
    """

    placements: tuple[Placement, ...]
    peak: int
    lower_bound: int


@dataclass(frozen=True, eq=False)
class Schedule:
    """Kernels in order, and a place for every value.

    Attributes:
        buffers: the name of the placement that holds each value of the arena.
    """

    fused: FusedGraph
    plan: MemoryPlan
    buffers: Mapping[Value, str]
