"""The multiply-adds that a step cannot do without."""

from __future__ import annotations

from graphnet.analysis.cost import is_layer, node_macs
from graphnet.ir.graph import Graph, Value


def step_macs(graph: Graph, *, train: bool) -> int:
    """Multiply-adds of a step for one sample.

    A layer's weight gradient and its input gradient take as many as its forward pass. Layers whose weights are not
    trained need no weight gradient, and layers that read nothing but inputs of the network no input gradient.

    Args:
        graph: of the network.
        train: whether the step differentiates.
    """
    trained = {p.value for p in graph.parameters if p.trainable}
    differentiated: set[Value] = set()  # what depends on trained parameters
    total = 0
    for node in filter(is_layer, graph.nodes):
        operands, weights = node.inputs[: node.operands], node.parameters
        needs_weight_gradient = any(value in trained for value in weights)
        needs_input_gradient = any(value in differentiated for value in operands)
        if needs_weight_gradient or needs_input_gradient:
            differentiated.update(node.outputs)
        total += node_macs(node) * (1 + train * (needs_weight_gradient + needs_input_gradient))
    return total
