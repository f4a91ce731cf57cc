"""Which networks are shaped like a U."""

from __future__ import annotations

import pytest

from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.view.valley import find_valley, levels

HEAD = "graphnet: 1\nname: n\ninputs: {image: [3, 16, 24]}\nlayers:\n"
CONV = "  - {{conv2d: {{out_channels: 5, kernel_size: 3, padding: 1}}, name: {name}}}\n"


def u_shaped(depth: int) -> Graph:
    """Down and up again, with values across on every level; `down0`, `pool0`, ..., `up0`, `sum0`."""
    text = HEAD
    for level in range(depth):
        text += CONV.format(name=f"down{level}") + f"  - {{max_pool2d: 2, name: pool{level}}}\n"
    text += CONV.format(name="bottom")
    for level in reversed(range(depth)):
        text += f"  - {{upsample: 2, name: up{level}}}\n"
        text += f"  - {{add, from: [up{level}, down{level}], name: sum{level}}}\n"
    return loads(text + "loss: [{mse: target}]\n").graph


@pytest.mark.parametrize("depth", [2, 3])
def test_a_u_has_two_sides(depth: int) -> None:
    graph = u_shaped(depth)
    valley = find_valley(graph)
    assert valley is not None
    left = {node.name for node in graph.nodes if node not in valley.rise}
    assert left == {f"{kind}{level}" for kind in ("down", "pool") for level in range(depth)} | {"bottom"}
    assert [value.name for value in valley.across] == ["bottom", *(f"down{level}" for level in reversed(range(depth)))]


def test_levels_join_the_sides_from_the_bottom_up() -> None:
    graph = u_shaped(3)
    valley = find_valley(graph)
    assert valley is not None
    pairs = levels(valley, {node: node for node in graph.nodes}, graph)
    assert [(a.name, b.name) for a, b in pairs] == [
        ("bottom", "up2"), ("down2", "sum2"), ("down1", "sum1"), ("down0", "sum0"),
    ]  # fmt: skip


def test_one_level_is_no_u() -> None:
    assert find_valley(u_shaped(1)) is None


def test_larger_maps_alone_are_no_u() -> None:
    assert (
        find_valley(loads(HEAD + "  - max_pool2d: 2\n  - upsample: 2\n  - max_pool2d: 4\n  - upsample: 4\n").graph)
        is None
    )


def test_squeezing_and_exciting_is_no_u() -> None:
    gate = "  - multiply: [[], [{global_avg_pool2d: {keepdim: true}}, {conv2d: {out_channels: 3, kernel_size: 1}}]]\n"
    assert find_valley(loads(HEAD + gate * 4).graph) is None
