"""The picture of a fused graph: a frame for each kernel with its nodes in it, an arrow for each value in memory."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.analysis.cost import total_cost
from graphnet.analysis.units import format_count, format_shape
from graphnet.ir.graph import Node
from graphnet.ir.schedule import FusedGraph, FusedKernel
from graphnet.view.canvas import identifier, legend
from graphnet.view.drawing import Drawing
from graphnet.view.ladder import Ladder, forward_nodes
from graphnet.view.markup import SMALL, Chip, card, quiet, text
from graphnet.view.palette import BACKWARD_FRAME, FAMILIES, FORWARD_FRAME, family_tint


def draw_fused(fused: FusedGraph) -> Drawing:
    """Draw kernels in the order of execution. What flows inside a kernel stays in registers and has no arrow."""
    ahead = forward_nodes(fused.graph)
    forward = sum(kernel.root in ahead for kernel in fused.kernels)
    kernels = f"{forward} kernels forward, {len(fused.kernels) - forward} backward"
    if forward == len(fused.kernels):
        kernels = f"{forward} kernels"
    parameters = format_count(total_cost(fused.graph).parameters)
    ladder = Ladder(fused.graph, f"{parameters} parameters · {kernels}", legend(FAMILIES))
    ladder.dot.attr(nodesep="0.3")
    beside = _partners(fused, ladder)
    for number, kernel in enumerate(fused.kernels):
        ladder.box(_name(kernel), _frame(number, kernel, ladder), kernel.nodes, beside.get(kernel))
        ladder.targets(kernel.nodes)
    for kernel in fused.kernels:
        for node in kernel.nodes:
            for value in node.inputs:
                if value in kernel.reads:
                    ladder.arrow(value, node)
    ladder.outputs()
    return ladder.drawing


def _name(kernel: FusedKernel) -> str:
    return identifier("kernel", kernel.name)


def _frame(number: int, kernel: FusedKernel, ladder: Ladder) -> str:
    title = f"{quiet(str(number))} {text(_layers(kernel), bold=True)}"
    tint = BACKWARD_FRAME if ladder.is_backward(kernel.root) else FORWARD_FRAME
    return card([_chip(node, kernel) for node in kernel.nodes], title, frame=tint)


def _layers(kernel: FusedKernel) -> str:
    """The layers that a kernel serves; those in the block of the first one without its path."""
    first, *others = dict.fromkeys(node.layer for node in kernel.nodes)
    block = first.rpartition(".")[0] + "."
    return " + ".join([first, *(layer.removeprefix(block) for layer in others)])


def _chip(node: Node, kernel: FusedKernel) -> Chip:
    stored = [v for v in node.outputs if v in kernel.writes]
    shapes = " ".join(format_shape(v.type.sample_shape) for v in stored if v.type.sample_shape)
    return Chip(
        (text(node.comprehension.label, size=SMALL),), (quiet(shapes and f"→ {shapes}"),),
        family_tint(node.comprehension.family),
    )  # fmt: skip


def _partners(fused: FusedGraph, ladder: Ladder) -> Mapping[FusedKernel, str]:
    """Backward kernels to draw on the height of a forward kernel: the first of its layer's."""
    by_layer: dict[str, FusedKernel] = {}
    for kernel in fused.kernels:
        if not ladder.is_backward(kernel.root):
            by_layer.setdefault(kernel.root.layer, kernel)
    taken: dict[FusedKernel, FusedKernel] = {}
    for kernel in fused.kernels:
        ahead = by_layer.get(kernel.root.layer)
        if ladder.is_backward(kernel.root) and ahead is not None:
            taken.setdefault(ahead, kernel)
    return {behind: _name(ahead) for ahead, behind in taken.items()}
