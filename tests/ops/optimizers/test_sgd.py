"""sgd against an implementation of its own in NumPy, and against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import OPTIMIZERS
from graphnet.ir.optimizer import Group, ParameterSettings
from graphnet.ops.optimizers.sgd import SGD

Array = np.ndarray[Any, Any]
Trajectory = Callable[..., list[Array]]

RNG = np.random.default_rng(11)
START = RNG.normal(size=(5, 7))
GRADIENTS = [RNG.normal(size=(5, 7)) for _ in range(5)]
RATES = [0.1, 0.1, 0.05, 0.05, 0.01]
SETTINGS = [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9},
    {"momentum": 0.9, "weight_decay": 0.1},
    {"momentum": 0.8, "dampening": 0.3},
    {"momentum": 0.9, "nesterov": True, "weight_decay": 0.05},
]


def by_hand(lr_by_step, *, momentum=0.0, dampening=0.0, nesterov=False, weight_decay=0.0, decoupled=False):
    """Element by element, with a velocity that is none before the first step."""
    found = []
    p = START.copy()
    velocity = [[None] * p.shape[1] for _ in range(p.shape[0])]
    for lr, gradient in zip(lr_by_step, GRADIENTS, strict=True):
        for i in range(p.shape[0]):
            for j in range(p.shape[1]):
                d = gradient[i, j]
                if decoupled:
                    p[i, j] -= lr * weight_decay * p[i, j]
                else:
                    d += weight_decay * p[i, j]
                if momentum:
                    v = velocity[i][j]
                    v = d if v is None else momentum * v + (1 - dampening) * d
                    velocity[i][j] = v
                    d = d + momentum * v if nesterov else v
                p[i, j] -= lr * d
        found.append(p.copy())
    return found


@pytest.mark.parametrize(
    "settings",
    [
        *SETTINGS,
        {"weight_decay": 0.1, "decoupled": True},
        {"momentum": 0.9, "dampening": 0.2, "weight_decay": 0.1, "decoupled": True},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "decoupled": True},
    ],
    ids=str,
)
def test_it_follows_its_formula(settings: dict[str, Any], trajectory: Trajectory) -> None:
    decay = settings.get("weight_decay", 0.0)
    ours = trajectory(SGD(lr=0.1, **settings), START, GRADIENTS, RATES, ParameterSettings(weight_decay=decay))
    for one, other in zip(ours, by_hand(RATES, **settings), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-15)


@pytest.mark.oracle
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_it_follows_pytorch(settings: dict[str, Any], trajectory: Trajectory) -> None:
    torch = pytest.importorskip("torch")
    p = torch.tensor(START, requires_grad=True)
    optimizer = torch.optim.SGD([p], lr=0.1, **settings)
    decay = settings.get("weight_decay", 0.0)
    ours = trajectory(SGD(lr=0.1, **settings), START, GRADIENTS, RATES, ParameterSettings(weight_decay=decay))
    for one, gradient, lr in zip(ours, GRADIENTS, RATES, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        p.grad = torch.tensor(gradient)
        optimizer.step()
        np.testing.assert_allclose(one, p.detach().numpy(), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("decoupled", [False, True])
def test_settings_of_a_parameter_scale_its_rate_and_replace_its_decay(decoupled: bool, trajectory: Trajectory) -> None:
    optimizer = SGD(lr=0.1, weight_decay=0.7, momentum=0.9, decoupled=decoupled)
    ours = trajectory(optimizer, START, GRADIENTS, RATES, ParameterSettings(lr_scale=3.0, weight_decay=0.2))
    expected = by_hand([3 * lr for lr in RATES], momentum=0.9, weight_decay=0.2, decoupled=decoupled)
    np.testing.assert_allclose(ours[-1], expected[-1], rtol=1e-12)


def test_it_keeps_and_reads_only_what_it_needs() -> None:
    assert SGD(lr=0.1).states() == ()
    assert SGD(lr=0.1).hyper() == ("lr",)
    assert SGD(lr=0.1, momentum=0.9).states() == ("momentum",)
    assert "weight_decay" not in SGD(lr=0.1, groups=(Group(match="*", weight_decay=0.0),)).hyper()
    assert "weight_decay" in SGD(lr=0.1, groups=(Group(match="*.weight", weight_decay=0.1),)).hyper()
    assert "shrink" in SGD(lr=0.1, weight_decay=0.1, decoupled=True).hyper()


@pytest.mark.parametrize("settings", [{"nesterov": True}, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}])
def test_nesterov_needs_a_momentum_without_dampening(settings: dict[str, Any]) -> None:
    with pytest.raises(AttributeProblem, match="nesterov needs a momentum"):
        SGD(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"lr": -0.1},
        {"lr": "0.1"},
        {"momentum": -1},
        {"lr": float("nan")},
        {"rate": 1},
        {"nesterov": "no"},
        {"decoupled": 1},
    ],
)
def test_it_refuses_other_settings(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        OPTIMIZERS["sgd"](**settings)
