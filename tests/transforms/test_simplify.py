"""Each rewrite does what it is for, and none changes what is computed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.compiler import graph_for
from graphnet.core.types import BATCH, TensorType
from graphnet.frontend.network import Network
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop, Result
from graphnet.ir.expression import Load, exp, maximum
from graphnet.ir.graph import Graph, Value
from graphnet.ir.verify import verify
from graphnet.testing.batches import random_batch
from graphnet.testing.evaluate import evaluate
from graphnet.testing.strategies import networks
from graphnet.transforms.lower import lower
from graphnet.transforms.simplify import (
    eliminate_dead_code,
    inline_formulas,
    merge_equal_nodes,
    merge_sibling_folds,
    simplify,
)

Make = Callable[..., Graph]
Compute = Callable[..., dict[str, np.ndarray]]

X = Value("x", TensorType.batched(5, 7), "input")


def labels(graph: Graph) -> list[str]:
    return [node.comprehension.label for node in graph.nodes]


def same(before: Graph, after: Graph, computed: Compute) -> None:
    verify(after, "test")
    wanted, found = computed(before), computed(after)
    assert wanted.keys() == found.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-12, err_msg=name)


def test_dead_nodes_go(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    kept = b.pointwise("kept", lambda v: v + 1, X)
    b.pointwise("dead", lambda v: v * 2, b.pointwise("dead_too", lambda v: v * 3, X))
    graph = make_graph(b, [X], {"y": kept})
    after = eliminate_dead_code(graph)
    assert labels(after) == ["kept"]
    same(graph, after, computed)


def test_dead_results_of_a_node_go_with_their_reads(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    z = b.pointwise("z", lambda v: v - 3, X)
    one, _ = b.pointwise_many("two", [lambda u, v: u + 1, lambda u, v: u * v], X, z)
    graph = make_graph(b, [X], {"y": one})
    after = eliminate_dead_code(graph)
    (node,) = [n for n in after.nodes if n.comprehension.label == "two"]
    assert len(node.outputs) == 1
    assert node.inputs == (X,)
    assert labels(eliminate_dead_code(after)) == ["two"]
    same(graph, after, computed)


@pytest.mark.parametrize("kind", ["outputs", "gradients", "input_gradients", "updates"])
def test_every_kind_of_result_is_kept_alive(kind: str, make_graph: Make) -> None:
    b = Builder()
    y = b.pointwise("y", lambda v: v + 1, X)
    given = {"updates": ((X, y),)} if kind == "updates" else {kind: {"y": y}}
    outputs = given.pop("outputs", {})
    assert labels(eliminate_dead_code(make_graph(b, [X], outputs, **given))) == ["y"]


def test_equal_nodes_are_computed_once(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    first, second = (b.pointwise(label, lambda v: exp(v), X) for label in ("one", "two"))
    other = b.pointwise("other", lambda v: exp(v) + 1, X)
    total = b.add(b.add(first, second), other)
    graph = make_graph(b, [X], {"y": total})
    after = merge_equal_nodes(graph)
    assert labels(after) == ["one", "other", "add", "add"]
    same(graph, after, computed)


def test_random_numbers_are_not_merged(make_graph: Make) -> None:
    b = Builder()
    masks = [b.uniform((BATCH, 5, 7)) for _ in range(2)]
    after = merge_equal_nodes(make_graph(b, [X], {"y": b.add(*masks)}))
    assert labels(after) == ["uniform", "uniform", "add"]


def test_identities_vanish(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    y = b.pointwise("y", lambda v: v + 1, b.pointwise("same", lambda v: v, X))
    graph = make_graph(b, [X], {"y": y})
    after = eliminate_dead_code(inline_formulas(graph))
    assert labels(after) == ["y"]
    assert after.nodes[0].inputs == (X,)
    same(graph, after, computed)


def test_an_identity_that_is_a_result_stays(make_graph: Make) -> None:
    b = Builder()
    graph = make_graph(b, [X], {"y": b.pointwise("same", lambda v: v, X)})
    assert labels(simplify(graph)) == ["same"]


def test_numbers_are_written_where_they_are_used(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    y = b.add(b.multiply(X, b.full(2.5)), b.full(1.0, (BATCH, 5, 7)))
    graph = make_graph(b, [X], {"y": y})
    after = eliminate_dead_code(inline_formulas(graph))
    assert all(len(node.inputs) <= 2 and "full" not in node.name for node in after.nodes)
    same(graph, after, computed)


def test_a_formula_goes_into_the_fold_that_reads_it(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    squares = b.pointwise("squares", lambda v: v * v, X)
    total = b.reduce("total", "sum", lambda v: v, squares, axes=(0, 2))
    graph = make_graph(b, [X], {"y": total})
    after = eliminate_dead_code(inline_formulas(graph))
    assert labels(after) == ["total"]
    same(graph, after, computed)


def test_a_formula_of_two_readers_is_stored(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    squares = b.pointwise("squares", lambda v: v * v, X)
    total = b.reduce("total", "sum", lambda v: v, squares, axes=(0, 2))
    graph = make_graph(b, [X], {"y": total, "z": b.pointwise("z", lambda v: v + 1, squares)})
    after = simplify(graph)
    assert "squares" in labels(after)
    same(graph, after, computed)


def windows(b: Builder, value: Value) -> Value:
    """The largest of windows of 3 that stick out by 1, where what lies outside takes no part."""
    out, index = [Loop("n", BATCH), Loop("c", 5), Loop("w", 7)], [Index.of("n"), Index.of("c")]
    reads = [(value, [*index, Index((("w", 1), ("i", 1)), -1)])]
    return b.fold("windows", out, [Loop("i", 3)], reads, Result(Load(0), "max"))[0]


def test_a_formula_does_not_leak_into_windows(make_graph: Make, computed: Compute) -> None:
    """Outside of its operand, a window takes nothing; written out, the formula would be taken of nothing."""
    b = Builder()
    negative = b.pointwise("negative", lambda v: -maximum(v, 0) - 5, X)
    graph = make_graph(b, [X], {"y": windows(b, negative)})
    after = simplify(graph)
    same(graph, after, computed)


def test_siblings_share_a_pass_over_memory(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    total = b.reduce("total", "sum", lambda v: v, X, axes=(0, 2))
    squares = b.reduce("squares", "sum", lambda v: v * v, X, axes=(0, 2))
    largest = b.reduce("largest", "max", lambda v: v, X, axes=(0, 1))
    graph = make_graph(b, [X], {"a": total, "b": squares, "c": largest})
    after = merge_sibling_folds(graph)
    assert [len(node.outputs) for node in after.nodes] == [2, 1]
    same(graph, after, computed)


def test_a_sibling_whose_operand_is_not_ready_stays(make_graph: Make, computed: Compute) -> None:
    """The variance reads the mean, which reads the total: they cannot be one pass."""
    b = Builder()
    total = b.reduce("total", "sum", lambda v: v, X, axes=(0, 2))
    mean = b.pointwise("mean", lambda s: s / 21, total)
    squares = b.reduce("squares", "sum", lambda v, m: (v - m) * (v - m), X, mean, axes=(0, 2))
    graph = make_graph(b, [X], {"y": squares})
    after = merge_sibling_folds(graph)
    assert len(after.nodes) == 3
    same(graph, after, computed)


def test_metrics_and_losses_keep_their_values() -> None:
    net = gn.Network("judged")
    logits = gn.linear(gn.identity(net.input("x", (5,))), 3, name="fc")
    net.loss(gn.cross_entropy(logits, "label"))
    net.metric("accuracy", logits, "label")
    after = simplify(lower(graph_for(net.graph, "evaluate"), training=False))
    computed_values = {v for node in after.nodes for v in node.outputs}
    assert after.metrics[0].values[0] in computed_values
    assert after.losses[0].value in computed_values


@settings(max_examples=40)
@given(networks(max_layers=5))
def test_whole_networks_compute_the_same(net: Network) -> None:
    before = lower(graph_for(net.graph, "gradients"), training=True)
    after = verify(simplify(before), "simplify")
    batch = random_batch(net.graph, 2)
    rng = np.random.default_rng(0)
    arrays = {v: batch[v.name] for v in (*net.graph.inputs, *net.graph.targets)}
    arrays |= {p.value: rng.standard_normal(p.spec.shape) for p in net.graph.parameters}
    wanted, found = (evaluate(graph.nodes, arrays, 2) for graph in (before, after))
    assert len(after.nodes) <= len(before.nodes)
    for path, value in before.gradients.items():
        np.testing.assert_allclose(found[after.gradients[path]], wanted[value], rtol=1e-9, atol=1e-12, err_msg=path)
    np.testing.assert_allclose(found[after.outputs["loss"]], wanted[before.outputs["loss"]], rtol=1e-12)
