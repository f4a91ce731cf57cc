"""The picture of a differentiated graph: what each layer computes forward, and beside it what its gradient takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from graphnet.analysis.cost import node_macs, total_cost
from graphnet.analysis.units import format_count
from graphnet.ir.comprehension import Comprehension
from graphnet.ir.graph import Graph, Node
from graphnet.view.attributes import describe_attributes
from graphnet.view.canvas import identifier
from graphnet.view.chains import Unit, chains
from graphnet.view.drawing import Drawing
from graphnet.view.ladder import Ladder
from graphnet.view.markup import SMALL, Chip, quiet, text
from graphnet.view.palette import BACKWARD_INK, CORAL, category_tint, family_tint
from graphnet.view.panels import draw_ladder
from graphnet.view.passes import forward_nodes, forward_results


def draw_training(graph: Graph, fold: bool = True) -> Drawing:
    """Draw a differentiated graph.

    Args:
        graph: of operators with backward nodes, or lowered.
        fold: whether a layer's nodes share a box, one for each pass, and repeated blocks are drawn once; else every
            node has its own.
    """
    ahead = forward_nodes(graph)
    macs = [
        format_count(sum(node_macs(n) for n in graph.nodes if (n in ahead) == forward)) for forward in (True, False)
    ]
    parameters = format_count(total_cost(graph).parameters)
    figures = f"{parameters} parameters · {macs[0]} MACs forward, {macs[1]} backward, for one sample"
    ladder = Ladder(graph, figures, fold=fold)
    boxes = _Boxes(ladder)
    if fold:
        boxes.by_layer()
    else:
        boxes.by_node()
    for node in graph.nodes:
        for value in node.inputs:
            ladder.arrow(value, node)
    return draw_ladder(ladder)


class _Boxes:
    def __init__(self, ladder: Ladder) -> None:
        self.ladder, self.graph = ladder, ladder.graph
        self.gradient_of = {value: path for path, value in self.graph.gradients.items()}
        self.gradient_of |= {value: name for name, value in self.graph.input_gradients.items()}

    def by_node(self) -> None:
        for node in self.ladder.forward:
            self._forward_box([(node,)])
        for node in self.ladder.backward:
            self._backward_box(node.name, {node.layer: (node,)}, None)

    def by_layer(self) -> None:
        """A stack of layers on the left, and on the right what their gradients take, at the same height."""
        gradients = self._gradients_by_layer()
        forward = [node for node in self.ladder.forward if self.ladder.is_drawn(node)]
        for layers in chains(_by_layer(forward), forward_results(self.graph)):
            ahead = self._forward_box(layers)
            behind = {unit[-1].layer: gradients.pop(unit[-1].layer, ()) for unit in layers}
            if any(behind.values()):
                self._backward_box(layers[0][0].name, behind, beside=ahead)
        for layer, nodes in gradients.items():
            self._backward_box(layer, {layer: nodes}, beside=None)

    def _gradients_by_layer(self) -> dict[str, Unit]:
        """The backward nodes of each layer that is drawn, by the layer that stands for it in the forward pass.

        Those that start gradients go with the layer that reads them first.
        """
        readers = self.graph.consumers()
        found: dict[str, list[Node]] = {}
        for node in self.ladder.backward:
            starts = not any(v.role == "node" for v in node.inputs) and node.outputs[0] not in self.gradient_of
            reader = next((r for v in node.outputs for r in readers.get(v, ())), node)
            layer = reader.layer if starts else node.layer
            self.ladder.assign([node], layer)
            if self.ladder.is_drawn(node):
                found.setdefault(self.ladder.folds.shown.get(layer, layer), []).append(node)
        return {layer: tuple(nodes) for layer, nodes in found.items()}

    def _forward_box(self, units: Sequence[Unit]) -> str:
        name = identifier("forward", units[0][0].name)
        nodes = [node for unit in units for node in unit]
        self.ladder.box(name, [_forward_chip(unit) for unit in units], nodes)
        return name

    def _backward_box(self, name: str, units: Mapping[str, Unit], beside: str | None) -> None:
        chips = [self._backward_chip(layer, unit) for layer, unit in units.items() if unit]
        nodes = [node for unit in units.values() for node in unit]
        self.ladder.box(identifier("backward", name), chips, nodes, beside=beside)

    def _backward_chip(self, layer: str, unit: Unit) -> Chip:
        left, right = [text(layer, bold=True)], [text(" ")]
        rows = Counter((_label(node), *self._finished(node)) for node in unit)
        for (label, *finished), count in rows.items():
            left.append(quiet(label + (f" × {count}" if count > 1 else "")))
            right.append(text(" ".join(["→", *finished]), size=SMALL, color=BACKWARD_INK) if finished else quiet(" "))
        return Chip(tuple(left), tuple(right), CORAL)

    def _finished(self, node: Node) -> list[str]:
        """The names, without their layers, of the parameters whose gradients a node gives."""
        return [self.gradient_of[v].rsplit(".", 1)[-1] for v in node.outputs if v in self.gradient_of]


def _label(node: Node) -> str:
    return node.op.label if isinstance(node.op, Comprehension) else str(node.op.name)


def _forward_chip(unit: Unit) -> Chip:
    node = unit[0]
    if isinstance(node.op, Comprehension):
        labels = [quiet(n.op.label) for n in unit]
        return Chip((text(node.layer, bold=True), *labels), (), family_tint(_body(unit).comprehension.family))
    heading = f"{text(node.name, bold=True)} {quiet(node.op.name)}"
    return Chip((heading, quiet(" · ".join(describe_attributes(node)))), (), category_tint(node.op.category))


def _by_layer(nodes: Sequence[Node]) -> list[Unit]:
    """Nodes of one layer together, in the order in which the layers first appear."""
    found: dict[str, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.layer, []).append(node)
    return [tuple(unit) for unit in found.values()]


def _body(unit: Unit) -> Node:
    """The node that does a layer's work: its contraction or reduction if there is one."""
    order = ("contraction", "reduction", "pointwise", "movement")
    return min(unit, key=lambda node: order.index(node.comprehension.family))
