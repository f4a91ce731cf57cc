"""The JSON Schema for editors: it takes every spec, and refuses what the reader of specs refuses by form alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from graphnet.frontend.text.report import Report
from graphnet.frontend.text.yaml_composer import compose
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree
from graphnet.frontend.writing.schema import json_schema
from graphnet.ir.operator import REGISTRY

SPECS = sorted((Path(__file__).parents[2] / "specs").rglob("*.yaml"))
SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def plain(tree: Tree | None) -> Any:
    """A YAML tree as JSON values."""
    match tree:
        case Scalar():
            return tree.value
        case Array():
            return [plain(item) for item in tree.items]
        case Table():
            return {key.text: plain(value) for key, value in tree.entries}
    raise AssertionError("no YAML")


def read(text: str) -> Any:
    report = Report()
    tree = compose(text, "test.yaml", report)
    report.raise_errors()
    return plain(tree)


def mistakes(text: str) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(read(text))]


def test_the_schema_is_one_and_is_json() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("path", SPECS, ids=[path.stem for path in SPECS])
def test_specs_are_valid(path: Path) -> None:
    assert mistakes(path.read_text()) == []


@pytest.mark.parametrize("name", sorted(n for n, op in REGISTRY.items() if op.kind == "layer"))
def test_every_operator_has_its_attributes_with_descriptions(name: str) -> None:
    entry = SCHEMA["$defs"]["entry"]["anyOf"][-1]["properties"][name]
    mapping = next(form for form in entry["anyOf"] if form.get("type") == "object")
    fields = REGISTRY[name].__dataclass_fields__  # type: ignore[attr-defined]
    assert set(mapping["properties"]) - {"branches"} == set(fields)
    assert all(mapping["properties"][field]["description"] for field in fields)
    assert entry["description"]


BASE = """
graphnet: 1
inputs: {image: [1, 8, 8]}
layers: [flatten, linear: 10]
"""


@pytest.mark.parametrize(
    "text",
    [
        "loss: [cross_entropy: label, {l2: '*.weight', weight: $decay}]",
        "loss: [{if: $(classes > 0), then: [cross_entropy: label]}]",
        "loss: [{cross_entropy: {target: label, label_smoothing: $s}, from: [linear1], name: 7}]",
        "metrics: [accuracy, {accuracy: {target: label, threshold: 0}, name: other}]",
        "init: {'*.weight': kaiming_normal, '*.bias': 0.5, x: {normal: 0.1}, y: {constant: [[1, 2]]}}",
        "train: {data: {synthetic: 64}, validation: 0.1, optimizer: {sgd: {lr: $rate}}, early_stopping: 3}",
        "train: {weights: a.safetensors, schedule: {cosine: {warmup_epochs: 1}}, checkpoint: {every: 2}, steps: 5}",
        "train: {augment: random_crop, test: 0.1, validation: {mnist: {split: test}}, data: {folder: flowers}}",
        "train: {augment: [random_crop: $pad, {two_views: [random_horizontal_flip, {cutout: 3}]}, normalize: "
        "{mean: [0.5, 0.4], std: 1}]}",
        "train: {augment: [{two_views: random_crop}, random_affine: {degrees: 3, shear: [-1, 2]}]}",
        "train: {augment: }",
        "assert: {parameters: '< 25.6M', shapes: {linear1: [10]}}",
        "blocks: {b: {params: {w: 3, h:}, inputs: [x, y], layers: [{add, from: [x, y]}], outputs: {out: add1}}}",
    ],
)
def test_forms_that_the_language_has(text: str) -> None:
    assert mistakes(BASE + text) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("layer: []", "$"),
        ("loss: [cross_entropi: label]", "$.loss[0]"),
        ("loss: [cross_entropy: {target: label, smoothing: 1}]", "$.loss[0]"),
        ("metrics: [acuracy]", "$.metrics[0]"),
        ("init: {x: kaiming}", "$.init.x"),
        ("assert: {params: 3}", "$.assert"),
        ("train: {batchsize: 3}", "$.train"),
        ("train: {batch_size: many}", "$.train.batch_size"),
        ("train: {optimizer: {sgd: {learning_rate: 1}}}", "$.train.optimizer"),
        ("train: {augment: [random_crop, random_crup]}", "$.train.augment"),
        ("train: {augment: [random_crop: {pad: 3}]}", "$.train.augment"),
        ("train: {augment: [two_views: [mixup]]}", "$.train.augment"),
        ("blocks: {b: {layers: [], input: [x]}}", "$.blocks.b"),
        ("inputs: {image: [1, 0]}", "$.inputs.image"),
    ],
)
def test_forms_that_it_has_not(text: str, place: str) -> None:
    base = BASE if not text.startswith("inputs") else "graphnet: 1\n"
    assert mistakes(base + text) == [place]


@pytest.mark.parametrize(
    "layer",
    [
        "conv2d: {out_channels: 3}", "conv2d: {out_channels: 3, kernel_size: 3, strides: 2}", "linear: -1",
        "linear: {out_features: 3, bias: maybe}", "max_pool2d: [1, 2, 3]", "dropout: 2", "relu: {x: 1}",
    ],
)  # fmt: skip
def test_attributes_that_do_not_fit(layer: str) -> None:
    assert mistakes(BASE.replace("linear: 10", layer)) == ["$.layers[1]"]


def test_attributes_may_be_expressions() -> None:
    assert mistakes(BASE.replace("linear: 10", "max_pool2d: {kernel_size: [$a, 2], stride: $(a + 1)}")) == []
