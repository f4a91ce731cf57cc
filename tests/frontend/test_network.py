"""Networks: what is known of them, however they came to be."""

from __future__ import annotations

from pathlib import Path

import pytest

import graphnet as gn
from graphnet.core.diagnostics import SpecError
from graphnet.frontend.network import Network as PlainNetwork

SPECS = Path(__file__).parents[2] / "specs"


@pytest.fixture
def net() -> gn.Network:
    net = gn.Network("small", doc="Two layers.")
    x = gn.relu(gn.linear(net.input("x", (5,)), 7, name="hidden"))
    net.output("y", gn.linear(x, 3, name="out"))
    return net


@pytest.mark.parametrize(
    ("name", "params", "parameters", "operator"),
    [
        ("basics/linear_classifier", {"loss": "hinge", "decay": 0.1}, 30_730, "hinge"),
        (
            "basics/mlp",
            {"features": 2, "hidden": [6, 2], "classes": 2},
            2 * 6 + 6 + 6 * 2 + 2 + 2 * 2 + 2,
            "cross_entropy",
        ),
        ("digits", {"width": 8}, 8 * 9 + 16 + 8 * 16 * 9 + 32 + 16 * 16 * 9 + 32 + 64 * 10 + 10, "cross_entropy"),
        ("basics/perceptron", {"units": 11}, 401 * 11 + 12, "perceptron"),
    ],
)
def test_params_change_specs(name: str, params: dict[str, object], parameters: int, operator: str) -> None:
    net = gn.load(SPECS / f"{name}.yaml", **params)
    assert net.summary().cost.parameters == parameters
    assert params.items() <= net.params.items()
    loss = net.graph.losses[0].value.producer
    assert loss is not None
    assert loss.op.name == operator


def test_a_family_without_its_classifier() -> None:
    net = gn.load(SPECS / "resnet/resnet18.yaml", classes=0, size=64)
    assert {name: value.type.sample_shape for name, value in net.graph.outputs.items()} == {"embedding": (512,)}
    assert net.graph.losses == ()
    assert net.graph.metrics == ()


def test_a_network_can_be_asked_for_its_values(net: gn.Network) -> None:
    assert net["hidden"].shape == ("N", 7)
    assert net["x"].name == "x"
    with pytest.raises(KeyError, match="did you mean 'hidden'"):
        net["hiden"]


def test_a_loaded_network_can_be_continued_in_python() -> None:
    net = gn.load(SPECS / "lenet/lenet5.yaml")
    before = net.graph
    with net.scope("extra"):
        aside = gn.linear(net["flatten1"], 3, name="head")
    net.output("aside", aside)
    net.loss(gn.l2("extra.*"), weight=0.1)
    assert {"logits", "aside"} == set(net.graph.outputs)
    assert [term.name for term in net.graph.losses] == ["cross_entropy1", "l21"]
    assert len(before.nodes) + 2 == len(net.graph.nodes)


def test_the_graph_grows_with_the_network(net: gn.Network) -> None:
    before = net.graph
    assert net.graph is before
    gn.tanh(net["out"], name="more")
    assert [node.name for node in net.graph.nodes][-1] == "more"
    assert before.nodes == net.graph.nodes[:-1]


def test_warnings_show_their_lines(net: gn.Network) -> None:
    assert net.warnings == ()
    gn.softmax(net["out"], name="probabilities")
    net.loss(gn.cross_entropy(net["probabilities"], "label", name="first"))
    net.loss(gn.cross_entropy(net["probabilities"], "label"))
    net.input("unused", (3,))
    gn.tanh(net["x"], name="dead")
    texts = [str(warning) for warning in net.warnings]
    assert [warning.severity for warning in net.warnings] == ["warning"] * 5
    for said in (
        "losses 'first' and 'cross_entropy2' both judge 'probabilities'",
        "cross_entropy 'first' expects logits, and reads softmax 'probabilities'",
        "nothing reads input 'unused'",
        "nothing reads tanh 'dead'",
    ):
        (text,) = [text for text in texts if said in text]
        assert "test_network.py" in text
        assert "^" in text


def test_windows_that_leave_pixels_unread_are_suspicious() -> None:
    net = gn.Network("strides")
    gn.conv2d(net.input("image", (5, 7, 7)), 3, kernel_size=3, stride=3)
    assert any("stride 3 leaves 1 of height 7 unread" in w.message for w in net.warnings)


def test_a_summary_is_a_table(net: gn.Network) -> None:
    table = str(net.summary())
    assert "hidden" in table
    assert "66" in table
    assert "66 for one sample" not in table  # 5 * 7 + 7 * 3 multiply-adds are not 66 parameters
    assert "56 for one sample" in table


def test_a_network_prints_its_graph(net: gn.Network) -> None:
    assert str(net).startswith("graph small(x: (N, 5))")
    assert repr(net) == "<Network 'small' of 3 nodes>"


@pytest.mark.parametrize("name", ["", "two words", "a/b", ".hidden", 3])
def test_names_of_networks_are_parts_of_file_names(name: str) -> None:
    with pytest.raises(SpecError, match="a network cannot be called"):
        gn.Network(name)


def test_an_empty_network_is_refused_where_its_graph_is_wanted() -> None:
    net = gn.Network("nothing")
    with pytest.raises(SpecError, match="network 'nothing' has no layers") as caught:
        _ = net.graph
    assert caught.value.diagnostics[0].span is not None


def test_no_output_is_called_loss(net: gn.Network) -> None:
    with pytest.raises(SpecError, match="an output cannot be called 'loss'"):
        net.output("loss", net["out"])


def test_the_public_network_is_the_front_ends_with_drawings(net: gn.Network, tmp_path: Path) -> None:
    assert issubclass(gn.Network, PlainNetwork)
    for stage in ("graph", "fused", "memory"):
        path = net.render(tmp_path / f"{stage}.dot", stage=stage, batch_size=11)
        assert path.read_text().startswith("digraph")
    with pytest.raises(SpecError, match="has no loss"):
        net.render(tmp_path / "training.dot", stage="training")
    net.loss(gn.mse(net["out"], "t"))
    assert "hidden" in net.render(tmp_path / "training.dot", stage="training").read_text()
    with pytest.raises(SpecError, match="did you mean 'graph'"):
        net.render(tmp_path / "x.svg", stage="grpah")
    with pytest.raises(SpecError, match="cannot draw into"):
        net.render(tmp_path / "x.bmp")
