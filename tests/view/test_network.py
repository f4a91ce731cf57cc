"""The drawing of a network, as DOT text."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pygraphviz
import pytest

from graphnet.frontend.loader import load, loads
from graphnet.ir.graph import Graph
from graphnet.view.drawing import Drawing
from graphnet.view.layout import lay_out
from graphnet.view.network import draw_network

SPECS = Path(__file__).parents[2] / "specs"
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
    drawing = draw_network(graph)
    assert len(drawing.panels) > 1
    for number in range(1, len(drawing.panels)):
        assert f'-> "to {number}"' in drawing.panels[number - 1].source
        assert f'"from {number} in column {number + 1}" ->' in drawing.panels[number].source
    found = {pair for pair in arrows(drawing.source) if pair[0].startswith("layer ") and pair[1].startswith("layer ")}
    assert found == {(f"layer conv2d{k}", f"layer conv2d{k + 1}") for k in range(1, 41)}


DOTS = 2
"""To a point: drawings have 144 to an inch."""
BRANCHES = """graphnet: 1
name: branches
inputs: {image: [3, 13, 11]}
blocks:
  inception:
    layers:
      - concat:
        - {conv2d: {out_channels: 5, kernel_size: 1}, name: one}
        - {name: three, sequential: [{conv2d: {out_channels: 2, kernel_size: 1}},
                                     {conv2d: {out_channels: 7, kernel_size: 3, padding: 1}}]}
        - {name: pool, sequential: [{max_pool2d: {kernel_size: 3, stride: 1, padding: 1}},
                                    {conv2d: {out_channels: 3, kernel_size: 1}}]}
layers: [{inception, name: mixed}, {global_avg_pool2d, name: mean}]
"""
LADDER = """graphnet: 1
name: ladder
inputs: {image: [1, 16, 24]}
blocks:
  double: {params: {channels}, layers: [{conv2d: {out_channels: $channels, kernel_size: 3}}, relu,
                                        {conv2d: {out_channels: $channels, kernel_size: 1}}, relu]}
layers:
  - {double: 3, name: down1}
  - {max_pool2d: 2, name: pool1}
  - {double: 5, name: down2}
  - {max_pool2d: {kernel_size: 5, stride: 1}, name: pool2}
  - {conv2d: {out_channels: 7, kernel_size: 1}, name: bottom}
  - {max_unpool2d: pool2, name: up2, from: pool2}
  - {add, from: [up2, down2], name: sum2}
  - {conv2d: {out_channels: 3, kernel_size: 1}, name: narrow}
  - {conv_transpose2d: {out_channels: 3, kernel_size: 2, stride: 2}, name: up1}
  - {center_crop: {like: up1}, name: skip, from: down1}
  - {concat, from: [skip, up1], name: joined}
  - {double: 2, name: last}
outputs: {logits: last, deepest: bottom}
loss: [{mse: target, from: last}]
"""
SHARED = """graphnet: 1
name: siamese
inputs: {left: [11], right: [11]}
blocks:
  tower: {layers: [{linear: 7, name: one}, relu, {linear: 5, name: two}]}
  dense: {layers: [{concat: [[], [{linear: 3, name: fc}]]}]}
layers:
  - {tower, name: first, from: left}
  - {share: first, from: right, name: second}
  - {multiply, from: [first, second], name: both}
  - {name: stage, sequential: [{repeat: 4, layers: [dense]}]}
"""


@pytest.mark.parametrize("text", [BRANCHES, LADDER, SHARED], ids=["branches", "ladder", "shared"])
def test_golden_shapes(text: str, assert_golden: Golden) -> None:
    graph = loads(text).graph
    assert_golden(draw_network(graph).source, f"network_{graph.name}.dot")


def placed(drawing: Drawing) -> dict[str, tuple[float, float]]:
    """Where Graphviz puts each box of a drawing of one panel: across, and up."""
    document = pygraphviz.AGraph(string=lay_out(drawing.source, "dot").decode())  # type: ignore[arg-type]
    return {str(node): tuple(map(float, node.attr["pos"].split(","))) for node in document.nodes()}


def test_branches_stand_in_a_row_in_their_order() -> None:
    found = placed(draw_network(loads(BRANCHES).graph))
    row = [found[f"layer mixed.{name}"] for name in ("one", "three.0", "pool.0")]
    assert row == sorted(row)
    assert len({up for _, up in row}) == 1


def test_levels_of_a_u_stand_on_one_height() -> None:
    found = placed(draw_network(loads(LADDER).graph))
    for left, right in (("down1.conv2d1", "skip"), ("down2.conv2d1", "sum2"), ("pool2", "up2")):
        assert found[f"layer {left}"][1] == pytest.approx(found[f"layer {right}"][1])
        assert found[f"layer {left}"][0] < found[f"layer {right}"][0]
    up = [found[f"layer {name}"][1] for name in ("up2", "sum2", "narrow", "up1", "joined", "last.conv2d1")]
    assert up == sorted(up)
    down = [found[f"layer {name}"][1] for name in ("down1.conv2d1", "pool1", "down2.conv2d1", "pool2")]
    assert down == sorted(down, reverse=True)


def test_arrows_of_a_u_follow_the_values(arrows: Arrows) -> None:
    found = arrows(draw_network(loads(LADDER).graph).source)
    inner = {
        ("down1.conv2d1", "pool1"),
        ("down1.conv2d1", "skip"),
        ("pool2", "up2"),
        ("up1", "skip"),
        ("up1", "joined"),
    }
    assert {(f"layer {a}", f"layer {b}") for a, b in inner} <= found
    assert ("layer last.conv2d1", "output logits") in found


def test_a_shared_block_is_one_box(arrows: Arrows) -> None:
    graph = loads(SHARED).graph
    found = arrows(draw_network(graph).source)
    assert ("input right", "layer second.one") in found
    assert ("layer second.one", "layer both") in found
    assert not any("second.two" in name for pair in found for name in pair)
    assert ("layer second.one", "layer second.two") in arrows(draw_network(graph, fold=False).source)


def test_blocks_that_grow_say_how_far() -> None:
    source = draw_network(loads(SHARED).graph).source
    assert "× 4" in source
    assert "18 – 45 params" in source
    assert "15 – 42 MACs" in source


@pytest.mark.parametrize("name", ["resnet/resnet152", "densenet/densenet121", "googlenet/googlenet", "unet/unet"])
def test_large_networks_fit_a_page(name: str) -> None:
    """Five pages of A4 high or wide at most at full size, so that letters are readable on one of A3."""
    drawn = ElementTree.fromstring(draw_network(load(SPECS / f"{name}.yaml").graph).picture("svg"))
    width, height = (float(drawn.attrib[side].removesuffix("pt")) for side in ("width", "height"))
    assert max(width, height) / DOTS < 5 * 842
    assert 1 / 3 < width / height < 3


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
