"""The drawing of a differentiated graph, as DOT text."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

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


def test_each_layer_says_which_gradients_it_finishes(residual: Graph) -> None:
    source = draw_training(differentiate(attach_loss(residual))).source
    finished = re.findall(r"→ (\w+)</FONT>", source)
    wanted = [path.rsplit(".", 1)[-1] for path in differentiate(residual).gradients]
    assert sorted(name for name in finished if name in ("weight", "bias")) == sorted(wanted)


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


def test_it_can_be_laid_out(lenet: Graph) -> None:
    assert lay_out(draw_training(differentiate(attach_loss(lenet))).source, "svg").startswith(b"<?xml")
