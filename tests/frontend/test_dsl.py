"""Networks in Python: the functions made from the registry, tensors, scopes, sharing, and messages with the call."""

from __future__ import annotations

import inspect
import linecache
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
import graphnet.ops
from graphnet.core.diagnostics import SpecError
from graphnet.ir.definitions import METRICS
from graphnet.ir.operator import REGISTRY

LAYERS = sorted(name for name, op in REGISTRY.items() if op.kind == "layer")


@pytest.fixture
def net() -> gn.Network:
    return gn.Network("tiny")


@pytest.fixture
def image(net: gn.Network) -> Any:
    return net.input("image", (5, 7, 11))


def refused(call: Callable[[], Any]) -> SpecError:
    """The error of a call, which must show this file's line with a caret."""
    with pytest.raises(SpecError) as caught:
        call()
    for diagnostic in caught.value.diagnostics:
        assert diagnostic.span is not None
        assert diagnostic.span.file.endswith("test_dsl.py")
        line = linecache.getline(__file__, diagnostic.span.line)
        assert diagnostic.lines[0] == line.rstrip("\n")
        assert "^" in str(diagnostic)
    return caught.value


def test_the_example_of_the_language() -> None:
    def basic_block(x: Any, channels: int, stride: int = 1) -> Any:
        y = gn.conv2d(x, channels, kernel_size=3, stride=stride, padding=1, bias=False)
        y = gn.relu(gn.batch_norm(y))
        return gn.relu(y + x)

    net = gn.Network("tiny")
    x = net.input("image", (3, 32, 32))
    with net.scope("stem"):
        x = gn.relu(gn.conv2d(x, 16, kernel_size=3, padding=1, name="conv1"))
    x = basic_block(x, 16)
    logits = gn.linear(gn.global_avg_pool2d(x), 10, name="fc")
    net.output("logits", logits)
    net.loss(gn.cross_entropy(logits, "label"))
    graph = net.graph
    assert [node.name for node in graph.nodes] == [
        "stem.conv1", "stem.relu1", "conv2d1", "batch_norm1", "relu1", "add1", "relu2", "global_avg_pool2d1", "fc",
        "cross_entropy1",
    ]  # fmt: skip
    assert [p.path for p in graph.parameters if p.trainable] == [
        "stem.conv1.weight", "stem.conv1.bias", "conv2d1.weight", "batch_norm1.weight", "batch_norm1.bias", "fc.weight",
        "fc.bias",
    ]  # fmt: skip
    assert {name: value.name for name, value in graph.outputs.items()} == {"logits": "fc"}
    assert [(t.name, str(t.type)) for t in graph.targets] == [("label", "(N,) int32")]


# -- the functions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_every_operator_has_a_function_with_its_attributes(name: str) -> None:
    function = getattr(gn, name)
    signature = inspect.signature(function)
    definition = REGISTRY[name]
    attributes = {f.name for f in definition.__dataclass_fields__.values()}  # type: ignore[attr-defined]
    assert attributes <= set(signature.parameters)
    assert function.__name__ == name
    assert function is getattr(gn, name)
    documented = inspect.getdoc(function)
    assert documented is not None
    for attribute in attributes:
        assert f"    {attribute}: " in documented


