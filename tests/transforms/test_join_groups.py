"""Contractions over groups become contractions over whole axes, and compute the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from graphnet.core.types import TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index
from graphnet.ir.graph import Graph, Value
from graphnet.ir.verify import verify
from graphnet.ops.conv2d import Conv2d
from graphnet.ops.conv_transpose2d import ConvTranspose2d
from graphnet.transforms.join_groups import join_groups
from graphnet.transforms.simplify import simplify

Make = Callable[..., Graph]
Compute = Callable[..., dict[str, np.ndarray]]

LANES = 4


def lowered(operator: Conv2d | ConvTranspose2d, channels: int, make_graph: Make) -> Graph:
    """The operator on a map, with its gradients for an upstream gradient that is fed."""
    x = Value("x", TensorType.batched(channels, 5, 7), "input")
    (spec,) = operator.parameters(x.type).values()
    weight = Value("weight", TensorType(spec.shape), "input")
    upstream = Value("upstream", operator.infer(x.type)[0], "input")
    b = Builder()
    y = operator.lower(b, x, weight)
    gx, gw = operator.gradient(b, upstream, (x, weight), (y,))
    return make_graph(b, [x, weight, upstream], {"y": y, "gx": gx, "gw": gw})


def joined(graph: Graph) -> Graph:
    return verify(simplify(verify(join_groups(graph, lanes=LANES), "join_groups")), "simplify")


def shapes(graph: Graph) -> list[int]:
    """The ranks of what the contractions compute."""
    return [len(n.comprehension.out) for n in graph.nodes if n.comprehension.family == "contraction"]


SUITABLE = {
    "depthwise": (Conv2d(5, 3, padding=1, groups=5, bias=False), 5),
    "one tap": (Conv2d(6, 1, groups=3, bias=False), 6),
    "groups of 2": (Conv2d(6, 3, stride=2, groups=3, bias=False), 6),
    "groups of a vector": (Conv2d(8, (3, 2), groups=2, bias=False), 8),
    "groups of whole vectors, as many to more": (Conv2d(16, 3, padding=1, groups=2, bias=False), 8),
    "transposed": (ConvTranspose2d(6, 3, stride=2, groups=3, bias=False), 6),
}


@pytest.mark.parametrize("what", SUITABLE)
def test_groups_that_suit_vectors_are_joined(what: str, make_graph: Make, computed: Compute) -> None:
    operator, channels = SUITABLE[what]
    graph = lowered(operator, channels, make_graph)
    after = joined(graph)
    assert shapes(graph) == [5, 5, 5]
    assert shapes(after) == [4, 4, 4]
    assert not any(node.comprehension.view for node in after.nodes)
    before, found = computed(graph), computed(after)
    for name, array in before.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("operator", "channels"),
    [
        (Conv2d(6, 3, groups=2, bias=False), 6),  # 3 neither fill a vector nor divide it
        (Conv2d(10, 3, groups=5, bias=False), 5),  # two filters for each channel
        (Conv2d(12, 3, groups=2, bias=False), 12),
    ],
)
def test_other_groups_stay_axes(operator: Conv2d, channels: int, make_graph: Make) -> None:
    assert shapes(joined(lowered(operator, channels, make_graph))) == [5, 5, 5]


def test_depthwise_convolutions_read_plain_channels(make_graph: Make) -> None:
    operator, channels = SUITABLE["depthwise"]
    node = joined(lowered(operator, channels, make_graph)).nodes[0]
    assert [str(read) for read in node.comprehension.reads] == ["$0[n, o, h + i - 1, w + j - 1]", "$1[o, 0, i, j]"]


def test_narrow_groups_read_the_channels_of_their_own(make_graph: Make) -> None:
    operator, channels = SUITABLE["groups of 2"]
    node = joined(lowered(operator, channels, make_graph)).nodes[0]
    assert str(node.comprehension.reads[0]) == "$0[n, 2*(o//2) + c, 2*h + i, 2*w + j]"


def test_a_result_that_others_read_as_groups_stays(make_graph: Make) -> None:
    graph = lowered(*SUITABLE["depthwise"], make_graph)
    grouped = graph.nodes[2].outputs[0]
    assert shapes(joined(make_graph_with(graph, grouped)))[0] == 5


def make_graph_with(graph: Graph, value: Value) -> Graph:
    """The graph with one more result."""
    return Graph("test", graph.inputs, graph.nodes, {**graph.outputs, "grouped": value})


@pytest.mark.parametrize("extent", [6, 8, 9])
def test_the_range_of_an_index_with_groups(extent: int) -> None:
    for index in (
        Index((("c", 1),), 2, groups=(("o", 3, 3),)),
        Index((("o", 1),), -1, groups=(("o", 3, -3),)),
        Index((("o", 2), ("c", -1)), groups=(("o", 4, -7),)),
    ):
        values = [index.at({"o": o, "c": c}) for o in range(extent) for c in range(3)]
        assert index.range({"o": extent, "c": 3}) == (min(values), max(values))
