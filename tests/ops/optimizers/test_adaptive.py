"""adam, adamw and rmsprop against implementations of their own in NumPy, and against PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet.ops  # noqa: F401 - registers the optimizers
from graphnet.ir.definitions import OPTIMIZERS
from graphnet.ir.optimizer import ParameterSettings

Array = np.ndarray[Any, Any]
Trajectory = Callable[..., list[Array]]

RNG = np.random.default_rng(13)
START = RNG.normal(size=(5, 7))
GRADIENTS = [RNG.normal(size=(5, 7)) for _ in range(6)]
RATES = [0.1, 0.1, 0.05, 0.05, 0.01, 0.2]
CASES = [
    ("adam", "Adam", {}),
    ("adam", "Adam", {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("adamw", "AdamW", {}),
    ("adamw", "AdamW", {"betas": (0.0, 0.9), "weight_decay": 0.3}),
    ("rmsprop", "RMSprop", {}),
    ("rmsprop", "RMSprop", {"alpha": 0.9, "momentum": 0.8, "weight_decay": 0.1}),
    ("rmsprop", "RMSprop", {"centered": True, "eps": 1e-2, "momentum": 0.5}),
]


def follow(name: str, settings: dict[str, Any], trajectory: Trajectory) -> list[Array]:
    optimizer = OPTIMIZERS[name](lr=0.1, **settings)
    return trajectory(optimizer, START, GRADIENTS, RATES, ParameterSettings(weight_decay=optimizer.weight_decay))


def by_hand(name: str, i: int, j: int, settings: dict[str, Any]) -> list[float]:
    """One element, in plain Python."""
    p, m, v, u, found = float(START[i, j]), 0.0, 0.0, 0.0, []
    b1, b2 = settings.get("betas", (0.9, 0.999))
    alpha, eps = settings.get("alpha", 0.99), settings.get("eps", 1e-8)
    decay = settings.get("weight_decay", 0.01 if name == "adamw" else 0.0)
    for t, (gradient, lr) in enumerate(zip(GRADIENTS, RATES, strict=True), start=1):
        d = float(gradient[i, j])
        if name == "adamw":
            p -= lr * decay * p
        else:
            d += decay * p
        if name == "rmsprop":
            v = alpha * v + (1 - alpha) * d * d
            m = alpha * m + (1 - alpha) * d
            d /= math.sqrt(v - m * m if settings.get("centered") else v) + eps
            u = settings.get("momentum", 0.0) * u + d
            p -= lr * u
        else:
            m, v = b1 * m + (1 - b1) * d, b2 * v + (1 - b2) * d * d
            p -= lr * (m / (1 - b1**t)) / (math.sqrt(v / (1 - b2**t)) + eps)
        found.append(p)
    return found


@pytest.mark.parametrize(("name", "_class", "settings"), CASES, ids=str)
def test_they_follow_their_formulas(name: str, _class: str, settings: dict[str, Any], trajectory: Trajectory) -> None:
    ours = follow(name, settings, trajectory)
    for i, j in [(0, 0), (2, 3), (4, 6)]:
        np.testing.assert_allclose([p[i, j] for p in ours], by_hand(name, i, j, settings), rtol=1e-10)


@pytest.mark.oracle
@pytest.mark.parametrize(("name", "theirs", "settings"), CASES, ids=str)
def test_they_follow_pytorch(name: str, theirs: str, settings: dict[str, Any], trajectory: Trajectory) -> None:
    torch = pytest.importorskip("torch")
    p = torch.tensor(START, requires_grad=True)
    optimizer = getattr(torch.optim, theirs)([p], lr=0.1, **settings)
    for one, gradient, lr in zip(follow(name, settings, trajectory), GRADIENTS, RATES, strict=True):
        optimizer.param_groups[0]["lr"] = lr
        p.grad = torch.tensor(gradient)
        optimizer.step()
        np.testing.assert_allclose(one, p.detach().numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.oracle
def test_defaults_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for name, theirs, _ in CASES:
        defaults = getattr(torch.optim, theirs)([torch.zeros(1, requires_grad=True)]).defaults
        ours = OPTIMIZERS[name]()
        assert ours.lr == defaults["lr"]
        assert ours.weight_decay == defaults["weight_decay"]
        for setting in ("betas", "eps", "alpha", "momentum", "centered"):
            assert getattr(ours, setting, None) == defaults.get(setting, getattr(ours, setting, None))


def test_a_parameters_own_settings_hold(trajectory: Trajectory) -> None:
    for name, _, _ in CASES[::2]:
        optimizer = OPTIMIZERS[name](lr=0.1, weight_decay=0.4)
        scaled = trajectory(optimizer, START, GRADIENTS, RATES, ParameterSettings(lr_scale=3.0, weight_decay=0.2))
        direct = trajectory(optimizer, START, GRADIENTS, [3 * lr for lr in RATES], ParameterSettings(weight_decay=0.2))
        np.testing.assert_allclose(scaled[-1], direct[-1], rtol=1e-12)


@pytest.mark.parametrize("settings", [{"betas": (0.9, 1.0)}, {"betas": (0.9,)}, {"eps": 0}, {"lr": -1}], ids=str)
def test_they_refuse_other_settings(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        OPTIMIZERS["adam"](**settings)
