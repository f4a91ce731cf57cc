"""Which nodes of a graph are of the forward pass, and which of the backward pass."""

from __future__ import annotations

from graphnet.ir.graph import Graph, Node, Value


def forward_results(graph: Graph) -> set[Value]:
    """What the forward pass is for: outputs, losses, updated statistics, what metrics read."""
    values = {*graph.outputs.values(), *(t.value for t in graph.losses), *(new for _, new in graph.updates)}
    return values | {v for metric in graph.metrics for v in metric.values}


def forward_nodes(graph: Graph) -> set[Node]:
    """The nodes that those results are computed from; all others serve gradients."""
    made = makers(graph)
    pending, found = [made[v] for v in forward_results(graph) if v in made], set[Node]()
    while pending:
        node = pending.pop()
        if node not in found:
            found.add(node)
            pending += [made[v] for v in node.inputs if v in made]
    return found


def makers(graph: Graph) -> dict[Value, Node]:
    """The node that computes each value, as the graph has it: a node that reads another copy keeps its outputs."""
    return {value: node for node in graph.nodes for value in node.outputs}
