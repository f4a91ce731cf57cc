"""Whole networks against PyTorch: same weights, same batch, same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

pytest.importorskip("torch")

from .agreement import (
    TOLERANCES,
    assert_equal_gradients,
    assert_equal_predictions,
    assert_equal_training,
    predictions,
)
from .cases import COMPILED, MEMBERS, TRAINED, ZOO
from .models.resnet18 import ResNet18
from .pairs import SPECS, Case, Pair, relative_error

pytestmark = pytest.mark.oracle

STEPS = 10
FULL_SGD = {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}


@pytest.fixture(scope="module", params=[(name, dtype) for name in TRAINED for dtype in TOLERANCES], ids="-".join)
def pair(request: pytest.FixtureRequest) -> Pair:
    name, dtype = request.param
    return Pair(TRAINED[name], dtype, FULL_SGD)


def test_prediction(pair: Pair) -> None:
    assert_equal_predictions(pair)


def test_loss_and_gradients(pair: Pair) -> None:
    assert_equal_gradients(pair)


def test_steps_of_training_stay_together(pair: Pair) -> None:
    assert_equal_training(pair, STEPS if pair.model.dtype == "float64" else pair.case.rounded_steps)


@pytest.mark.parametrize("name", ZOO)
def test_networks_of_the_zoo(name: str) -> None:
    pair = Pair(ZOO[name], "float64", is_compiled=False)
    assert_equal_predictions(pair)
    if pair.case.loss is not None:
        assert_equal_gradients(pair)


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_networks_of_the_zoo(name: str) -> None:
    pair = Pair(COMPILED[name], "float64")
    assert_equal_predictions(pair)
    assert_equal_gradients(pair)


@pytest.mark.parametrize(
    "optimizer",
    [
        {},
        {"momentum": 0.9},
        {"weight_decay": 0.01},
        {"momentum": 0.7, "dampening": 0.3, "weight_decay": 0.01},
        {"momentum": 0.9, "nesterov": True},
    ],
    ids=str,
)
def test_every_form_of_sgd(optimizer: Mapping[str, Any]) -> None:
    assert_equal_training(Pair(TRAINED["mlp"], "float64", {"lr": 0.1, **optimizer}), STEPS)


def test_every_spec_has_a_counterpart() -> None:
    compared = {case.spec for case in (*TRAINED.values(), *ZOO.values(), *MEMBERS.values())}
    assert {str(path.relative_to(SPECS)) for path in SPECS.rglob("*.yaml")} == compared


def test_resnet18_on_an_image_of_full_size() -> None:
    pair = Pair(Case("resnet/resnet18.yaml", ResNet18, samples=1), "float32")
    ((found, wanted),) = predictions(pair)
    assert found.shape == (1, 1000)
    assert relative_error(found, wanted) < TOLERANCES["float32"].value
