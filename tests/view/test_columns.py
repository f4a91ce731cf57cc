"""Long networks in columns."""

from __future__ import annotations

import pytest

from graphnet.analysis.folding import fold
from graphnet.analysis.structure import Group, scope_tree
from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.view.chains import chains
from graphnet.view.columns import Columns, arrange

LONG = """
graphnet: 1
name: long
inputs: {{image: [3, 13, 11]}}
blocks:
  residual:
    layers:
      - add:
        - sequential:
            - {{conv2d: {{out_channels: 3, kernel_size: 3, padding: 1}}, name: conv1}}
            - relu
            - {{conv2d: {{out_channels: 3, kernel_size: 3, padding: 1}}, name: conv2}}
        - []
layers:
  - name: features
    sequential:
      - repeat: {count}
        layers: [residual]
  - global_avg_pool2d
  - {{linear: 7, name: fc}}
loss: [cross_entropy: label]
"""


def long(count: int) -> Graph:
    return loads(LONG.format(count=count)).graph


def arranged(graph: Graph, tree: Group | None = None) -> Columns:
    stacks = chains([(node,) for node in graph.nodes], set(graph.results))
    boxes = {stack[0][0]: [node for (node,) in stack] for stack in stacks}
    return arrange(graph, tree if tree is not None else scope_tree(graph.nodes), boxes)


def test_a_short_network_is_one_column() -> None:
    columns = arranged(long(3))
    assert columns.count == 1
    assert set(columns.of.values()) == {0}
    assert columns.strands == ()


@pytest.mark.parametrize("count", [17, 41])
def test_one_value_passes_from_column_to_column(count: int) -> None:
    graph = long(count)
    columns = arranged(graph)
    assert columns.count > 2
    assert len(columns.strands) == columns.count - 1
    crossing = {
        value
        for node in graph.nodes
        for value in node.inputs
        if value.producer is not None and columns.of[value.producer] != columns.of[node]
    }
    assert crossing == set(columns.strands)
    assert [columns.home(value, graph) for value in columns.strands] == list(range(columns.count - 1))


def test_blocks_stay_whole_and_columns_are_about_equal() -> None:
    graph = long(41)
    columns = arranged(graph)
    by_block: dict[str, set[int]] = {}
    for node in graph.nodes:
        if len(node.scope) > 1:
            by_block.setdefault(node.scope[1].name, set()).add(columns.of[node])
    assert len(by_block) == 41
    assert all(len(places) == 1 for places in by_block.values())
    sizes = [sum(place == {column} for place in by_block.values()) for column in range(columns.count)]
    assert max(sizes) - min(sizes) <= 2


def test_columns_go_on_from_the_left_to_the_right() -> None:
    graph = long(17)
    columns = arranged(graph)
    for node in graph.nodes:
        assert all(columns.of[v.producer] <= columns.of[node] for v in node.inputs if v.producer is not None)


def test_what_is_folded_takes_no_room() -> None:
    graph = long(41)
    assert arranged(graph, fold(scope_tree(graph.nodes), graph)).count == 1


def test_a_loss_stands_beside_what_it_reads() -> None:
    graph = long(17)
    columns = arranged(graph)
    assert columns.of[graph.nodes[-1]] == columns.of[graph.nodes[-2]] == columns.count - 1


def test_a_value_for_several_columns_is_one_strand() -> None:
    """The first layer is read again at the end."""
    layers = "\n".join(f"  - {{conv2d: {{out_channels: 3, kernel_size: 1}}, name: c{k}}}" for k in range(31))
    graph = loads(
        f"graphnet: 1\nname: n\ninputs: {{x: [3, 5, 7]}}\nlayers:\n{layers}\n  - {{add, from: [c0, c15, c30]}}\n"
    ).graph
    columns = arranged(graph)
    assert columns.count > 2
    assert {"c0", "c15"} <= {value.name for value in columns.strands}
    assert len(columns.strands) <= columns.count + 1


def test_a_high_block_is_cut_only_if_it_is_a_chain() -> None:
    chain = "\n".join(f"      - {{linear: 7, name: a{k}}}" for k in range(40))
    wide = "\n".join(f"      - {{linear: 7, name: b{k}, from: input}}" for k in range(40))
    spec = "graphnet: 1\nname: n\ninputs: {{x: [7]}}\nblocks:\n  tall:\n    layers:\n{}\n{}\nlayers: [tall]\n"
    columns = arranged(loads(spec.format(chain, "")).graph)
    assert columns.count > 1
    joined = f"      - {{add, from: [{', '.join(f'b{k}' for k in range(40))}]}}"
    assert arranged(loads(spec.format(wide, joined)).graph).count == 1
