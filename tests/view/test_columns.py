"""Long networks in columns."""

from __future__ import annotations

import pytest

from graphnet.analysis.structure import scope_tree
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


def arranged(graph: Graph) -> Columns:
    stacks = chains([(node,) for node in graph.nodes], set(graph.results))
    boxes = {stack[0][0]: [node for (node,) in stack] for stack in stacks}
    return arrange(graph, scope_tree(graph.nodes), boxes)


def test_a_short_network_is_one_column() -> None:
    columns = arranged(long(3))
    assert columns.count == 1
    assert set(columns.of.values()) == {0}
    assert columns.passed_on == ()


@pytest.mark.parametrize("count", [17, 41])
def test_one_value_passes_from_column_to_column(count: int) -> None:
    graph = long(count)
    columns = arranged(graph)
    assert columns.count > 2
    assert len(columns.passed_on) == columns.count - 1
    for node in graph.nodes:
        for value in node.inputs:
            if value.producer is not None and columns.of[value.producer] != columns.of[node]:
                entered = [columns.passed_on[k] for k in range(columns.of[value.producer], columns.of[node])]
                assert entered == [value] * len(entered)


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


def test_a_loss_stands_beside_what_it_reads() -> None:
    graph = long(17)
    columns = arranged(graph)
    assert columns.of[graph.nodes[-1]] == columns.of[graph.nodes[-2]] == columns.count - 1
