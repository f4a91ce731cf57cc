"""What distinguishes two networks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from graphnet.analysis.comparison import compare
from graphnet.analysis.difference import Difference
from graphnet.analysis.summary import MemoryFigures
from graphnet.frontend.loader import loads

SPEC = """graphnet: 1
name: net
inputs: {image: [3, 17, 13], size: [2]}
layers:
  - {conv2d: {out_channels: 5, kernel_size: 3}, name: conv, from: image}
  - {batch_norm, name: bn}
  - {relu, name: act}
  - {global_avg_pool2d, name: pool}
  - {concat, from: [pool, size], name: both}
  - {linear: 7, name: fc}
loss:
  - {cross_entropy: label, from: fc, name: main}
  - {l2: "*.weight", weight: 0.1, name: decay}
metrics: [{accuracy, from: fc}]
"""
BOUNDS = f"uniform: {{low: {-(7**-0.5)}, high: {7**-0.5}}}"
"""How a bias starts in a linear layer of 7 inputs."""


def difference(old: str = "", new: str = "", spec: str = SPEC) -> Difference:
    """Between the spec and the spec with some text replaced."""
    assert old in spec
    return compare(loads(spec).graph, loads(spec.replace(old, new, 1)).graph)


def told(found: Difference) -> dict[str, dict[str, Any]]:
    """For each changed node what is said about it."""
    facts = ("operator", "attributes", "shape", "reads", "weights_of", "starts", "frozen", "weight")
    return {
        change.b.name: {name: fact for name in facts if (fact := getattr(change, name))} for change in found.changed
    }


def test_equal_specs_are_the_same() -> None:
    found = difference()
    assert found.is_same
    assert not found.renamed


def test_an_attribute_and_what_follows_from_it() -> None:
    found = difference("out_channels: 5", "out_channels: 11")
    assert told(found) == {
        "conv": {"attributes": {"out_channels": (5, 11)}, "shape": ((5, 15, 11), (11, 15, 11))},
        "bn": {"shape": ((5, 15, 11), (11, 15, 11))}, "act": {"shape": ((5, 15, 11), (11, 15, 11))},
        "pool": {"shape": ((5,), (11,))}, "both": {"shape": ((7,), (13,))}, "fc": {},
    }  # fmt: skip
    assert [change.b.name for change in found.changed if change.is_own] == ["conv"]
    assert {c.b.name: c.cost.parameters for c in found.changed} == {
        "conv": 6 * (27 + 1), "bn": 6 * 2, "act": 0, "pool": 0, "both": 0, "fc": 6 * 7,
    }  # fmt: skip
    assert sum(c.cost.parameters for c in found.changed) == found.b.cost.parameters - found.a.cost.parameters
    assert sum(c.cost.macs for c in found.changed) == found.b.cost.macs - found.a.cost.macs


def test_added_and_removed_layers_are_mirrors() -> None:
    new = "  - {batch_norm, name: bn}\n  - {dropout: 0.3, name: drop}\n"
    found = difference("  - {batch_norm, name: bn}\n", new)
    assert ([n.name for n in found.added], found.removed, found.changed) == (["drop"], (), ())
    back = compare(found.b.graph, found.a.graph)
    assert ([n.name for n in back.removed], back.added, back.changed) == (["drop"], (), ())
    assert not found.is_same


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("{relu, name: act}", "{tanh, name: act}", {"act": {"operator": ("relu", "tanh")}}),
        ("name: fc}", "name: fc, freeze: true}", {"fc": {"frozen": (False, True)}}),
        ("name: fc}", "name: fc, init: {bias: 0.5}}", {"fc": {"starts": {"bias": (BOUNDS, "constant: {value: 0.5}")}}}),
        ("weight: 0.1", "weight: 0.5", {"decay": {"weight": (0.1, 0.5)}}),
        ("from: [pool, size]", "from: [size, pool]", {"both": {"reads": (("pool", "size"), ("size", "pool"))}}),
        ("{batch_norm, name: bn}", "{batch_norm: {eps: 1e-3}, name: bn}",
         {"bn": {"attributes": {"eps": (1e-5, 1e-3)}}}),
    ],
    ids=["operator", "frozen", "init", "weight", "wiring", "float"],
)  # fmt: skip
def test_every_kind_of_change(old: str, new: str, expected: dict[str, Any]) -> None:
    found = difference(old, new)
    assert told(found) == expected
    assert not (found.added or found.removed or found.is_same)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[3, 17, 13]", "[3, 17, 11]", {"input image": ((3, 17, 13), (3, 17, 11))}),
        ("metrics: [{accuracy, from: fc}]", "", {"metric accuracy": ("accuracy of fc, label", None)}),
        ("metrics: [{accuracy, from: fc}]", "metrics: [{top_k: {k: 3}}]",
         {"metric accuracy": ("accuracy of fc, label", None), "metric top_k": (None, "top_k {k: 3} of fc, label")}),
        ("metrics:", "outputs: {logits: fc, features: pool}\nmetrics:", {"output features": (None, "pool")}),
    ],
    ids=["shape", "lost", "other", "more"],
)  # fmt: skip
def test_what_goes_in_and_out(old: str, new: str, expected: dict[str, Any]) -> None:
    assert difference(old, new).values == expected


def test_a_regulariser_follows_the_parameters_that_come_and_go() -> None:
    found = difference("  - {linear: 7, name: fc}", "  - {linear: 11, name: hidden}\n  - {linear: 7, name: fc}")
    assert [n.name for n in found.added] == ["hidden"]
    assert "decay" not in told(found)
    assert list(told(difference('"*.weight"', '"fc.weight"'))) == ["decay"]


def test_renamed_networks_are_the_same() -> None:
    changed = SPEC.replace("image", "picture").replace("label", "class").replace("fc", "logits")
    changed = changed.replace("name: conv", "name: c1").replace("name: net", "name: other")
    found = compare(loads(SPEC).graph, loads(changed).graph)
    assert found.is_same
    assert set(found.renamed) == {
        ("conv", "c1"), ("fc", "logits"), ("input image", "input picture"), ("target label", "target class"),
        ("output fc", "output logits"),
    }  # fmt: skip


def test_other_inputs_are_no_rename() -> None:
    """Two layers that read one input each are not the same as two that read the same."""
    spec = "graphnet: 1\nname: n\ninputs: {a: [5], b: [5]}\nlayers:\n  - {linear: 3, from: a, name: one}\n"
    spec += "  - {linear: 3, from: b, name: two}\n  - {concat, from: [one, two]}\n"
    assert told(difference("from: b", "from: a", spec)) == {"two": {"reads": (("b",), ("a",))}}
    swapped = difference(
        "from: b, name: two", "from: a, name: two", spec.replace("from: a, name: one", "from: b, name: one")
    )
    assert not swapped.is_same


def test_sharing_weights_is_a_difference() -> None:
    spec = "graphnet: 1\nname: n\ninputs: {a: [5], b: [5]}\nlayers:\n  - {linear: 5, from: a, name: one}\n"
    spec += "  - {linear: 5, from: b, name: two}\n  - {add, from: [one, two]}\n"
    found = difference("linear: 5, from: b", "share: one, from: b", spec)
    assert told(found) == {"two": {"weights_of": (("two",), ("one",))}}
    assert found.changed[0].cost.parameters == -30


def test_json_has_everything() -> None:
    old, new = (
        "  - {batch_norm, name: bn}\n  - {relu, name: act}\n",
        "  - {tanh, name: act}\n  - {dropout: 0.5, name: d}\n",
    )
    memory = MemoryFigures(700, 300, 500), MemoryFigures(None, 310, 310)
    graphs = loads(SPEC).graph, loads(SPEC.replace(old, new)).graph
    found = compare(*graphs, memory).to_json()
    assert json.loads(json.dumps(found)) == found
    assert found["a"] | {"name": 0} == {
        "name": 0, "layers": 6, "parameters": 140 + 10 + 56, "trainable_parameters": 206, "macs": 165 * 5 * 27 + 49,
        "training_bytes": 700, "inference_bytes": 300,
    }  # fmt: skip
    assert found["difference"] == {
        "layers": 0, "parameters": -10, "trainable_parameters": -10, "macs": 0, "training_bytes": None,
        "inference_bytes": 10,
    }  # fmt: skip
    assert [n["name"] for n in found["removed"]] == ["bn"]
    assert found["added"] == [
        {"name": "d", "operator": "dropout", "attributes": {"p": 0.5}, "shape": [5, 15, 11], "parameters": 0,
         "macs": 0, "line": 7},
    ]  # fmt: skip
    assert [(c["b"], c["operator"], c["only_follows"]) for c in found["changed"]] == [
        ({"name": "act", "line": 6}, ["relu", "tanh"], False)
    ]
