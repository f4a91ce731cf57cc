"""What a step cannot be faster than: the time of its multiply-adds, and of its kernels' multiply-adds or bytes."""

from __future__ import annotations

from collections.abc import Iterable

from graphnet.analysis.cost import is_layer, node_macs
from graphnet.ir.graph import Graph, Value
from graphnet.runtime.profile import KernelTiming


def step_macs(graph: Graph, *, train: bool) -> int:
    """Multiply-adds of a step for one sample, with those on padding.

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


def kernels_limit(kernels: Iterable[KernelTiming], peak: float, bandwidth: float) -> float:
    """The sum over the kernels of the seconds that multiply-adds or memory take, whichever takes longer.

    It is a limit of these kernels, with each value read and written once by each of them: others would have other
    bytes, and other multiply-adds where groups were joined. Those on padding do not count. Where a cache holds what a
    kernel reads, the kernel can be faster.

    Args:
        kernels: of a step.
        peak: multiply-adds a second that all threads could do.
        bandwidth: bytes a second that all threads together stream through memory.
    """
    return sum(max(kernel.macs / peak, kernel.bytes / bandwidth) for kernel in kernels)
