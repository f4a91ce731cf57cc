"""The assembler: names, types, parameters, sharing, patterns, and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest

import graphnet.ops  # noqa: F401 - registers the operators
from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.source import SourceSpan
from graphnet.core.types import TensorType
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.problems import diagnose
from graphnet.frontend.settings import read_definition
from graphnet.ir.definitions import INITIALISERS, METRICS
from graphnet.ir.graph import Node, Scope, Value
from graphnet.ir.operator import REGISTRY

SPAN = SourceSpan("net.yaml", 3, 5, 3, 9)


def make(operator: str, **attributes: Any) -> Any:
    return REGISTRY[operator](**attributes)


def image(assembler: Assembler, *shape: int) -> Value:
    return assembler.input("image", TensorType.batched(*(shape or (5, 7, 11))))


def linear(assembler: Assembler, x: Value, units: int, name: str, **options: Any) -> Node:
    return assembler.apply(make("linear", out_features=units), [x], name=name, **options)


def test_paths_are_scopes_and_name() -> None:
    a = Assembler("net")
    x = image(a)
    scope = (Scope("layer1"), Scope("0", "basic_block"))
    node = a.apply(make("conv2d", out_channels=13, kernel_size=3), [x], name="conv1", scope=scope, span=SPAN)
    graph = a.finish()
    assert node.name == "layer1.0.conv1"
    assert [p.path for p in graph.parameters] == ["layer1.0.conv1.weight", "layer1.0.conv1.bias"]
    assert [p.value.type.shape for p in graph.parameters] == [(13, 5, 3, 3), (13,)]
    assert graph.nodes[0].span is SPAN
    assert graph.parameters[0].span is SPAN
    assert graph.nodes[0].scope == scope
    assert node.operands == 1
    assert [v.name for v in node.inputs] == ["image", "layer1.0.conv1.weight", "layer1.0.conv1.bias"]


def test_the_last_layer_is_the_output_where_none_is_declared() -> None:
    a = Assembler("net")
    x = image(a, 5)
    h = linear(a, x, 7, "hidden").outputs[0]
    y = linear(a, h, 3, "scores").outputs[0]
    a.loss(make("mse"), [y, a.target("t", y.type)], name="error")
    assert a.finish().outputs == {"scores": y}
    a.output("features", h)
    assert a.finish().outputs == {"features": h}


def test_parameters_buffers_and_counters_have_roles_and_types() -> None:
    a = Assembler("net")
    a.apply(make("batch_norm"), [image(a)], name="bn")
    found = {p.path: (p.value.role, p.value.type.dtype, p.trainable) for p in a.finish().parameters}
    assert found == {
        "bn.weight": ("parameter", "float", True),
        "bn.bias": ("parameter", "float", True),
        "bn.running_mean": ("buffer", "float", False),
        "bn.running_var": ("buffer", "float", False),
        "bn.num_batches_tracked": ("buffer", "int64", False),
    }


@pytest.mark.parametrize("name", ["", "a.b", "a b", "x*", "x$y", "n:1", "n/1"])
def test_names_that_mean_something_else_are_refused(name: str) -> None:
    a = Assembler("net")
    with pytest.raises(AttributeProblem, match="cannot have this name"):
        linear(a, image(a, 5), 3, name)


def test_a_name_stands_for_one_thing() -> None:
    a = Assembler("net")
    x = image(a, 5)
    linear(a, x, 3, "fc")
    linear(a, x, 3, "deep", scope=(Scope("tower"),))
    for name, scope, taken in [
        ("fc", (), "a layer has it"),
        ("image", (), "an input has it"),
        ("tower", (), "a scope has it"),
        ("inner", (Scope("fc"),), "cannot stand in the scope 'fc'"),
    ]:
        with pytest.raises(AttributeProblem, match=taken):
            linear(a, x, 3, name, scope=scope)
    with pytest.raises(AttributeProblem, match="a layer has it"):
        a.target("fc", x.type)
    with pytest.raises(AttributeProblem, match="an input has it"):
        a.input("image", x.type)
    assert list(a.nodes) == ["fc", "tower.deep"]
    assert list(a.parameters) == ["fc.weight", "fc.bias", "tower.deep.weight", "tower.deep.bias"]


def test_a_problem_names_the_layer_and_its_operand() -> None:
    a = Assembler("net")
    with pytest.raises(AttributeProblem) as caught:
        linear(a, image(a), 3, "fc", scope=(Scope("head"),))
    diagnostic = diagnose(caught.value, span=SPAN, lines=("  - linear: 3",), at="layers[0]")
    assert str(diagnostic) == (
        "net.yaml:3:5: error[rank]: linear 'head.fc' cannot consume 'image'\n"
        "    3 |   - linear: 3\n"
        "      |     ^^^^\n"
        "  at:       layers[0]\n"
        "  expected: a value of rank 2 (N, features)\n"
        "  found:    (N, 5, 7, 11)\n"
        "  hint:     put `- flatten` before it"
    )


@pytest.mark.parametrize(("operator", "count", "wanted"), [("relu", 2, "one value"), ("add", 1, "two or more")])
def test_the_number_of_operands_is_checked(operator: str, count: int, wanted: str) -> None:
    a = Assembler("net")
    with pytest.raises(AttributeProblem, match="cannot take") as caught:
        a.apply(make(operator), [image(a)] * count, name="op")
    assert wanted in str(caught.value.expected)


# -- sharing -----------------------------------------------------------------------------------------------------------


def test_a_shared_layer_uses_the_same_values() -> None:
    a = Assembler("net")
    first = linear(a, image(a, 5), 5, "cell", frozen=True)
    second = linear(a, first.outputs[0], 5, "again", shared=first)
    assert second.parameters == first.parameters
    assert second.frozen
    assert [p.path for p in a.finish().parameters] == ["cell.weight", "cell.bias"]


def test_sharing_refuses_other_shapes_parameters_and_inits() -> None:
    a = Assembler("net")
    x = image(a, 5)
    first = linear(a, x, 7, "cell")
    with pytest.raises(AttributeProblem, match="'weight' would have another shape") as caught:
        linear(a, first.outputs[0], 7, "again", shared=first)
    assert (caught.value.expected, caught.value.found) == ("(7, 7)", "(7, 5) in 'cell'")
    with pytest.raises(AttributeProblem, match="only one of them has a parameter 'bias'"):
        a.apply(make("linear", out_features=7, bias=False), [x], name="again", shared=first)
    zeros = read_definition(INITIALISERS, "zeros", "test")
    with pytest.raises(AttributeProblem, match="cannot have its own `init`"):
        linear(a, x, 7, "again", shared=first, init={"weight": zeros})
    assert list(a.nodes) == ["cell"]


# -- patterns ----------------------------------------------------------------------------------------------------------


def two_towers() -> Assembler:
    a = Assembler("net")
    x = image(a, 5)
    for tower in ("left", "right"):
        h = linear(a, x, 5, "fc", scope=(Scope(tower),)).outputs[0]
        x = a.apply(make("batch_norm"), [h], name="bn", scope=(Scope(tower),)).outputs[0]
    linear(a, x, 3, "head")
    return a


def test_frozen_patterns_freeze_parameters_statistics_and_layers() -> None:
    a = two_towers()
    a.freeze("left.*")
    a.freeze(["right.bn.weight"])
    graph = a.finish()
    assert [p.path for p in graph.parameters if p.spec.trainable and not p.trainable] == [
        "left.fc.weight", "left.fc.bias", "left.bn.weight", "left.bn.bias", "right.bn.weight",
    ]  # fmt: skip
    assert {node.name: node.frozen for node in graph.nodes} == {
        "left.fc": True, "left.bn": True, "right.fc": False, "right.bn": False, "head": False,
    }  # fmt: skip
    assert graph.parameter("left.bn.running_mean").value.frozen
    assert not graph.parameter("right.bn.running_mean").value.frozen
    known = {*graph.inputs, *(p.value for p in graph.parameters), *(v for node in graph.nodes for v in node.outputs)}
    assert all(value in known for node in graph.nodes for value in node.inputs)


def test_a_layer_with_only_frozen_statistics_is_frozen() -> None:
    a = Assembler("net")
    a.apply(make("batch_norm", affine=False), [image(a)], name="bn")
    a.freeze("bn.*")
    assert a.finish().nodes[0].frozen


def test_frozen_means_nothing_without_parameters() -> None:
    a = Assembler("net")
    assert not a.apply(make("dropout", p=0.5), [image(a)], name="drop", frozen=True).frozen


def test_freezing_keeps_losses_outputs_and_metrics_together() -> None:
    a = two_towers()
    head = a.nodes["head"].outputs[0]
    label = a.target("label", make("cross_entropy").target(head.type))
    a.loss(make("cross_entropy"), [head, label], name="ce")
    a.metric(METRICS["accuracy"](), [head, label], name="accuracy")
    a.output("scores", head)
    a.freeze("left.*")
    graph = a.finish()
    made = {node.name: node for node in graph.nodes}
    assert graph.outputs["scores"] is made["head"].outputs[0]
    assert graph.losses[0].value is made["ce"].outputs[0]
    assert graph.metrics[0].values == (made["head"].outputs[0], graph.targets[0])


def test_a_layers_own_init_goes_before_patterns_and_the_last_pattern_wins() -> None:
    a = Assembler("net")
    x = image(a, 5)
    given = ("ones", "zeros", {"normal": {"std": 2.0}})
    ones, zeros, normal = (read_definition(INITIALISERS, one, "test") for one in given)
    linear(a, x, 3, "own", init={"weight": ones})
    linear(a, x, 3, "other")
    a.init({"*.weight": zeros, "other.*": normal})
    a.apply(make("add"), [n.outputs[0] for n in a.nodes.values()], name="sum")
    inits = {p.path: p.spec.init for p in a.finish().parameters}
    assert {path: init.name for path, init in inits.items()} == {
        "own.weight": "ones", "own.bias": "uniform", "other.weight": "normal", "other.bias": "normal",
    }  # fmt: skip
    assert inits["other.weight"].settings["std"] == 2.0


def test_an_init_for_no_parameter_is_refused() -> None:
    a = Assembler("net")
    zeros = read_definition(INITIALISERS, "zeros", "test")
    with pytest.raises(AttributeProblem, match="has no parameter 'weigth'") as caught:
        linear(a, image(a, 5), 3, "fc", init={"weigth": zeros})
    assert caught.value.hint == "did you mean `weight`?"


def test_an_init_that_does_not_suit_the_shape_is_refused() -> None:
    a = Assembler("net")
    filters = read_definition(INITIALISERS, [[1, 2], [3, 4]], "test")
    with pytest.raises(AttributeProblem, match="linear 'fc', 'weight': the constant does not fit"):
        linear(a, image(a, 5), 3, "fc", init={"weight": filters})
    linear(a, a.inputs["image"], 2, "fc")
    with pytest.raises(AttributeProblem, match=r"'fc\.weight': the constant does not fit") as caught:
        a.init({"*.weight": filters})
    assert caught.value.found == "lists for (2, 2)"


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [("left", "did you mean `left.*`?"), ("head.weigth", "did you mean `head.weight`?"), ("none", None)],
)
def test_a_pattern_that_matches_nothing_is_refused(pattern: str, hint: str | None) -> None:
    with pytest.raises(AttributeProblem, match=f"the pattern '{pattern}' matches no parameter") as caught:
        two_towers().freeze(pattern)
    assert caught.value.hint == hint


# -- losses ------------------------------------------------------------------------------------------------------------


def test_terms_share_a_target_of_one_type() -> None:
    a = Assembler("net")
    y = linear(a, image(a, 5), 3, "fc").outputs[0]
    target = a.target("t", y.type)
    assert a.target("t", y.type) is target
    with pytest.raises(AttributeProblem, match="cannot have two types"):
        a.target("t", TensorType.batched(dtype="int32"))
    a.loss(make("mse"), [y, target], name="error", weight=0.25)
    a.loss(make("squared_error"), [y, target], name="sum")
    graph = a.finish()
    assert [(t.name, t.weight, t.value.type.shape) for t in graph.losses] == [("error", 0.25, ()), ("sum", 1.0, ())]
    assert graph.targets == (target,)


def test_a_regulariser_reads_the_parameters_that_match() -> None:
    a = two_towers()
    term = a.regulariser(make("l2"), "*.bn.*", name="decay", weight=5e-4)
    node = term.value.producer
    assert node is not None
    assert [v.name for v in node.inputs] == ["left.bn.weight", "left.bn.bias", "right.bn.weight", "right.bn.bias"]
    assert a.patterns == {"decay": ("*.bn.*",)}


def test_a_loss_is_a_loss_and_a_layer_a_layer() -> None:
    a = two_towers()
    head = a.nodes["head"].outputs[0]
    with pytest.raises(AttributeProblem, match="relu is no loss"):
        a.loss(make("relu"), [head], name="oops")
    with pytest.raises(AttributeProblem, match="mse is no regulariser"):
        a.regulariser(make("mse"), "*", name="oops")
    for weight in (math.nan, math.inf):
        with pytest.raises(AttributeProblem, match="no finite number"):
            a.regulariser(make("l1"), "*", name="oops", weight=weight)


def test_a_metric_checks_its_values() -> None:
    a = two_towers()
    head = a.nodes["head"].outputs[0]
    with pytest.raises(AttributeProblem, match="accuracy"):
        a.metric(METRICS["accuracy"](), [head, a.target("t", TensorType.batched(2, 2))], name="accuracy")


def test_an_empty_network_is_refused() -> None:
    a = Assembler("nothing")
    image(a)
    with pytest.raises(AttributeProblem, match="network 'nothing' has no layers"):
        a.finish()
