"""Every gradient and every new statistic has a value of its own that a kernel can write in its place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given, settings

from graphnet.compiler import graph_for
from graphnet.core.types import BATCH, TensorType
from graphnet.frontend.network import Network
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Graph, Value
from graphnet.ir.verify import verify
from graphnet.testing.strategies import networks
from graphnet.transforms.lower import lower
from graphnet.transforms.place_results import place_results
from graphnet.transforms.simplify import simplify

Make = Callable[..., Graph]
Compute = Callable[..., dict[str, np.ndarray]]

X = Value("x", TensorType.batched(6), "input")
P = Value("p", TensorType((6,)), "parameter")


def labels(graph: Graph) -> list[str]:
    return [node.comprehension.label for node in graph.nodes]


def test_a_value_of_its_own_stays(make_graph: Make) -> None:
    b = Builder()
    g = b.pointwise("g", lambda v: v * 2, P)
    graph = place_results(make_graph(b, [], {}, gradients={"p": g}))
    assert graph.gradients["p"] is g
    assert labels(graph) == ["g"]


def test_equal_gradients_get_a_copy_each(make_graph: Make, computed: Compute) -> None:
    """y = x + a + b: the gradients of both biases are one value."""
    b = Builder()
    g = b.reduce("g", "sum", lambda v: v, X, axes=(0,))
    before = make_graph(b, [X], {}, gradients={"a": g, "b": g})
    after = verify(place_results(before), "place_results")
    assert after.gradients["a"] is not after.gradients["b"]
    np.testing.assert_array_equal(computed(after)["gradient of b"], computed(before)["gradient of b"])


def test_an_output_an_operand_and_a_view_are_copied(make_graph: Make) -> None:
    b = Builder()
    output = b.pointwise("output", lambda v: v + 1, P)
    flat = b.reshape(X, (BATCH, 2, 3))
    graph = place_results(
        make_graph(
            b, [X], {"y": output}, gradients={"p": output, "q": P}, updates=((Value("r", X.type, "buffer"), flat),)
        )
    )
    assert labels(graph) == ["output", "reshape", "copy", "copy", "copy"]
    assert all(value.producer is not None for value in graph.gradients.values())


@settings(max_examples=40)
@given(networks(max_layers=6))
def test_no_two_results_share_a_value(net: Network) -> None:
    graph = simplify(lower(graph_for(net.graph, "train"), training=True))
    graph = verify(place_results(graph), "place_results")
    placed = [*graph.gradients.values(), *(new for _, new in graph.updates)]
    assert len(set(placed)) == len(placed)
    assert not set(placed) & {*graph.outputs.values(), *graph.inputs, *(p.value for p in graph.parameters)}
    for path, value in graph.gradients.items():
        assert value.type == graph.parameter(path).value.type
