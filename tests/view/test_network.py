"""The drawing of a network, as DOT text."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable

import pytest

from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.view.layout import lay_out
from graphnet.view.network import draw_network

Golden = Callable[[str, str], None]
Arrows = Callable[[str], set[tuple[str, str]]]


def test_golden_chain(lenet: Graph, assert_golden: Golden) -> None:
    assert_golden(draw_network(lenet).source, "network_lenet.dot")


def test_golden_blocks(residual: Graph, assert_golden: Golden) -> None:
    assert_golden(draw_network(residual).source, "network_residual.dot")


def test_repeated_blocks_are_drawn_once_with_their_count(residual: Graph, arrows: Arrows) -> None:
    folded = draw_network(residual).source
    assert "× 3" in folded
    assert "layer stage.1.conv1" in folded
    assert "layer stage.2.conv1" not in folded
    assert ("layer stage.1.add1", "layer pool") in arrows(folded), "what the last gives goes on from the one drawn"


def test_without_folding_all_layers_are_drawn(residual: Graph, arrows: Arrows) -> None:
    source = draw_network(residual, fold=False).source
    assert "× 3" not in source
    assert all(f'"layer stage.{k}.add1"' in source for k in range(4))
    assert ("layer stage.3.add1", "layer pool") in arrows(source)


def test_arrows_follow_the_values(residual: Graph, arrows: Arrows) -> None:
    stage = {
        ("stem", "0.conv1"), ("stem", "0.downsample"), ("0.conv1", "0.conv2"), ("0.conv2", "0.add1"),
        ("0.downsample", "0.add1"), ("0.add1", "1.conv1"), ("0.add1", "1.add1"), ("1.conv1", "1.conv2"),
        ("1.conv2", "1.add1"), ("1.add1", "pool"),
    }  # fmt: skip
    inner = {tuple(f"layer {'stage.' * (name[0].isdigit())}{name}" for name in pair) for pair in stage}
    assert arrows(draw_network(residual).source) == inner | {
        ("input image", "layer stem"), ("layer pool", "layer fc"), ("layer fc", "layer cross_entropy1"),
        ("target label", "layer cross_entropy1"), ("layer fc", "output logits"), ("layer pool", "output embedding"),
    }  # fmt: skip


def test_long_networks_continue_in_another_column(arrows: Arrows) -> None:
    layers = "\n".join("  - conv2d: {out_channels: 5, kernel_size: 3, padding: 1}" for _ in range(41))
    graph = loads(f"graphnet: 1\nname: long\ninputs: {{x: [5, 13, 11]}}\nlayers:\n{layers}\n").graph
    found = arrows(draw_network(graph).source)
    (cut,) = {a for a, b in found if b == "to 1"}
    (after,) = {b for a, b in found if a == "from 1"}
    assert int(after.removeprefix("layer conv2d")) == int(cut.removeprefix("layer conv2d")) + 1
    assert (cut, after) not in found
    assert (
        len([pair for pair in found if pair[0].startswith("layer") and pair[1].startswith("layer")])
        + len([pair for pair in found if pair[0].startswith("from")])
        == 40
    )


def test_shared_and_frozen_weights_are_named() -> None:
    graph = loads(
        "graphnet: 1\nname: shared\ninputs: {x: [7]}\nlayers:\n  - {linear: 7, name: cell, freeze: true}\n"
        "  - {share: cell, name: again}\n"
    ).graph
    source = draw_network(graph).source
    assert "weights of cell" in source
    assert "frozen" in source


@pytest.mark.parametrize("name", ["a&b", "<b>", "x'y", 'quote"d', "naïve", "back\\slash"])
def test_any_name_can_be_drawn(name: str) -> None:
    written = name.replace("\\", "\\\\").replace('"', '\\"')
    graph = loads(
        f'graphnet: 1\nname: odd\ninputs: {{x: [7]}}\nlayers:\n  - {{linear: 3, name: "{written}"}}\n  - tanh\n'
    ).graph
    assert graph.nodes[0].name == name
    drawn = ElementTree.fromstring(lay_out(draw_network(graph).source, "svg"))
    assert f" {name}" in ["".join(element.itertext()) for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
