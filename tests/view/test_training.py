"""The drawing of a differentiated graph, as DOT text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import networkx as nx
import pytest

from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.ir.schedule import FusedGraph
from graphnet.transforms.differentiate import attach_loss, differentiate
from graphnet.transforms.lower import lower
from graphnet.view.layout import lay_out
from graphnet.view.training import draw_training

Golden = Callable[[str, str], None]
Arrows = Callable[[str], set[tuple[str, str]]]


@pytest.mark.parametrize("fold", [True, False])
def test_golden(step: FusedGraph, assert_golden: Golden, fold: bool) -> None:
    assert_golden(draw_training(step.graph, fold).source, f"training_{'folded' if fold else 'unfolded'}.dot")


def test_gradients_flow_against_the_layers(step: FusedGraph, arrows: Arrows) -> None:
    """The activation stands under its layer, on both sides, so the two share a box."""
    assert arrows(draw_training(step.graph).source) == {
        ("input x", "forward layer/linear"), ("forward layer/linear", "forward error/squared_error"),
        ("target t", "forward error/squared_error"), ("forward layer/linear", "output y"),
        ("forward error/squared_error", "output loss"),
        ("forward layer/linear", "backward error/squared_error"), ("target t", "backward error/squared_error"),
        ("backward error/squared_error", "backward layer/linear"), ("forward layer/linear", "backward layer/linear"),
        ("input x", "backward layer/linear"),
    }  # fmt: skip


def finished(source: str) -> list[str]:
    """The parameters whose gradients the boxes say that they give, without their layers."""
    return sorted(re.findall(r"→ (weight|bias)</FONT>", source))


def test_each_layer_says_which_gradients_it_finishes(residual: Graph) -> None:
    graph = differentiate(attach_loss(residual))
    paths = [path.split(".") for path in graph.gradients]
    assert finished(draw_training(graph, fold=False).source) == sorted(path[-1] for path in paths)
    once = sorted(path[-1] for path in paths if path[:2] not in (["stage", "1"], ["stage", "2"]))
    assert finished(draw_training(graph).source) == once, "of the repeated blocks 1 to 3 the last"


@pytest.mark.parametrize("lowered", [False, True])
@pytest.mark.parametrize("fold", [True, False])
def test_every_arrow_of_the_graph_is_drawn(residual: Graph, arrows: Arrows, lowered: bool, fold: bool) -> None:
    """Unfolded, the boxes are the nodes: the drawing has exactly the graph's edges. Folded, it stays connected."""
    graph = differentiate(attach_loss(residual))
    graph = lower(graph, training=True) if lowered else graph
    found = arrows(draw_training(graph, fold).source)
    if not fold:
        ends = [(v.producer.name, node.name) for node in graph.nodes for v in node.inputs if v.producer]
        strip = {(re.sub(r"^\w+ ", "", a), re.sub(r"^\w+ ", "", b)) for a, b in found}
        assert {(a.replace(":", "/"), b.replace(":", "/")) for a, b in ends} <= strip
    boxes = {name for pair in found for name in pair}
    assert {name.split(" ")[0] for name in boxes} == {"input", "target", "output", "forward", "backward"}
    drawing = nx.Graph(found)
    assert nx.is_connected(drawing)


def test_repeated_blocks_are_drawn_once_in_a_frame(residual: Graph, assert_golden: Golden) -> None:
    source = draw_training(differentiate(attach_loss(residual))).source
    assert "stage.1 – 3" in source
    assert "× 3" in source
    assert all(name not in source for name in ("forward stage.2", "forward stage.3", "stage.2.conv1"))
    assert_golden(source, "training_residual.dot")


def test_arrows_come_into_the_first_and_gradients_into_the_last(residual: Graph, arrows: Arrows) -> None:
    found = arrows(draw_training(differentiate(attach_loss(residual))).source)
    block = "stage.1.conv1", "stage.1.conv2", "stage.1.add1"
    first, _, last = (f"forward {name}" for name in block)
    assert ("forward stage.0.add1", first) in found
    assert (last, "forward pool") in found
    assert (last, first) not in found, "what one instance gives the next is not shown"
    assert ("backward pool", "backward stage.1.add1") in found
    assert ("backward stage.1.conv1", "backward stage.0.add1") in found
    assert ("backward stage.1.conv1", "backward stage.1.add1") not in found
    assert ("forward stage.1.conv1", "backward stage.1.conv2") in found
    assert (last, "backward stage.1.conv1") not in found, "it reads what the one before gave"


def test_long_networks_stand_in_columns() -> None:
    layers = "\n".join(
        f"  - {{conv2d: {{out_channels: 5, kernel_size: 3, padding: 1}}, name: c{k}}}" for k in range(29)
    )
    spec = f"graphnet: 1\nname: long\ninputs: {{x: [5, 13, 11]}}\nlayers:\n{layers}\nloss: [mse: target]\n"
    drawing = draw_training(differentiate(attach_loss(loads(spec).graph)))
    assert len(drawing.panels) > 1
    drawn = ElementTree.fromstring(drawing.picture("svg"))
    width, height = (float(drawn.attrib[side].removesuffix("pt")) for side in ("width", "height"))
    assert 1 / 3 < width / height < 3


def test_it_can_be_laid_out(lenet: Graph) -> None:
    assert lay_out(draw_training(differentiate(attach_loss(lenet))).source, "svg").startswith(b"<?xml")