def test_signatures_show_defaults_and_what_is_positional() -> None:
    assert str(inspect.signature(gn.leaky_relu)).startswith("(x, /, negative_slope=0.01, *, name=None)")
    conv = inspect.signature(gn.conv2d).parameters
    assert list(conv)[:3] == ["x", "out_channels", "kernel_size"]
    assert conv["out_channels"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert conv["kernel_size"].kind is inspect.Parameter.KEYWORD_ONLY
    assert conv["kernel_size"].default is inspect.Parameter.empty
    assert [*conv][-3:] == ["name", "init", "freeze"]
    assert str(inspect.signature(gn.add)).startswith("(*operands, name=None)")
    assert list(inspect.signature(gn.cross_entropy).parameters)[:2] == ["x", "target"]


def test_the_package_lists_its_functions() -> None:
    assert {"load", "Network", *LAYERS} <= set(dir(gn))
    with pytest.raises(AttributeError, match=r"no attribute 'conv2b'.*conv2d"):
        _ = gn.conv2b


def test_a_list_of_operands_is_taken_apart(image: Any) -> None:
    joined = gn.concat([image, image, image], axis=2)
    assert joined.shape == ("N", 5, 21, 11)


# -- tensors -----------------------------------------------------------------------------------------------------------


def test_tensors_know_their_extents(net: gn.Network, image: Any) -> None:
    assert (image.channels, image.height, image.width, image.features, image.size) == (5, 7, 11, 11, 385)
    assert image.shape == ("N", 5, 7, 11)
    assert repr(image) == "<image: (N, 5, 7, 11) of network 'tiny'>"
    with pytest.raises(AttributeError, match="no height"):
        _ = net.input("flat", (13,)).height


def test_arithmetic_adds_layers(net: gn.Network, image: Any) -> None:
    other = gn.relu(image)
    for result, operator, operands in [
        (image + other, "add", ["image", "relu1"]),
        (image - other, "subtract", ["image", "relu1"]),
        (image * other, "multiply", ["image", "relu1"]),
        (image / other, "divide", ["image", "relu1"]),
    ]:
        node = result.value.producer
        assert node.op.name == operator
        assert [v.name for v in node.inputs] == operands


def test_numbers_scale(image: Any) -> None:
    x = np.float64(3.0)
    for result, by_hand in [
        (image + 2, x + 2), (2 + image, x + 2), (image - 2, x - 2), (2 - image, 2 - x), (image * 4, x * 4),
        (4 * image, x * 4), (image / 4, x / 4),
    ]:  # fmt: skip
        op = result.value.producer.op
        assert op.factor * x + op.offset == by_hand
    assert (-image).value.producer.op.name == "negative"


def test_arithmetic_that_cannot_be(net: gn.Network, image: Any) -> None:
    assert "has no value" in str(refused(lambda: image / 0))
    assert "cannot be divided" in str(refused(lambda: 1 / image))
    assert "no value of a network" in str(refused(lambda: image + np.ones((5, 7, 11))))
    assert "no value of a network" in str(refused(lambda: np.ones((5, 7, 11)) * image))


# -- names and scopes --------------------------------------------------------------------------------------------------


def test_counted_names_count_named_layers_too(net: gn.Network, image: Any) -> None:
    names = [gn.relu(image).name, gn.relu(image, name="mine").name, gn.relu(image).name]
    with net.scope("inner"):
        names.append(gn.relu(image).name)
    assert names == ["relu1", "mine", "relu3", "inner.relu1"]


def test_a_counted_name_that_is_taken_is_skipped(image: Any) -> None:
    gn.relu(image, name="relu2")
    assert gn.relu(image).name == "relu3"
    gn.tanh(image, name="relu4")
    assert gn.relu(image).name == "relu5"


def test_scopes_end_with_their_block_even_after_an_error(net: gn.Network, image: Any) -> None:
    with pytest.raises(SpecError), net.scope("bad"):
        gn.linear(image, 3)
    assert gn.relu(image).name == "relu1"


def test_a_frozen_scope_freezes_what_is_in_it(net: gn.Network, image: Any) -> None:
    with net.scope("encoder", freeze=True):
        x = gn.batch_norm(gn.conv2d(image, 3, kernel_size=1))
    gn.conv2d(x, 2, kernel_size=1, name="head")
    trained = {p.path for p in net.graph.parameters if p.trainable}
    assert trained == {"head.weight", "head.bias"}
    assert [node.frozen for node in net.graph.nodes] == [True, True, False]


# -- parameters --------------------------------------------------------------------------------------------------------


def test_inits_are_names_numbers_lists_and_mappings(net: gn.Network) -> None:
    x = net.input("x", (2,))
    gn.linear(x, 3, name="a", init={"weight": "zeros", "bias": 0.5})
    gn.linear(x, 3, name="b", init={"weight": {"normal": {"std": 0.01}}, "bias": [1, 2, 3]})
    inits = {p.path: (p.spec.init.name, dict(p.spec.init.settings)) for p in net.graph.parameters}
    assert inits["a.weight"] == ("zeros", {})
    assert inits["a.bias"] == ("constant", {"value": 0.5})
    assert inits["b.weight"] == ("normal", {"mean": 0.0, "std": 0.01, "zero_rows": ()})
    assert inits["b.bias"] == ("constant", {"value": (1.0, 2.0, 3.0)})


def test_patterns_freeze_and_start_parameters(net: gn.Network, image: Any) -> None:
    with net.scope("left"):
        x = gn.conv2d(image, 3, kernel_size=1)
    gn.conv2d(x, 3, kernel_size=1, name="right")
    net.init({"*.weight": "kaiming_normal"})
    net.freeze("left.*")
    graph = net.graph
    assert [p.spec.init.name for p in graph.parameters] == ["kaiming_normal", "uniform"] * 2
    assert [p.trainable for p in graph.parameters] == [False, False, True, True]


# -- sharing -----------------------------------------------------------------------------------------------------------


def test_a_layer_is_shared_by_its_output_or_its_name(net: gn.Network) -> None:
    x = net.input("x", (5,))
    cell = gn.linear(x, 5, name="cell")
    twice = gn.share(cell, gn.tanh(cell))
    thrice = gn.share("cell", twice, name="third")
    assert [twice.name, thrice.name] == ["linear2", "third"]
    assert [p.path for p in net.graph.parameters] == ["cell.weight", "cell.bias"]
    assert thrice.value.producer.parameters == cell.value.producer.parameters


def test_a_scope_is_shared_as_a_whole(net: gn.Network) -> None:
    left, right = net.input("left", (5,)), net.input("right", (5,))
    with net.scope("encoder"):
        with net.scope("deep"):
            h = gn.linear(left, 7)
        h = gn.linear(gn.relu(h), 3, name="out")
    other = gn.share("encoder", right)
    assert other.name == "encoder2.out"
    names = [node.name for node in net.graph.nodes]
    assert names[3:] == ["encoder2.deep.linear1", "encoder2.relu1", "encoder2.out"]
    assert net.graph.nodes[3].inputs[0] is right.value
    assert len(net.graph.parameters) == 4
    assert "one for each value that it reads" in str(refused(lambda: gn.share("encoder", left, right)))
    assert "did you mean `encoder`?" in str(refused(lambda: gn.share("encodr", right)))


# -- losses and metrics ------------------------------------------------------------------------------------------------


def test_losses_make_targets_and_share_them(net: gn.Network) -> None:
    logits = gn.linear(net.input("x", (5,)), 3)
    net.loss(gn.cross_entropy(logits, "label", label_smoothing=0.1))
    net.loss(gn.hinge(logits, "label", margin=2.0, name="svm"), weight=0.5)
    net.loss(gn.l2("*.weight"), weight=5e-4)
    graph = net.graph
    assert [(t.name, t.weight) for t in graph.losses] == [("cross_entropy1", 1.0), ("svm", 0.5), ("l21", 5e-4)]
    assert [t.name for t in graph.targets] == ["label"]
    svm = graph.losses[1].value.producer
    assert svm is not None
    assert svm.op == REGISTRY["hinge"](margin=2.0)


def test_a_target_may_be_a_value_of_the_network(net: gn.Network) -> None:
    x = net.input("x", (5,))
    code = gn.linear(x, 3, name="code")
    net.loss(gn.mse(gn.linear(code, 5), "x"))
    net.loss(gn.mse(gn.linear(x, 3), code, name="match"))
    graph = net.graph
    assert graph.targets == ()
    assert graph.nodes[2].inputs[1] is x.value
    assert graph.nodes[-1].inputs[1] is code.value


def test_metrics_read_the_only_output_and_target_unless_told(net: gn.Network) -> None:
    x = net.input("x", (5,))
    logits = gn.linear(x, 3)
    assert "no target" in str(refused(lambda: net.metric("accuracy")))
    net.loss(gn.cross_entropy(logits, "label"))
    net.metric("accuracy")
    net.metric("accuracy", gn.linear(x, 3), "label", name="other", ignore_index=2)
    first, second = net.graph.metrics
    assert [v.name for v in first.values] == ["linear1", "label"]
    assert [v.name for v in second.values] == ["linear2", "label"]
    assert second.definition == METRICS["accuracy"](ignore_index=2)
    assert "did you mean `label`?" in str(refused(lambda: net.metric("accuracy", logits, "lable")))
    assert "did you mean `accuracy`?" in str(refused(lambda: net.metric("acuracy")))


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_all_mistakes_of_a_call_are_told(image: Any) -> None:
    error = refused(lambda: gn.conv2d(image, 0, kernel=3, bias="no"))
    assert {d.code for d in error.diagnostics} == {"unknown-attribute", "missing-attribute", "value"}
    assert "did you mean `kernel_size`?" in str(error)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: gn.linear(x, 3), "cannot consume 'image'"),
        (lambda x: gn.linear(3, 3), "linear needs a value of a network"),
        (lambda x: gn.conv2d(x, 3, 5), "conv2d was given too many values without names"),
        (lambda x: gn.conv2d(x, 3, out_channels=3, kernel_size=1), "was given `out_channels` twice"),
        (lambda x: gn.relu(x, name="a.b"), "cannot have this name"),
        (lambda x: gn.relu(x, alpha=3), "has no attribute 'alpha'"),
        (lambda x: gn.cross_entropy(x), "needs a target"),
        (lambda x: gn.cross_entropy(x, 3), "needs a target"),
        (lambda x: gn.l2(), "l2 needs patterns"),
        (lambda x: x.network.loss(x), "this is no loss"),
        (lambda x: x.network.loss(gn.l2("*.weight")), "matches no parameter"),
        (lambda x: x.network.apply("relux", x), "there is no operator 'relux'"),
        (lambda x: x.network.apply("mse", x), "mse is no layer"),
        (lambda x: x.network.input("y", (3, 0)), "cannot have this shape"),
        (lambda x: x.network.output("y", 3), "is no value of a network"),
        (lambda x: x.network.init({"*": "zeross"}), "there is no initialiser 'zeross'"),
        (lambda x: gn.linear(gn.flatten(x), 3, init={"weight": {"normal": {"sdt": 1}}}), "has no attribute 'sdt'"),
        (lambda x: gn.linear(gn.flatten(x), 3, init="zeros"), "`init` must say which parameters"),
        (lambda x: gn.relu(x, name=3), "relu cannot have this name"),
        (lambda x: x.network.input("y", (3,), "int8"), "cannot have this element type"),
        (lambda x: x.network.freeze(), "freeze needs patterns"),
        (lambda x: x.network.scope("a.b"), "scope 'a.b' cannot have this name"),
        (lambda x: x.network.loss(gn.mse(x, "t"), weight="much"), "the weight of loss 'mse1' is no finite number"),
        (lambda x: x.network.metric("accuracy", 3, "t"), "operand 1 of accuracy is no value of a network"),
        (lambda x: gn.share(3, x), "cannot share '3'"),
    ],
)
def test_mistakes_show_the_call(image: Any, call: Callable[[Any], Any], message: str) -> None:
    assert message in str(refused(lambda: call(image)))


def test_hints_speak_python(image: Any) -> None:
    assert "hint:     put `gn.flatten(...)` before it" in str(refused(lambda: gn.linear(image, 3)))


def test_networks_do_not_mix(image: Any) -> None:
    other = gn.Network("other").input("x", (5, 7, 11))
    assert "a value of another network" in str(refused(lambda: image + other))


def test_the_caret_stands_under_the_call_and_counts_characters(net: gn.Network, image: Any) -> None:
    error = refused(lambda: ("äöü", gn.linear(image, 3)))
    (diagnostic,) = error.diagnostics
    text = str(diagnostic).splitlines()
    start, end = text[2].index("^"), text[2].rindex("^") + 1
    assert text[1][start:end] == "gn.linear(image, 3)"


def test_nodes_carry_the_line_of_their_call(net: gn.Network, image: Any) -> None:
    here = inspect.currentframe()
    assert here is not None
    line = here.f_lineno + 1
    x = gn.relu(image)
    assert net.graph.nodes[0].span is not None
    assert net.graph.nodes[0].span.line == line
    assert x.value.producer.span.short == f"test_dsl.py:{line}"
