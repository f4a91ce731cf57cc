"""The settings under `train`: what they take, what they refuse, and where they say the mistake is."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from graphnet.commands.options import read_yaml
from graphnet.core.diagnostics import SpecError
from graphnet.frontend.training import Checkpoint, EarlyStopping, TrainConfig, diagnose_training
from graphnet.ir.definitions import AUGMENTATIONS, OPTIMIZERS, SCHEDULES, SOURCES
from graphnet.ir.optimizer import Group


def mistakes(mapping: dict[str, Any]) -> dict[tuple[str | int, ...], str]:
    """The diagnostics of a mapping, by the path of keys."""
    with pytest.raises(ValidationError) as caught:
        TrainConfig.parse(mapping)
    found = diagnose_training(caught.value)
    assert len({loc for loc, _ in found}) == len(found)
    return {loc: str(diagnostic) for loc, diagnostic in found}


def test_the_recipe_of_lenet() -> None:
    config = TrainConfig.parse(
        {
            "data": "digits", "epochs": 20, "batch_size": 64,
            "optimizer": {"sgd": {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}},
            "schedule": {"cosine": {"warmup_epochs": 1}},
        }
    )  # fmt: skip
    assert config.data == SOURCES["digits"]()
    assert config.optimizer == OPTIMIZERS["sgd"](lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4)
    assert config.schedule == SCHEDULES["cosine"](warmup_epochs=1.0)
    assert config.duration(23) == (460, 20)


def test_everything_has_a_default() -> None:
    config = TrainConfig.parse({})
    assert (config.data, config.validation, config.early_stopping, config.gradient_clip) == (None,) * 4
    assert (config.batch_size, config.seed, config.accumulate, config.weights) == (64, 0, 1, {})
    assert config.duration(7) == (70, 10)
    assert config.optimizer.name == "sgd"
    assert config.schedule.factor(5, 7, 70) == 1.0


def test_bare_values_set_the_primary_setting() -> None:
    config = TrainConfig.parse(
        {
            "optimizer": {"sgd": 0.3}, "schedule": {"multi_step": [2, 5]}, "early_stopping": 4, "checkpoint": 3,
            "weights": "all.safetensors", "data": {"npz": "a.npz"}, "validation": {"npz": "b.npz"}, "steps": 100,
        }
    )  # fmt: skip
    assert config.optimizer.lr == 0.3
    assert config.schedule.milestones == (2, 5)
    assert config.early_stopping == EarlyStopping(patience=4)
    assert config.checkpoint == Checkpoint(every=3)
    assert config.weights == {"": "all.safetensors"}
    assert (config.data.path, config.validation.path) == ("a.npz", "b.npz")
    assert config.duration(30) == (100, 4)


def test_settings_differ_by_parameter() -> None:
    groups = [{"match": "*.bias", "weight_decay": 0}, {"match": "fc.*", "lr_scale": 10}]
    config = TrainConfig.parse({"optimizer": {"sgd": {"lr": 0.1, "weight_decay": 0.01, "groups": groups}}})
    assert config.optimizer.groups == (Group(match="*.bias", weight_decay=0.0), Group(match="fc.*", lr_scale=10.0))


def test_all_mistakes_are_reported_with_their_places() -> None:
    found = mistakes(
        {
            "data": "didgits", "epochs": "3", "batchsize": 3, "validation": 1.5, "augment": ["two_view"],
            "optimizer": {"sgd": {"lr": -1, "momentun": 2, "groups": [{"mach": "x", "lr_scale": "a"}]}},
            "early_stopping": {"patience": 0}, "schedule": {"step": {}}, "gradient_clip": 0, "seed": True,
        }
    )  # fmt: skip
    assert set(found) == {
        ("data",), ("epochs",), ("batchsize",), ("validation",), ("augment", 0), ("optimizer", "sgd", "lr"),
        ("optimizer", "sgd", "momentun"), ("optimizer", "sgd", "groups", 0, "mach"),
        ("optimizer", "sgd", "groups", 0, "match"), ("optimizer", "sgd", "groups", 0, "lr_scale"),
        ("early_stopping", "patience"), ("schedule", "step", "step_size"), ("gradient_clip",), ("seed",),
    }  # fmt: skip
    assert "did you mean `digits`?" in found["data",]
    assert "did you mean `batch_size`?" in found["batchsize",]
    assert "did you mean `momentum`?" in found["optimizer", "sgd", "momentun"]
    assert "did you mean `match`?" in found["optimizer", "sgd", "groups", 0, "mach"]
    assert "train.optimizer.sgd.groups[0].lr_scale" in found["optimizer", "sgd", "groups", 0, "lr_scale"]
    assert "did you mean `two_views`?" in found["augment", 0]
    assert "expected: a whole number" in found["epochs",]
    assert "error[missing-setting]: `step_size`" in found["schedule", "step", "step_size"]


@pytest.mark.parametrize(
    ("mapping", "place", "words"),
    [
        ({"epochs": 2, "steps": 3}, (), "epochs: 2, steps: 3"),
        ({"optimizer": {"sgd": {"nesterov": True}}}, ("optimizer",), "`momentum` above 0"),
        ({"optimizer": "adamm"}, ("optimizer",), "no optimizer 'adamm'"),
        ({"optimizer": {"sgd": 1, "step": 2}}, ("optimizer",), "names no optimizer"),
        ({"data": 5}, ("data",), "names no data source"),
        ({"data": {"digits": 3}}, ("data",), "takes its settings by name"),
        ({"data": "cifar11"}, ("data",), f"one of {', '.join(sorted(SOURCES))}"),
        ({"data": {"npz": 3}}, ("data", "npz", "path"), "a text"),
        ({"validation": "digit"}, ("validation",), "did you mean `digits`"),
        ({"validation": -0.1}, ("validation",), "from 0 to below 1"),
        ({"test": 1.0}, ("test",), "from 0 to below 1"),
        ({"test": "digit"}, ("test",), "did you mean `digits`"),
        ({"test": {"npz": {"path": 3}}}, ("test", "npz", "path"), "a text"),
        ({"test": 0.5, "validation": 0.5}, (), "nothing is left to train on"),
        ({"schedule": {"cosine": {"warmup_epochs": 1, "warmup_steps": 2}}}, ("schedule",), "given twice"),
        ({"schedule": {"step": 0}}, ("schedule", "step", "step_size"), "greater than or equal to 1"),
        ({"checkpoint": {"every": 1.5}}, ("checkpoint", "every"), "whole number"),
        ({"weights": 3}, ("weights",), "a mapping"),
        ({"augment": 3}, ("augment",), "a list"),
        ({"augment": "flip"}, ("augment", 0), "one of color_jitter, "),
        (
            {"augment": ["random_crop", {"random_crop": {"pad": 3}}]},
            ("augment", 1, "random_crop", "pad"),
            "padding, fill",
        ),
        (
            {"augment": {"normalize": {"mean": 0, "std": [1, 0]}}},
            ("augment", 0, "normalize", "std", 1),
            "`std` does not",
        ),
        ({"augment": {"normalize": {"mean": [], "std": 1}}}, ("augment", 0, "normalize", "mean"), "at least one"),
        ({"augment": {"color_jitter": {}}}, ("augment", 0), "changes nothing"),
        ({"augment": {"two_views": []}}, ("augment", 0, "two_views", "augment"), "at least one"),
        ({"augment": {"two_views": ["mixup"]}}, ("augment", 0, "two_views", "augment", 0), "no augmentation 'mixup'"),
        (
            {"augment": {"two_views": [{"cutout": {"size": 3, "cuont": 2}}]}},
            ("augment", 0, "two_views", "augment", 0, "cutout", "cuont"),
            "did you mean `count`?",
        ),
        ({"accumulate": 0}, ("accumulate",), "1"),
    ],
)
def test_a_mistake_is_put_into_words(mapping: dict[str, Any], place: tuple[str, ...], words: str) -> None:
    found = mistakes(mapping)
    assert set(found) == {place}
    assert words in found[place]


def test_augmentations_are_a_list_or_one_of_them() -> None:
    assert TrainConfig.parse({"augment": []}).augment == TrainConfig.parse({"augment": None}).augment == ()
    crop, flip = AUGMENTATIONS["random_crop"](padding=3), AUGMENTATIONS["random_horizontal_flip"]()
    config = TrainConfig.parse({"augment": [{"random_crop": 3}, "random_horizontal_flip"]})
    assert config.augment == (crop, flip)
    assert TrainConfig.parse({"augment": {"random_crop": 3}}).augment == (crop,)
    views = TrainConfig.parse({"augment": {"two_views": [{"random_crop": 3}]}}).augment[0]
    assert views.augment == (crop,)
    assert TrainConfig().changed(augment=[crop, "random_horizontal_flip"]).augment == (crop, flip)


def test_changed_replaces_settings_and_the_length_in_either_unit() -> None:
    config = TrainConfig.parse({"data": "digits", "steps": 100, "optimizer": {"sgd": 0.3}})
    longer = config.changed(epochs=7, data={"npz": "a.npz"}, seed=3)
    assert (longer.epochs, longer.steps, longer.seed, longer.data.path) == (7, None, 3, "a.npz")
    assert longer.optimizer == config.optimizer
    assert longer.changed(steps=9).duration(3) == (9, 3)
    assert longer.changed(data=None).data is None
    assert config.changed() == config


def test_changed_reports_mistakes_as_any_other() -> None:
    with pytest.raises(SpecError) as caught:
        TrainConfig().changed(epoch=3, batch_size=0)
    assert len(caught.value.diagnostics) == 2
    assert "did you mean `epochs`?" in str(caught.value)


def examples() -> list[tuple[str, str]]:
    """What the docstrings of all definitions of training write under `train`."""
    found = []
    for registry in (AUGMENTATIONS, SOURCES, OPTIMIZERS, SCHEDULES):
        for name, definition in registry.items():
            body = re.search(r"Example:\n((?: {8}.*\n?)+)", definition.__doc__ or "")
            texts = re.findall(r"`([^`]+)`", " ".join(body.group(1).split())) if body else []
            found += [(name, text) for text in texts if re.match("(train|augment|optimizer|schedule):", text)]
    return found


@pytest.mark.parametrize(("name", "example"), examples())
def test_an_example_is_valid(name: str, example: str) -> None:
    written = read_yaml(example, name)
    config = TrainConfig.parse(written.get("train", written))
    named = [config.data, config.optimizer, config.schedule, *config.augment]
    assert name in {definition.name for definition in named if definition is not None}


def test_every_definition_has_an_example() -> None:
    assert {name for name, _ in examples()} == {*AUGMENTATIONS, *SOURCES, *OPTIMIZERS, *SCHEDULES}


VALUES = st.recursive(
    st.sampled_from(
        [None, True, False, -1, 0, 1, 7, 0.5, -0.5, math.nan, math.inf, "", "sgd", "digits", "cosine", "two_views"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["sgd", "lr", "npz", "path", "step", "groups", "match", "patience", "two_views", "random_crop"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*TrainConfig.model_fields, "epoch"]), VALUES, max_size=4))
def test_whatever_is_written_is_taken_or_diagnosed(mapping: dict[str, Any]) -> None:
    try:
        config = TrainConfig.parse(mapping)
    except ValidationError as error:
        diagnostics = diagnose_training(error)
        assert diagnostics
        assert all(str(d).startswith("error[") and d.at for _, d in diagnostics)
    else:
        assert TrainConfig.parse({name: getattr(config, name) for name in config.model_fields_set}) == config
