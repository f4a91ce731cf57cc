"""Nesting and folding of blocks."""

from __future__ import annotations

import pytest

from graphnet.analysis.folding import fold_repeats
from graphnet.analysis.structure import Group, Repeat, scope_tree
from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph

CHAIN = """
graphnet: 1
name: chain
inputs: {{x: [11], y: [7]}}
blocks:
  unit:
    params: {{width: 7, slope: 0.1}}
    layers: [{{linear: $width, name: fc}}, {{leaky_relu: $slope, name: act}}]
  pair:
    layers: [{{unit, name: a}}, {{unit, name: b}}]
  mixed:
    inputs: [value, other]
    layers: [{{add, name: sum, from: [value, other]}}, {{linear: 7, name: fc}}]
layers:
  - {{linear: 7, name: stem, from: x}}
  - name: body
    sequential:
{body}
  - {{linear: 3, name: head}}
{rest}
"""


def graph_of(*body: str, rest: str = "") -> Graph:
    return loads(CHAIN.format(body="\n".join(f"      - {entry}" for entry in body), rest=rest)).graph


def body_of(graph: Graph) -> list[tuple[str, int]]:
    """The names of what stands in `body`, with counts."""
    tree = fold_repeats(scope_tree(graph.nodes), graph)
    (body,) = [m for m in tree.members if isinstance(m, Group)]
    assert body.path == "body"
    return [(m.name.rsplit(".", 1)[-1], m.count if isinstance(m, Repeat) else 1) for m in body.members]


def test_the_tree_has_every_node_once(resnet18: Graph) -> None:
    tree = scope_tree(resnet18.nodes)
    assert tree.nodes == resnet18.nodes
    (layer1, *_) = [m for m in tree.members if isinstance(m, Group)]
    assert (layer1.name, layer1.kind, layer1.path) == ("layer1", "sequential", "layer1")
    first = layer1.members[0]
    assert isinstance(first, Group)
    assert (first.name, first.kind, first.path) == ("0", "basic_block", "layer1.0")


def test_equal_blocks_in_a_chain_fold() -> None:
    assert body_of(graph_of("unit", "unit", "unit")) == [("0 – 2", 3)]


def test_a_fold_keeps_all_nodes() -> None:
    graph = graph_of("unit", "unit", "unit")
    assert fold_repeats(scope_tree(graph.nodes), graph).nodes == graph.nodes


def test_folds_nest() -> None:
    graph = graph_of("pair", "pair", "pair")
    tree = fold_repeats(scope_tree(graph.nodes), graph)
    (body,) = [m for m in tree.members if isinstance(m, Group)]
    (outer,) = body.members
    assert isinstance(outer, Repeat)
    assert outer.count == 3
    (inner,) = outer.first.members
    assert isinstance(inner, Repeat)
    assert (inner.name, inner.count) == ("a – b", 2)
    hidden = {node.name: shown.name for node, shown in outer.stand_ins.items()}
    assert hidden["body.2.b.act"] == "body.0.b.act"
    assert len(hidden) == 8


@pytest.mark.parametrize(
    ("second", "why"),
    [("unit: 5", "another shape"), ("unit: {slope: 0.2}", "another attribute"), ("pair", "another block")],
)
def test_unequal_blocks_do_not_fold(second: str, why: str) -> None:
    assert body_of(graph_of("unit", second)) == [("0", 1), ("1", 1)], why


def test_only_equal_neighbours_fold() -> None:
    entries = ("unit", "unit", "unit: {slope: 0.2}", "unit", "unit")
    assert body_of(graph_of(*entries)) == [("0 – 1", 2), ("2", 1), ("3 – 4", 2)]


def test_a_layer_between_blocks_separates_them() -> None:
    assert body_of(graph_of("unit", "relu", "unit")) == [("0", 1), ("1", 1), ("2", 1)]


def test_blocks_side_by_side_do_not_fold() -> None:
    graph = graph_of("{unit, name: left, from: stem}", "{unit, name: right, from: stem}", "{add, from: [left, right]}")
    assert [count for _, count in body_of(graph)] == [1, 1, 1]


def test_blocks_that_all_read_one_more_value_fold() -> None:
    graph = graph_of(*(f"{{mixed, name: m{k}, from: [{'stem' if k == 0 else f'm{k - 1}'}, y]}}" for k in range(3)))
    assert body_of(graph) == [("m0 – m2", 3)]


def test_blocks_that_read_different_values_do_not_fold() -> None:
    graph = graph_of("{mixed, name: m0, from: [stem, y]}", "{mixed, name: m1, from: [m0, stem]}")
    assert body_of(graph) == [("m0", 1), ("m1", 1)]


def test_what_others_read_is_not_hidden() -> None:
    skip = ("{unit, name: u0}", "{unit, name: u1}", "{unit, name: u2}", "{add, from: [u0, u2]}")
    assert body_of(graph_of(*skip)) == [("u0", 1), ("u1 – u2", 2), ("3", 1)]


def test_outputs_are_not_hidden() -> None:
    graph = graph_of("{unit, name: u0}", "{unit, name: u1}", rest="outputs: {middle: body.u0, last: head}")
    assert body_of(graph) == [("u0", 1), ("u1", 1)]
