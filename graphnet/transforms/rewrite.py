"""Rebuilding a graph node by node, the way every pass does it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from graphnet.ir.graph import Graph, Metric, Node, Value

Mapping = dict[Value, Value]
"""Old values to new ones; what is missing stays."""


def map_results(graph: Graph, nodes: Iterable[Node], new: Callable[[Value], Value]) -> Graph:
    """The graph with other nodes, and every named result replaced by its new value."""
    return replace(
        graph,
        nodes=tuple(nodes),
        outputs={name: new(v) for name, v in graph.outputs.items()},
        losses=tuple(replace(t, value=new(t.value)) for t in graph.losses),
        metrics=tuple(Metric(m.name, m.definition, tuple(new(v) for v in m.values)) for m in graph.metrics),
        updates=tuple((buffer, new(v)) for buffer, v in graph.updates),
        gradients={path: new(v) for path, v in graph.gradients.items()},
        input_gradients={name: new(v) for name, v in graph.input_gradients.items()},
    )


def rebuilt(node: Node, op: object, inputs: Iterable[Value]) -> Node:
    """The node with another operator and inputs; its outputs are new values of the op's types."""
    inputs = tuple(inputs)
    types = getattr(op, "types", None) or tuple(v.type for v in node.outputs)
    return Node.make(
        node.name, op, inputs, types, operands=min(node.operands, len(inputs)), span=node.span, scope=node.scope,
        layer=node.layer, frozen=node.frozen, backward=node.backward,
    )  # fmt: skip
