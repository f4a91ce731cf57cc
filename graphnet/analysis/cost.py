"""What a graph costs: parameters, multiply-adds, and the bytes of its values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from graphnet.ir.graph import Graph, Node, Value


@dataclass(frozen=True)
class Cost:
    """Counts for one sample.

    Attributes:
        parameters: trained and frozen weights; running statistics are buffers and do not count.
        trainable_parameters: those that training changes.
        macs: multiply-adds of contractions (a multiply and an add are one, so FLOPs are about twice as many).
    """

    parameters: int = 0
    trainable_parameters: int = 0
    macs: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.parameters + other.parameters,
            self.trainable_parameters + other.trainable_parameters,
            self.macs + other.macs,
        )

    def __sub__(self, other: Cost) -> Cost:
        return Cost(
            self.parameters - other.parameters,
            self.trainable_parameters - other.trainable_parameters,
            self.macs - other.macs,
        )


def node_macs(node: Node) -> int:
    """Multiply-adds of one node for one sample."""
    return int(node.op.macs(*(v.type for v in node.inputs[: node.operands])))


def is_layer(node: Node) -> bool:
    """Whether the node belongs to the network proper, and not to its losses."""
    return getattr(node.op, "kind", "layer") == "layer"


def is_listed(node: Node) -> bool:
    """Whether summaries list the node: a layer, or a loss that has parameters of its own."""
    return is_layer(node) or len(node.inputs) > node.operands


def node_costs(graph: Graph) -> dict[Node, Cost]:
    """The cost of every node: its parameters, and of layers the multiply-adds.

    A parameter that several nodes share counts for the first of them only.
    """
    specs = {p.value: p for p in graph.parameters if p.spec.trainable}
    counted: set[Value] = set()
    costs = {}
    for node in graph.nodes:
        own = [specs[v] for v in dict.fromkeys(node.inputs) if v in specs and v not in counted]
        counted.update(p.value for p in own)
        macs = node_macs(node) if is_layer(node) else 0
        costs[node] = Cost(sum(p.size for p in own), sum(p.size for p in own if p.trainable), macs)
    return costs


def total_cost(graph: Graph) -> Cost:
    """The network's totals: all its parameters, those of losses too; multiply-adds of its layers."""
    weights = [p for p in graph.parameters if p.spec.trainable]
    return Cost(
        sum(p.size for p in weights),
        sum(p.size for p in weights if p.trainable),
        sum(node_macs(node) for node in graph.nodes if is_layer(node)),
    )


def add_costs(costs: Iterable[Cost]) -> Cost:
    """The sum of costs."""
    return sum(costs, Cost())
