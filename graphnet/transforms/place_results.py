"""Give gradients and updates values of their own, so that each can be written straight to its place."""

from __future__ import annotations

from dataclasses import replace

from graphnet.ir.builder import Builder
from graphnet.ir.graph import Graph, Node, Value


def place_results(graph: Graph) -> Graph:
    """Copy what cannot be computed in place: a value with two places to go to, or one that is another's memory."""
    b = Builder()
    nodes: list[Node] = list(graph.nodes)
    taken: set[Value] = {*graph.outputs.values(), *(v for m in graph.metrics for v in m.values)}
    views = {v for node in graph.nodes if node.comprehension.view for v in (*node.outputs, *node.inputs)}

    def own(value: Value) -> Value:
        if value.producer is not None and value not in taken and value not in views:
            taken.add(value)
            return value
        return b.pointwise("copy", lambda x: x, value)

    gradients = {path: own(v) for path, v in graph.gradients.items()}
    updates = tuple((buffer, own(new)) for buffer, new in graph.updates)
    return replace(graph, nodes=(*nodes, *b.nodes), gradients=gradients, updates=updates)
