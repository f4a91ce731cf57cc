"""The picture of a fused graph: a frame for each kernel with its nodes in it, an arrow for each value in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphnet.analysis.cost import total_cost
from graphnet.analysis.units import format_count, format_shape
from graphnet.ir.graph import Node
from graphnet.ir.schedule import FusedGraph, FusedKernel
from graphnet.view.canvas import identifier, legend
from graphnet.view.drawing import Drawing
from graphnet.view.ladder import Ladder
from graphnet.view.markup import SMALL, Chip, card, pile, quiet, text
from graphnet.view.palette import BACKWARD_FRAME, FAMILIES, FORWARD_FRAME, family_tint
from graphnet.view.panels import draw_ladder
from graphnet.view.passes import forward_nodes


def draw_fused(fused: FusedGraph, fold: bool = True) -> Drawing:
    """Draw kernels in the order of execution. What flows inside a kernel stays in registers and has no arrow.

    Args:
        fused: kernels.
        fold: whether the kernels of one layer stand in one box, and repeated blocks are drawn once.
    """
    ahead = forward_nodes(fused.graph)
    forward = sum(kernel.root in ahead for kernel in fused.kernels)
    kernels = f"{forward} kernels forward, {len(fused.kernels) - forward} backward"
    if forward == len(fused.kernels):
        kernels = f"{forward} kernels"
    parameters = format_count(total_cost(fused.graph).parameters)
    ladder = Ladder(fused.graph, f"{parameters} parameters · {kernels}", legend(FAMILIES), fold=fold)
    for kernel in fused.kernels:
        ladder.assign(kernel.nodes, kernel.root.layer)
    stacks = _stacks(fused, ladder, fold)
    beside = _partners(stacks, ladder)
    for stack in stacks:
        nodes = [node for _, kernel in stack for node in kernel.nodes]
        cards = [_frame(number, kernel, ladder) for number, kernel in stack]
        chips = [_chip(node, kernel) for _, kernel in stack for node in kernel.nodes]
        heights = [Chip(("",))] * len(stack)  # of titles
        ladder.box(_name(stack), [*chips, *heights], nodes, beside=beside.get(_name(stack)), label=pile(cards))
    for kernel in fused.kernels:
        for node in kernel.nodes:
            for value in node.inputs:
                if value in kernel.reads:
                    ladder.arrow(value, node)
    return draw_ladder(ladder)


Stack = Sequence[tuple[int, FusedKernel]]
"""Kernels that share a box, with their numbers."""


def _stacks(fused: FusedGraph, ladder: Ladder, fold: bool) -> list[Stack]:
    """The kernels that are drawn: those of one layer and pass together, or each by itself."""
    found: dict[object, list[tuple[int, FusedKernel]]] = {}
    for number, kernel in enumerate(fused.kernels):
        if ladder.is_drawn(kernel.root):
            key = (kernel.root.layer, ladder.is_backward(kernel.root)) if fold else number
            found.setdefault(key, []).append((number, kernel))
    return list(found.values())


def _name(stack: Stack) -> str:
    _, kernel = stack[0]
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


def _partners(stacks: Sequence[Stack], ladder: Ladder) -> Mapping[str, str]:
    """Backward boxes to draw on the height of a forward box: the first of its layer's."""
    shown = ladder.folds.shown
    by_layer: dict[str, str] = {}
    for stack in stacks:
        root = stack[0][1].root
        if not ladder.is_backward(root):
            by_layer.setdefault(root.layer, _name(stack))
    taken: dict[str, str] = {}
    for stack in stacks:
        root = stack[0][1].root
        ahead = by_layer.get(shown.get(root.layer, root.layer))
        if ladder.is_backward(root) and ahead is not None:
            taken.setdefault(ahead, _name(stack))
    return {behind: ahead for ahead, behind in taken.items()}
