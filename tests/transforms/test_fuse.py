"""What may join a kernel, and what may not; the order of kernels stays one in which every operand is ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import networkx as nx
from hypothesis import given, settings

from graphnet.compiler import graph_for
from graphnet.core.types import BATCH, TensorType
from graphnet.frontend.network import Network
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop
from graphnet.ir.graph import Graph, Value
from graphnet.ir.schedule import FusedGraph
from graphnet.testing.strategies import networks
from graphnet.transforms.fuse import fuse
from graphnet.transforms.lower import lower
from graphnet.transforms.simplify import simplify

Make = Callable[..., Graph]

X = Value("x", TensorType.batched(5), "input")
W = Value("w", TensorType((7, 5)), "parameter")
BIAS = Value("bias", TensorType((7,)), "parameter")


def linear(b: Builder, x: Value = X) -> Value:
    n, c, f = Loop("n", BATCH), Loop("c", 7), Loop("f", 5)
    index = [Index.of("n"), Index.of("f")], [Index.of("c"), Index.of("f")]
    return b.contract("linear", [n, c], [f], x, index[0], W, index[1])


def labels(fused: FusedGraph) -> list[list[str]]:
    return [[node.comprehension.label for node in kernel.nodes] for kernel in fused.kernels]


def names(values: Sequence[Value]) -> list[str]:
    return [value.name for value in values]


def test_a_chain_joins_its_contraction(make_graph: Make) -> None:
    b = Builder()
    y = b.pointwise("bias", lambda v, w: v + w, linear(b), BIAS)
    z = b.pointwise("square", lambda v: v * v, y)
    fused = fuse(make_graph(b, [X], {"z": z}))
    assert labels(fused) == [["linear", "bias", "square"]]
    (kernel,) = fused.kernels
    assert names(kernel.reads) == ["x", "w", "bias"]
    assert kernel.writes == (z,), "the others live in registers"


def test_what_is_read_elsewhere_is_written_too(make_graph: Make) -> None:
    b = Builder()
    y = b.pointwise("bias", lambda v, w: v + w, linear(b), BIAS)
    z = b.pointwise("square", lambda v: v * v, y)
    total = b.reduce("total", "sum", lambda v: v, y, axes=(0, 1))
    fused = fuse(make_graph(b, [X], {"z": z, "total": total}))
    assert labels(fused) == [["linear", "bias", "square"], ["total"]]
    assert fused.kernels[0].writes == (y, z)
    assert fused.kernels[1].reads == (y,)


def test_without_fusion_every_node_is_a_kernel(make_graph: Make) -> None:
    b = Builder()
    y = b.pointwise("bias", lambda v, w: v + w, linear(b), BIAS)
    assert labels(fuse(make_graph(b, [X], {"y": y}), enabled=False)) == [["linear"], ["bias"]]


def test_a_node_joins_the_latest_of_its_producers(make_graph: Make) -> None:
    """Joining the earlier one would read what is not computed yet."""
    b = Builder()
    first = linear(b)
    second = linear(b, b.pointwise("shifted", lambda v: v + 1, X))
    fused = fuse(make_graph(b, [X], {"y": b.add(first, second)}))
    assert labels(fused) == [["linear"], ["shifted"], ["linear", "add"]]


def test_a_node_of_another_shape_stays_out(make_graph: Make) -> None:
    """A sum over the batch is one number a class; what spreads it over the batch again is another kernel."""
    b = Builder()
    total = b.reduce("total", "sum", lambda v: v, linear(b), axes=(0,))
    fused = fuse(make_graph(b, [X], {"y": b.pointwise("spread", lambda v, t: v - t, linear(b), total)}))
    assert ["total", "spread"] not in labels(fused)
    assert [label for kernel in labels(fused) for label in kernel].count("spread") == 1


def test_a_transposed_read_stays_out(make_graph: Make) -> None:
    """The same extents, but element (a, b) reads element (b, a): another worker may not have computed it."""
    b = Builder()
    square = Value("m", TensorType((7, 7)), "parameter")
    doubled = b.pointwise("doubled", lambda v: v * 2, square)
    turned = b.move("turned", [Loop("a", 7), Loop("c", 7)], (doubled, [Index.of("c"), Index.of("a")]))
    fused = fuse(make_graph(b, [], {"y": b.add(doubled, turned)}))
    assert labels(fused) == [["doubled"], ["turned", "add"]]


def test_a_broadcast_of_the_kernels_own_result_stays_out(make_graph: Make) -> None:
    b = Builder()
    row = Value("row", TensorType((1, 7)), "parameter")
    y = b.pointwise("doubled", lambda v: v * 2, row)
    z = b.pointwise("spread", lambda v, w: v + w, Value("m", TensorType((5, 7)), "parameter"), y)
    assert labels(fuse(make_graph(b, [], {"z": z}))) == [["doubled"], ["spread"]]


def test_nothing_joins_a_view(make_graph: Make) -> None:
    b = Builder()
    flat = b.reshape(Value("m", TensorType.batched(5, 7), "input"), (BATCH, 35))
    fused = fuse(make_graph(b, [], {"y": b.pointwise("doubled", lambda v: v * 2, flat)}))
    assert labels(fused) == [["reshape"], ["doubled"]]


def test_movement_and_folds_begin_kernels(make_graph: Make) -> None:
    b = Builder()
    y = b.pointwise("doubled", lambda v: v * 2, X)
    shifted = b.move("shifted", [Loop("n", BATCH), Loop("c", 5)], (y, [Index.of("n"), Index((("c", 1),), -1)]))
    fused = fuse(make_graph(b, [X], {"y": shifted, "z": b.reduce("total", "sum", lambda v: v, shifted, axes=(1,))}))
    assert labels(fused) == [["doubled"], ["shifted"], ["total"]]


def test_names_are_unique(make_graph: Make) -> None:
    b = Builder()
    y = b.add(linear(b), linear(b))
    fused = fuse(make_graph(b, [X], {"y": y}))
    assert len({kernel.name for kernel in fused.kernels}) == len(fused.kernels)


@settings(max_examples=60)
@given(networks(max_layers=8))
def test_kernels_of_whole_networks_come_in_order(net: Network) -> None:
    graph = simplify(lower(graph_for(net.graph, "gradients"), training=True))
    fused = fuse(graph)
    assert sorted(n.name for k in fused.kernels for n in k.nodes) == sorted(n.name for n in graph.nodes)
    written: set[Value] = set()
    for kernel in fused.kernels:
        assert all(v in written for v in kernel.reads if v.role == "node"), kernel.name
        assert not written & set(kernel.writes)
        written.update(kernel.writes)
    assert {v for v in graph.results if v.role == "node"} <= written
    graph_of_kernels = nx.DiGraph((producer.name, kernel.name) for kernel in fused.kernels for value in kernel.reads
                                  for producer in fused.kernels if value in producer.writes)  # fmt: skip
    assert nx.is_directed_acyclic_graph(graph_of_kernels)
