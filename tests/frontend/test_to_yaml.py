"""Networks written down as specs, and read again."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.core.diagnostics import SpecError
from graphnet.ir.graph import Graph

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.yaml"))


def skeleton(graph: Graph) -> Any:
    """The graph as networkx sees it, with all that must be equal on nodes and edges."""
    found: Any = nx.MultiDiGraph()
    for value in (*graph.inputs, *graph.targets):
        found.add_node(value.name, about=(value.role, value.type))
    parameters = {p.value: (p.path, p.value.type, p.trainable, p.value.frozen, p.spec) for p in graph.parameters}
    for node in graph.nodes:
        types = tuple(value.type for value in node.outputs)
        found.add_node(node.name, about=(node.name, node.op, types, node.frozen))
        for place, value in enumerate(node.inputs):
            if value in parameters:
                found.add_node(value.name, about=parameters[value])
            found.add_edge(value.name.partition(":")[0], node.name, place=place)
    return found


def assert_equal(left: gn.Network, right: gn.Network) -> None:
    """Equal graphs, with equal names, paths, operators, attributes, types, wiring, results and settings."""
    a, b = left.graph, right.graph

    assert nx.utils.graphs_equal(skeleton(a), skeleton(b))
    assert [p.path for p in a.parameters] == [p.path for p in b.parameters]
    assert {n: v.name for n, v in a.outputs.items()} == {n: v.name for n, v in b.outputs.items()}
    assert [(t.name, t.value.name, t.weight) for t in a.losses] == [(t.name, t.value.name, t.weight) for t in b.losses]
    metrics = [[(m.name, m.definition, [v.name for v in m.values]) for m in g.metrics] for g in (a, b)]
    assert metrics[0] == metrics[1]
    assert (left.name, left.doc, left.train) == (right.name, right.doc, right.train)


def round_trip(net: gn.Network) -> str:
    """The text of a network, after seeing that it means the network and is written the same again."""
    text = net.to_yaml()
    again = gn.loads(text)
    assert_equal(net, again)
    assert again.to_yaml() == text
    return text


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_loaded_specs(path: Path) -> None:
    round_trip(gn.load(path))


def test_a_residual_network_keeps_its_blocks() -> None:
    text = round_trip(gn.load(next(p for p in SPECS if p.stem == "resnet18")))
    assert "  - name: layer1\n    sequential:\n      - basic_block\n      - basic_block\n" in text
    assert "name: downsample, from: input}" in text


def test_the_text_reads_like_a_spec() -> None:
    net = gn.Network("tiny", doc="Every kind of entry, once.")
    x = net.input("image", (3, 32, 32))
    tokens = net.input("tokens", (7,), dtype="int32")
    with net.scope("stem"):
        x = gn.relu(gn.conv2d(x, 16, kernel_size=3, padding=1, bias=False, name="conv1"))
        skip = gn.max_pool2d(x, 2)
    x = gn.conv2d(skip, 16, kernel_size=(3, 5), padding="same", init={"bias": 0.5}, freeze=True)
    x = gn.global_avg_pool2d(gn.concat(x + skip, skip))
    logits = gn.linear(x, 10, name="fc")
    net.output("logits", logits)
    net.output("features", x)
    net.loss(gn.cross_entropy(logits, "label", label_smoothing=0.1))
    net.loss(gn.l2("*.weight"), weight=5e-4)
    net.metric("accuracy", logits, "label", threshold=0.0)
    net.freeze("stem.*")
    assert tokens.shape == ("N", 7)
    assert round_trip(net) == dedent("""\
        graphnet: 1
        name: tiny
        doc: Every kind of entry, once.
        inputs: {image: [3, 32, 32], tokens: {shape: [7], dtype: int32}}

        layers:
          - name: stem
            freeze: true
            sequential:
              - {conv2d: {out_channels: 16, kernel_size: 3, padding: 1, bias: false}, name: conv1, from: image}
              - {relu, name: relu1}
              - {max_pool2d: 2, name: max_pool2d1}
          - conv2d: {out_channels: 16, kernel_size: [3, 5], padding: same}
            init: {bias: {constant: 0.5}}
            freeze: true
          - {add, from: [conv2d1, stem.max_pool2d1]}
          - {concat, from: [add1, stem.max_pool2d1]}
          - global_avg_pool2d
          - {linear: 10, name: fc}

        outputs: {logits: fc, features: global_avg_pool2d1}

        loss:
          - {cross_entropy: {target: label, label_smoothing: 0.1}, from: fc}
          - {l2: "*.weight", weight: 0.0005}
        metrics:
          - {accuracy: {threshold: 0.0}, from: fc}
        """)


def test_augmentations_are_written_as_they_are_read() -> None:
    net = gn.loads("""
