"""Whole networks against PyTorch: same weights, same batch, same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from .models.resnet18 import ResNet18  # noqa: E402 - after the check that PyTorch is there
from .pairs import CASES, Case, Pair, arrays_of, relative_error  # noqa: E402

pytestmark = pytest.mark.oracle

STEPS = 10
FULL_SGD = {"momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}


@dataclass(frozen=True)
class Tolerance:
    """Largest relative errors.

    Attributes:
        value: of outputs and losses.
        gradient: of a parameter's gradient, or of the parameter after some steps, by norm.
    """

    value: float
    gradient: float


TOLERANCES = {"float32": Tolerance(1e-4, 1e-3), "float64": Tolerance(1e-9, 1e-9)}


@pytest.fixture(scope="module", params=[(name, dtype) for name in CASES for dtype in TOLERANCES], ids="-".join)
def pair(request: pytest.FixtureRequest) -> Pair:
    name, dtype = request.param
    return Pair(CASES[name], dtype, FULL_SGD)


@pytest.fixture
def tolerance(pair: Pair) -> Tolerance:
    return TOLERANCES[pair.model.dtype]


def test_prediction(pair: Pair, tolerance: Tolerance) -> None:
    (found,) = pair.model.predict(pair.batch).values()
    wanted = pair.oracle_output()
    assert found.dtype == wanted.dtype
    assert relative_error(found, wanted) < tolerance.value
    np.testing.assert_array_equal(found.argmax(1), wanted.argmax(1))


def test_loss_and_gradients(pair: Pair, tolerance: Tolerance) -> None:
    before = arrays_of(pair.oracle)
    loss, gradients = pair.model.loss_and_gradients(pair.batch)
    pair.optimizer.zero_grad()
    wanted = pair.oracle_loss()
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), rel=tolerance.value)
    trained = dict(pair.oracle.named_parameters())
    assert list(gradients) == list(trained)
    errors = {path: relative_error(gradients[path], p.grad.numpy()) for path, p in trained.items()}
    assert max(errors.values()) < tolerance.gradient, max(errors.items(), key=lambda item: item[1])
    pair.oracle.load_state_dict({path: torch.from_numpy(array) for path, array in before.items()})
    for path, array in pair.model.parameters.items():  # gradients alone leave statistics as they are
        np.testing.assert_array_equal(array, before[path], err_msg=path)


def test_steps_of_training_stay_together(pair: Pair, tolerance: Tolerance) -> None:
    _train_both(pair, tolerance)


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
    _train_both(Pair(CASES["mlp"], "float64", {"lr": 0.1, **optimizer}), TOLERANCES["float64"])


def test_resnet18_on_an_image_of_full_size() -> None:
    pair = Pair(Case("resnet/resnet18.yaml", ResNet18, samples=1), "float32")
    (found,) = pair.model.predict(pair.batch).values()
    assert found.shape == (1, 1000)
    assert relative_error(found, pair.oracle_output()) < TOLERANCES["float32"].value


def _train_both(pair: Pair, tolerance: Tolerance) -> None:
    """Train for some steps on one batch, and compare losses, then parameters and running statistics."""
    start = arrays_of(pair.oracle)
    for step in range(STEPS):
        wanted = pair.oracle_step()
        assert pair.model.train_step(pair.batch) == pytest.approx(wanted, rel=tolerance.gradient), step
    end = arrays_of(pair.oracle)
    found = pair.model.parameters
    assert list(found) == list(end)
    for path, array in end.items():
        assert not np.array_equal(array, start[path]), f"{path} was not trained"
        assert relative_error(found[path], array) < tolerance.gradient, path
