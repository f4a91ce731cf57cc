"""Repeated blocks in pictures of both passes: shown once, forward as the first of them, backward as the last."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from graphnet.analysis.folding import fold_repeats
from graphnet.analysis.structure import Group, Repeat, scope_tree, stand_ins
from graphnet.ir.graph import Graph, Node


@dataclass(frozen=True)
class Folds:
    """Which layers are shown for which others.

    So an arrow that comes into a repeated block comes into its first instance, and a gradient into its last.

    Attributes:
        shown: for every layer the one that is drawn for it, which may be itself.
        last: for every layer that is drawn, the one whose gradient is.
        frames: for every layer that is drawn, the repetitions around it, outermost first.
    """

    shown: Mapping[str, str]
    last: Mapping[str, str]
    frames: Mapping[str, tuple[Repeat, ...]]

    def is_first(self, layer: str) -> bool:
        """Whether a layer is drawn where the forward pass is."""
        return self.shown.get(layer, layer) == layer

    def is_last(self, layer: str) -> bool:
        """Whether a layer's gradient is drawn."""
        shown = self.shown.get(layer, layer)
        return self.last.get(shown, shown) == layer


def find_folds(graph: Graph, forward: Collection[Node], fold: bool) -> Folds:
    """The repeated blocks of the forward pass.

    Args:
        graph: of both passes.
        forward: the nodes of the forward pass.
        fold: whether repetitions are shown once.
    """
    nodes = tuple(node for node in graph.nodes if node in forward)
    if not fold:
        return Folds({}, {}, {})
    alone = replace(graph, nodes=nodes, gradients={}, input_gradients={}, updates=())
    tree = fold_repeats(scope_tree(nodes), alone)
    hidden = stand_ins(tree)
    shown: dict[str, str] = {}
    for node in nodes:
        drawn = node
        while drawn in hidden:
            drawn = hidden[drawn]
        shown[node.layer] = drawn.layer
    last = {node.layer: end.layer for node, end in _ends(tree).items()}
    frames = {node.layer: around for node, around in _frames(tree, ())}
    return Folds(shown, last, frames)


def _ends(tree: Group) -> dict[Node, Node]:
    """For every node that a folded tree shows, its counterpart in the last of the repetitions around it."""
    found: dict[Node, Node] = {}
    for member in tree.members:
        if isinstance(member, Node):
            found[member] = member
        elif isinstance(member, Group):
            found |= _ends(member)
        elif isinstance(member, Repeat):
            final = dict(zip(member.instances[0].nodes, member.instances[-1].nodes, strict=True))
            found |= {node: final[end] for node, end in _ends(member.first).items()}
    return found


def _frames(tree: Group, around: tuple[Repeat, ...]) -> Iterator[tuple[Node, tuple[Repeat, ...]]]:
    """Every node that a folded tree shows, with the repetitions around it."""
    for member in tree.members:
        if isinstance(member, Node):
            yield member, around
        elif isinstance(member, Group):
            yield from _frames(member, around)
        elif isinstance(member, Repeat):
            yield from _frames(member.first, (*around, member))