graphnet: 1
name: cifar
params: {pad: 3}
inputs: {image: [3, 8, 8]}
layers: [flatten, {linear: 10, name: fc}]
loss: [cross_entropy: label]
train:
  data: {cifar10: {path: files}}
  test: {cifar10: {path: files, split: test}}
  augment:
    - {random_crop: $pad}
    - random_crop: {padding: [1, 2], fill: 0.5}
    - random_horizontal_flip
    - {random_rotation: 15}
    - normalize: {mean: [0.5, 0.4, 0.3], std: 0.2}
""")
    text = round_trip(net)
    assert text.endswith("""
train:
  data: {cifar10: files}
  augment:
    - random_crop: 3
    - random_crop: {padding: [1, 2], fill: 0.5}
    - random_horizontal_flip
    - random_rotation: 15.0
    - normalize: {mean: [0.5, 0.4, 0.3], std: 0.2}
  test: {cifar10: {path: files, split: test}}
""")
    views = gn.loads(
        "graphnet: 1\nname: views\ninputs: {a: [3, 8, 8], b: [3, 8, 8]}\nlayers: [{add, from: [a, b]}]\n"
        "train: {augment: {two_views: [random_crop, {cutout: 3}]}}\n"
    )
    assert round_trip(views).endswith("    - two_views:\n        - random_crop\n        - cutout: 3\n")


def test_equal_scopes_become_one_block_where_names_would_hide_others() -> None:
    net = gn.Network("tower")
    x = gn.conv2d(net.input("image", (5, 7, 11)), 5, kernel_size=1, name="conv")
    for k in range(3):
        with net.scope(f"stage{k}"):
            x = gn.relu(gn.conv2d(x, 5, kernel_size=3, padding=1, name="conv")) + x
    text = round_trip(net)
    assert text.count("kernel_size: 3") == 1
    assert "- {stage0, name: stage2}" in text


def test_a_block_gives_what_is_read_of_it() -> None:
    net = gn.Network("skips")
    image, mask = net.input("image", (5, 7, 11)), net.input("mask", (5, 7, 11))
    x = gn.relu(image * mask, name="relu")
    with net.scope("encoder"):
        first = gn.relu(x * mask, name="relu")
        with net.scope("deep"):
            second = gn.tanh(first, name="relu")
        third = gn.sigmoid(second)
    net.output("sum", gn.add(first, second, third, x))
    text = round_trip(net)
    assert "inputs: [x1, x2]" in text
    assert "from: [encoder, encoder.relu, encoder.deep_relu" in text or "encoder.deep" in text


def test_shared_layers_and_scopes() -> None:
    net = gn.Network("siamese")
    left, right = net.input("left", (5,)), net.input("right", (5,))
    with net.scope("encoder", freeze=True):
        h = gn.relu(gn.linear(left, 5, name="fc", init={"weight": {"normal": {"std": 0.01}}}))
        h = gn.batch_norm(gn.linear(h, 3))
    other = gn.share("encoder", right, name="twin")
    cell = gn.linear(h + other, 3, name="cell")
    gn.share(cell, gn.tanh(gn.share(cell, cell)), name="last")
    text = round_trip(net)
    assert "- {share: encoder, name: twin, from: right}" in text
    assert text.count("share: cell") == 2


def test_frozen_parameters_and_inits_of_all_kinds() -> None:
    net = gn.Network("frozen")
    x = net.input("x", (5,))
    with net.scope("a"):
        x = gn.batch_norm(gn.linear(x, 7))
    x = gn.linear(x, 2, name="b", init={"weight": "xavier_normal", "bias": [1, -2]})
    with net.scope("c", freeze=True):
        x = gn.linear(x, 3)
    net.freeze("a.linear1.weight", "a.batch_norm1.running_mean")
    text = round_trip(net)
    assert 'freeze: ["a.linear1.weight", "a.batch_norm1.running_mean"]' in text or "a.linear1.weight" in text
    assert "init: {weight: xavier_normal, bias: {constant: [1.0, -2.0]}}" in text


def test_targets_that_are_values_and_losses_with_names() -> None:
    net = gn.Network("autoencoder")
    x = net.input("x", (5,))
    code = gn.linear(x, 2, name="code")
    y = gn.linear(code, 5)
    net.loss(gn.mse(y, "x", name="reconstruction"), weight=2)
    net.loss(gn.mse(code, gn.linear(x, 2, name="teacher")))
    net.loss(gn.l1("code.weight", "teacher.*"))
    net.metric("mean_squared_error", y, "x")
    net.output("y", y)
    text = round_trip(net)
    assert "{mse: x, name: reconstruction, weight: 2.0}" in text
    assert 'l1: ["code.weight", "teacher.*"]' in text or "l1: [code.weight" in text


def test_patterns_that_match_more_by_now_become_paths() -> None:
    net = gn.Network("grown")
    x = gn.linear(net.input("x", (5,)), 3, name="first")
    net.loss(gn.l2("*.weight"))
    net.output("y", gn.linear(x, 2, name="second"))
    assert "l2: first.weight" in round_trip(net)


@pytest.mark.parametrize(
    "name", ["no", "1e3", "0", "007", "null", "true", "-x", "ö", "a'b", 'a"b', "a,b", "{a}", "@", "~"]
)
def test_names_that_yaml_would_misread(name: str) -> None:
    net = gn.Network("names")
    x = net.input("x", (5,))
    with net.scope("s"):
        x = gn.relu(x, name=name)
    net.output("y", gn.relu(gn.add(x, gn.tanh(x)), name=name))
    round_trip(net)


@pytest.mark.parametrize(
    "doc", ["a: b", "with # sign", "5e3", "it's $5", "", "x" * 300, "word " * 60, " edges ", "two\nlines"]
)
def test_docs_of_all_kinds(doc: str) -> None:
    net = gn.Network("docs", doc=doc.strip())
    gn.relu(net.input("x", (5,)))
    round_trip(net)


def test_a_scope_that_was_left_too_early_cannot_be_written() -> None:
    net = gn.Network("torn")
    x = net.input("x", (5,))
    with net.scope("a"):
        x = gn.relu(x)
    x = gn.tanh(x)
    with net.scope("a"):
        gn.relu(x)
    with pytest.raises(SpecError, match="need each other, so neither can be written first") as caught:
        net.to_yaml()
    assert caught.value.diagnostics[0].span is not None


def test_a_scope_that_was_left_and_entered_again_is_put_together() -> None:
    net = gn.Network("mended")
    x = net.input("x", (5,))
    with net.scope("a"):
        y = gn.relu(x)
    z = gn.tanh(x)
    with net.scope("a"):
        y = gn.relu(y)
    net.output("y", y + z)
    text = net.to_yaml()
    again = gn.loads(text)
    assert {n.name for n in again.graph.nodes} == {n.name for n in net.graph.nodes}
    assert nx.is_isomorphic(skeleton(net.graph), skeleton(again.graph), node_match=lambda a, b: a == b)


# -- any network -------------------------------------------------------------------------------------------------------


def outer_values(net: gn.Network, scope: str) -> list[Any]:
    """What the layers of a scope read from outside, each once."""
    inside = [node for node in net.graph.nodes if node.name.startswith(f"{scope}.")]
    read = [value.name for node in inside for value in node.inputs[: node.operands] if value.producer not in inside]
    return [net[name] for name in dict.fromkeys(read)]


@st.composite
def networks(draw: st.DrawFn) -> gn.Network:
    """Networks of vectors and images with nested scopes, branches, shared and frozen layers, and losses."""
    net = gn.Network("drawn")
    values = [net.input("x", (5, 3, 3)), *([net.input("y", (5, 3, 3))] if draw(st.booleans()) else [])]
    shares = draw(st.booleans())  # single layers; then no name may stand for two things
    convolutions: list[Any] = []

    def layer() -> None:
        a, b = draw(st.sampled_from(values)), draw(st.sampled_from(values))
        name = f"n{len(values)}" if shares else draw(st.sampled_from([None, None, "conv", "out", "0", "1"]))
        options: dict[str, Any] = {"name": name} if name and net.is_free(name) else {}
        match draw(st.integers(0, 6)):
            case 0:
                start = draw(st.sampled_from([None, {"weight": "zeros"}, {"weight": {"normal": {"std": 0.5}}}]))
                frozen = draw(st.booleans())
                made = gn.conv2d(a, 5, kernel_size=1, bias=draw(st.booleans()), init=start, freeze=frozen, **options)
                convolutions.append(made)
            case 1:
                made = gn.relu(a, **options)
            case 2:
                made = gn.multiply(a, b, a, **options) if shares or draw(st.booleans()) else a + b
            case 3:
                made = gn.batch_norm(a, momentum=draw(st.sampled_from([0.1, 0.25])), **options)
            case 4:
                made = gn.leaky_relu(a, draw(st.sampled_from([0.01, 0.2])), **options)
            case 5 if shares and convolutions:
                made = gn.share(draw(st.sampled_from(convolutions)), a, **options)
            case _:
                made = gn.dropout(a, 0.5, **options)
        values.append(made)

    for k in range(draw(st.integers(1, 4))):
        with net.scope(f"s{k}", freeze=draw(st.integers(0, 3)) == 0):
            for _ in range(draw(st.integers(1, 3))):
                layer()
            if draw(st.booleans()):
                with net.scope(f"inner{k}" if shares else "inner"):
                    layer()
        for _ in range(draw(st.integers(0, 2))):
            layer()
    if draw(st.booleans()):
        net.output("last", gn.flatten(values[-1]))
    if draw(st.booleans()):
        gn.share("s0", *draw(st.permutations(outer_values(net, "s0"))))
    logits = gn.linear(gn.flatten(draw(st.sampled_from(values))), 3)
    net.output("scores", logits)
    net.loss(gn.cross_entropy(logits, "label"), weight=draw(st.sampled_from([1.0, 0.5])))
    net.loss(gn.l2("*.weight"))
    if draw(st.booleans()):
        net.freeze("*.bias")
    return net


@settings(max_examples=60, deadline=None, derandomize=True)
@given(networks())
def test_any_network_survives(net: gn.Network) -> None:
    round_trip(net)


def test_parameters_may_have_dots_in_their_names() -> None:
    net = gn.Network("dotted")
    x = gn.attention(net.input("x", (5, 6)), 2, name="attn", freeze=True, init={"out_proj.weight": "zeros"})
    net.share("attn", x, name="again")
    text = round_trip(net)
    assert "  - {attention: 2, name: attn, init: {out_proj.weight: zeros}, freeze: true}\n" in text
    assert "  - {share: attn, name: again}\n" in text
