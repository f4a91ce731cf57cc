"""Which layers of two networks correspond."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings

from graphnet.analysis.matching import match
from graphnet.frontend.loader import loads
from graphnet.frontend.network import Network
from graphnet.ir.graph import Graph, Node, Value
from graphnet.testing.strategies import networks

SOME = networks(
    layers=["add", "batch_norm", "concat", "conv2d", "linear", "max_pool2d", "multiply", "relu", "subtract"]
)
"""Networks of operators that commute and that do not, with parameters and without."""


def graph_of(*layers: str, rest: str = "") -> Graph:
    entries = "\n".join(f"  - {layer}" for layer in layers)
    return loads(f"graphnet: 1\nname: net\ninputs: {{x: [3, 17, 13]}}\nlayers:\n{entries}\n{rest}\n").graph


def names(a: Graph, b: Graph) -> dict[str, str]:
    return {x.name: y.name for x, y in match(a, b).items()}


def renamed(graph: Graph, seed: int) -> tuple[Graph, dict[str, str]]:
    """The same graph under other names, its nodes in another topological order; and the names that were given."""
    rng = random.Random(seed)
    moved: dict[Value, Value] = {}
    given: dict[str, str] = {}
    nodes: list[Node] = []
    for kind, values in (("in", graph.inputs), ("to", graph.targets), ("p", [p.value for p in graph.parameters])):
        moved |= {value: replace(value, name=f"{kind}{k}") for k, value in enumerate(values)}
    waiting = list(graph.nodes)
    while waiting:
        ready = [n for n in waiting if all(v in moved or v.role == "constant" for v in n.inputs)]
        node = rng.choice(ready)
        waiting.remove(node)
        made = Node.make(
            f"n{len(nodes)}", node.op, [moved.get(v, v) for v in node.inputs], [v.type for v in node.outputs],
            operands=node.operands, frozen=node.frozen,
        )  # fmt: skip
        moved.update(zip(node.outputs, made.outputs, strict=True))
        given[node.name] = made.name
        nodes.append(made)
    again = replace(
        graph, nodes=tuple(nodes), inputs=tuple(moved[v] for v in graph.inputs),
        targets=tuple(moved[v] for v in graph.targets),
        outputs={name: moved[v] for name, v in graph.outputs.items()},
        parameters=tuple(replace(p, path=moved[p.value].name, value=moved[p.value]) for p in graph.parameters),
        losses=tuple(replace(term, value=moved[term.value]) for term in graph.losses),
        metrics=tuple(replace(m, values=tuple(moved[v] for v in m.values)) for m in graph.metrics),
    )  # fmt: skip
    return again, given


@settings(max_examples=25)
@given(SOME)
def test_a_network_matches_itself_node_by_node(network: Network) -> None:
    graph = network.graph
    assert {x: y.name for x, y in match(graph, graph).items()} == {node: node.name for node in graph.nodes}


def test_renamed_and_reordered_networks_match_by_structure(resnet18: Graph) -> None:
    other, given = renamed(resnet18, seed=7)
    assert names(resnet18, other) == given


@settings(max_examples=25)
@given(SOME)
def test_generated_networks_match_under_other_names(network: Network) -> None:
    """Twins may change places, so what is held is that a pair computes the same from pairs."""
    graph = network.graph
    other, _ = renamed(graph, seed=11)
    pairs = match(graph, other)
    assert set(pairs) == set(graph.nodes)
    assert set(pairs.values()) == set(other.nodes)
    images = {v: w for x, y in pairs.items() for v, w in zip(x.outputs, y.outputs, strict=True)}
    for x, y in pairs.items():
        mine = [images[v] for v in x.inputs if v.producer is not None]
        theirs = [v for v in y.inputs if v.producer is not None]
        assert (sorted(map(str, mine)) if x.op.commutes else mine) == (
            sorted(map(str, theirs)) if x.op.commutes else theirs
        )


def test_an_inserted_layer_moves_no_others() -> None:
    conv = "conv2d: {out_channels: 5, kernel_size: 3}"
    before = graph_of(conv, "relu", conv, "relu", "flatten", "linear: 7")
    after = graph_of(conv, "batch_norm", "relu", conv, "batch_norm", "relu", "flatten", "linear: 7")
    assert names(before, after) == {node.name: node.name for node in before.nodes}


def test_counted_names_give_way_to_order() -> None:
    """The second convolution was inserted, whatever the counts say."""
    wide, narrow = "conv2d: {out_channels: 11, kernel_size: 3}", "conv2d: {out_channels: 5, kernel_size: 3}"
    before, after = graph_of(narrow, "tanh", narrow), graph_of(narrow, wide, "tanh", narrow)
    assert names(before, after) == {"conv2d1": "conv2d1", "tanh1": "tanh1", "conv2d2": "conv2d3"}


def test_chosen_names_hold_layers_together() -> None:
    before = graph_of("{conv2d: {out_channels: 5, kernel_size: 3}, name: stem}", "{relu, name: act}")
    after = graph_of("{conv2d: {out_channels: 5, kernel_size: 1}, name: new}",
                     "{conv2d: {out_channels: 7, kernel_size: 5}, name: stem}", "{tanh, name: act}")  # fmt: skip
    assert names(before, after) == {"stem": "stem", "act": "act"}


def test_layers_are_found_in_the_scope_that_they_moved_into() -> None:
    layers = ["{conv2d: {out_channels: 5, kernel_size: 3}, name: conv}", "batch_norm", "relu", "flatten"]
    before = graph_of(*layers, "{linear: 11, name: hidden}", "{linear: 7, name: fc}")
    inner = ", ".join(layer if layer.startswith("{") else f"{{{layer}}}" if ":" in layer else layer for layer in layers)
    after = graph_of(f"{{sequential: [{inner}], name: body}}", "{linear: 7, name: fc}")
    assert names(before, after) == {
        "conv": "body.conv", "batch_norm1": "body.1", "relu1": "body.2", "flatten1": "body.3", "fc": "fc",
    }  # fmt: skip


def test_shared_weights_are_structure() -> None:
    head = "graphnet: 1\nname: n\ninputs: {a: [5], b: [5]}\nlayers:\n  - {linear: 5, name: one, from: a}\n"
    tail = "  - {add, from: [one, two], name: sum}\n"
    shared = loads(head + "  - {share: one, from: b, name: two}\n" + tail).graph
    own = loads(head + "  - {linear: 5, from: b, name: two}\n" + tail).graph
    other, given = renamed(shared, seed=3)
    assert names(shared, other) in (given, {"one": given["one"], "two": given["two"], "sum": given["sum"]})
    assert names(shared, own) == {"one": "one", "two": "two", "sum": "sum"}
