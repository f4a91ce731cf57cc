"""Attach the losses and differentiate: forward and backward in one graph."""

from __future__ import annotations

from dataclasses import replace

from graphnet.core.diagnostics import InternalError
from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Graph, Node, Value


def attach_loss(graph: Graph) -> Graph:
    """Add the output `loss`: the weighted sum of the loss terms."""
    b = Builder()
    total: Value | None = None
    for term in graph.losses:
        weight = term.weight
        scaled = b.pointwise("loss_term", lambda x, weight=weight: weight * x, term.value)
        total = scaled if total is None else b.add(total, scaled)
    if total is None:
        return graph
    return replace(graph, nodes=(*graph.nodes, *b.nodes), outputs={**graph.outputs, "loss": total})


def differentiate(graph: Graph, *, inputs: bool = False) -> Graph:
    """The reverse pass: one walk over the nodes, from the losses back, each node adding its gradient's nodes.

    Args:
        graph: a network's graph, not lowered.
        inputs: also with respect to the inputs.

    Returns:
        the graph with the backward nodes appended; `gradients` holds the trainable parameters' gradients by
        path, `input_gradients` those of the inputs by name.
    """
    b = Builder()
    sources = {p.value for p in graph.parameters if p.trainable}
    sources |= {v for v in graph.inputs if inputs and v.type.dtype == "float"}
    reached = _reached_from(graph, sources)
    gradients: dict[Value, Value] = {}

    def accumulate(value: Value, gradient: Value) -> None:
        if gradient.type.shape != value.type.shape:
            raise InternalError("differentiate", f"a gradient of {value} has the type {gradient.type}", value.name)
        gradients[value] = b.add(gradients[value], gradient) if value in gradients else gradient

    for term in graph.losses:
        if term.value in reached:
            accumulate(term.value, b.full(term.weight))
    for node in reversed(graph.nodes):
        gradient = gradients.get(node.outputs[0])
        if gradient is None or node.outputs[0] not in reached:
            continue
        with b.origin(node, backward=True):
            found = node.op.gradient(b, gradient, node.inputs, node.outputs)
            for value, part in zip(node.inputs, found, strict=False):
                if part is not None and value in reached:
                    accumulate(value, part)
    by_path = {p.path: gradients.get(p.value) or _zeros(b, p.value.type) for p in graph.parameters if p.trainable}
    by_name = {v.name: gradients.get(v) or _zeros(b, v.type) for v in graph.inputs if v in sources}
    nodes = (*graph.nodes, *b.nodes)
    return replace(graph, nodes=nodes, gradients=by_path, input_gradients=by_name)


def _zeros(b: Builder, type: TensorType) -> Value:
    """The gradient of what the loss does not depend on."""
    return b.full(0.0, type.shape)


def _reached_from(graph: Graph, sources: set[Value]) -> set[Value]:
    """The values that depend on any of the sources."""
    reached = set(sources)
    for node in graph.nodes:
        if any(value in reached for value in node.inputs):
            reached.update(node.outputs)
    return reached


def backward_nodes(graph: Graph) -> tuple[Node, ...]:
    """The nodes that compute gradients."""
    return tuple(node for node in graph.nodes if node.backward)
