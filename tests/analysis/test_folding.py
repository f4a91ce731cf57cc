"""Which blocks are folded, and what their tables say; `test_structure.py` has more of plain repetitions."""

from __future__ import annotations

import pytest

from graphnet.analysis.folding import fold, fold_applications
from graphnet.analysis.structure import Again, Group, Member, Repeat, scope_tree, shown_for
from graphnet.analysis.summary import summarise
from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.transforms.lower import lower

DENSE = """graphnet: 1
name: dense
inputs: {{image: [{channels}, 7, 5]}}
blocks:
  layer:
    layers:
      - concat: [[], [{{conv2d: {{out_channels: 4, kernel_size: 1}}, name: conv}}]]
layers:
  - name: body
    sequential:
      - repeat: {count}
        layers: [layer]
"""
TOWERS = """graphnet: 1
name: towers
inputs: {a: [5], b: [5]}
blocks:
  tower:
    layers: [{linear: 7, name: one}, relu, {linear: 3, name: two}]
layers:
  - {tower, name: left, from: a}
  - {share: left, from: b, name: right}
  - {tower, name: other, from: b}
  - {add, from: [left, right, other]}
"""


def body_of(graph: Graph) -> tuple[Member, ...]:
    (body,) = fold(scope_tree(graph.nodes), graph).members
    assert isinstance(body, Group)
    return body.members


def dense(count: int, channels: int = 6) -> Graph:
    return loads(DENSE.format(count=count, channels=channels)).graph


@pytest.mark.parametrize("count", [3, 8])
def test_blocks_that_grow_by_the_same_step_fold(count: int) -> None:
    graph = dense(count)
    (repeat,) = body_of(graph)
    assert isinstance(repeat, Repeat)
    assert (repeat.count, repeat.name) == (count, f"0 – {count - 1}")
    assert repeat.nodes == graph.nodes


def test_lowered_blocks_grow_too() -> None:
    """Their operators are written with their shapes."""
    graph = lower(dense(5), training=False)
    (repeat,) = body_of(graph)
    assert isinstance(repeat, Repeat)
    assert repeat.count == 5


def test_two_blocks_of_different_sizes_do_not_fold() -> None:
    assert all(isinstance(member, Group) for member in body_of(dense(2)))


def test_the_step_must_stay_the_same() -> None:
    """Channels 6, 10, 14 and 18, and then no more: what grows folds, and so does what is equal."""
    text = DENSE.format(count=3, channels=6).replace(
        "blocks:", "blocks:\n  same: {layers: [{conv2d: {out_channels: 18, kernel_size: 1}, name: conv}]}"
    )
    graph = loads(text + "      - repeat: 2\n        layers: [same]\n").graph
    assert [m.count if isinstance(m, Repeat) else 1 for m in body_of(graph)] == [3, 2]


def test_equal_blocks_behind_a_wider_one_fold_without_it() -> None:
    """11, 7, 7: two equal steps are none of growth."""
    text = "graphnet: 1\nname: n\ninputs: {x: [11]}\nblocks: {unit: {layers: [{linear: 7, name: fc}, tanh]}}\n"
    graph = loads(text + "layers:\n  - {name: body, sequential: [unit, unit, unit]}\n").graph
    assert [m.count if isinstance(m, Repeat) else 1 for m in body_of(graph)] == [1, 2]


def test_what_is_shown_stands_for_the_hidden() -> None:
    graph = dense(5)
    tree = fold(scope_tree(graph.nodes), graph)
    shown = shown_for(tree)
    assert {node.name: [one.name for one in alike] for node, alike in shown.items()} == {
        "body.0.conv": [f"body.{k}.conv" for k in range(5)], "body.0.concat1": [f"body.{k}.concat1" for k in range(5)],
    }  # fmt: skip


def test_the_table_gives_ranges() -> None:
    table = str(summarise(dense(5)))
    (conv,) = [line.split() for line in table.splitlines() if " conv " in line]
    assert conv == ["conv", "conv2d", "4×7×5", "28", "–", "92", "840", "–", "3.08k"]
    (concat,) = [line.split() for line in table.splitlines() if "concat" in line]
    assert concat == ["concat1", "concat", "10…26×7×5"]
    (heading,) = [line.split() for line in table.splitlines() if "× 5" in line]
    assert heading[:6] == ["0", "–", "4", "layer", "×", "5"]


def test_shared_groups_are_shown_as_such() -> None:
    graph = loads(TOWERS).graph
    _, right, other, _ = fold_applications(scope_tree(graph.nodes)).members
    assert isinstance(right, Again)
    assert (right.of.path, right.name, len(right.nodes)) == ("left", "right", 3)
    assert isinstance(other, Group)
    table = str(summarise(graph))
    (row,) = [line.split() for line in table.splitlines() if line.startswith(" right")]
    assert row == ["right", "tower", "weights", "of", "left", "56"]


def test_other_weights_or_attributes_are_no_application() -> None:
    graph = loads(TOWERS.replace("{share: left, from: b, name: right}", "{tower, from: b, name: right}")).graph
    assert not any(isinstance(member, Again) for member in fold_applications(scope_tree(graph.nodes)).members)
