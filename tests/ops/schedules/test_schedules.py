"""Schedules against their definitions, and against PyTorch's."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet.ops  # noqa: F401 - registers the schedules
from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import SCHEDULES

PER_EPOCH, EPOCHS = 7, 11
TOTAL = PER_EPOCH * EPOCHS


def factors(name: str, **settings: object) -> list[float]:
    schedule = SCHEDULES[name](**settings)
    return [schedule.factor(step, PER_EPOCH, TOTAL) for step in range(TOTAL)]


REQUIRED = {"step": {"step_size": 3}, "multi_step": {"milestones": (2, 5)}, "exponential": {"gamma": 0.9}}


def pytorch(make, *, per_step: bool) -> list[float]:
    """The factors of a scheduler of PyTorch for a learning rate of 1."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(torch.optim.lr_scheduler, optimizer)
    found = []
    for step in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < TOTAL - 1 and (per_step or (step + 1) % PER_EPOCH == 0):
            scheduler.step()
    return found


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("name", "settings", "make", "per_step"),
    [
        ("step", {"step_size": 3, "gamma": 0.2}, lambda s, o: s.StepLR(o, 3, 0.2), False),
        ("multi_step", {"milestones": (2, 5), "gamma": 0.5}, lambda s, o: s.MultiStepLR(o, [2, 5], 0.5), False),
        ("exponential", {"gamma": 0.9}, lambda s, o: s.ExponentialLR(o, 0.9), False),
        ("cosine", {"min_factor": 0.1}, lambda s, o: s.CosineAnnealingLR(o, TOTAL, eta_min=0.1), True),
        ("polynomial", {"power": 0.9}, lambda s, o: s.PolynomialLR(o, TOTAL, power=0.9), True),
        ("one_cycle", {}, lambda s, o: s.OneCycleLR(o, 1.0, total_steps=TOTAL), True),
        (
            "one_cycle",
            {"pct_start": 0.4, "div_factor": 10.0, "final_div_factor": 100.0, "anneal_strategy": "linear"},
            lambda s, o: s.OneCycleLR(
                o, 1.0, total_steps=TOTAL, pct_start=0.4, div_factor=10, final_div_factor=100, anneal_strategy="linear"
            ),
            True,
        ),
    ],
)
def test_schedules_are_pytorchs(name, settings, make, per_step) -> None:
    assert factors(name, **settings) == pytest.approx(pytorch(make, per_step=per_step), rel=1e-9, abs=1e-12)


def test_constant_is_one() -> None:
    assert set(factors("constant")) == {1.0}


def test_step_falls_after_so_many_epochs() -> None:
    found = factors("step", step_size=4, gamma=0.5)
    assert found[4 * PER_EPOCH - 1] == 1.0
    assert found[4 * PER_EPOCH] == 0.5
    assert found[-1] == 0.25


def test_milestones_count_from_the_start_of_the_run_whatever_the_warmup() -> None:
    found = factors("multi_step", milestones=(3, 6), gamma=0.1, warmup_epochs=2)
    assert found[3 * PER_EPOCH - 1] == 1.0
    assert found[3 * PER_EPOCH] == pytest.approx(0.1)
    assert found[6 * PER_EPOCH] == pytest.approx(0.01)


def test_cosine_has_its_middle_halfway_after_the_warmup() -> None:
    schedule = SCHEDULES["cosine"](warmup_steps=10)
    assert schedule.factor(10, 5, 110) == 1.0
    assert schedule.factor(60, 5, 110) == pytest.approx(0.5)
    assert schedule.factor(85, 5, 110) == pytest.approx((1 + math.cos(0.75 * math.pi)) / 2)


@pytest.mark.parametrize("name", [name for name in SCHEDULES if name != "one_cycle"])
@pytest.mark.parametrize("warmup", [{"warmup_epochs": 2}, {"warmup_steps": 14}, {"warmup_epochs": 0.5}], ids=str)
def test_warmup_is_a_line_up_to_the_schedule(name: str, warmup: dict[str, float]) -> None:
    length = round(warmup.get("warmup_epochs", 0) * PER_EPOCH) or int(warmup["warmup_steps"])
    bare = factors(name, **REQUIRED.get(name, {}))
    warmed = factors(name, **REQUIRED.get(name, {}), **warmup)
    assert all(a < b for a, b in pairwise(warmed[: min(length, PER_EPOCH)]))
    assert warmed[0] == pytest.approx(bare[0] / (length + 1))
    assert warmed[min(length, PER_EPOCH) - 1] < 1
    if name in {"cosine", "polynomial", "constant"}:
        assert warmed[length] == 1.0
    else:
        assert warmed[length:] == bare[length:]


@pytest.mark.parametrize("strategy", ["cos", "linear"])
def test_a_cycle_begins_after_its_warmup(strategy: str) -> None:
    """The warm-up rises to where the cycle starts."""
    schedule = SCHEDULES["one_cycle"](anneal_strategy=strategy, warmup_steps=9)
    bare = SCHEDULES["one_cycle"](anneal_strategy=strategy)
    found = [schedule.factor(step, PER_EPOCH, TOTAL) for step in range(TOTAL)]
    assert found[:9] == pytest.approx([(step + 1) / 10 / 25 for step in range(9)])
    assert found[9:] == pytest.approx([bare.factor(step, PER_EPOCH, TOTAL - 9) for step in range(TOTAL - 9)])
    assert 0.95 < max(found) <= 1
    assert found[-1] == pytest.approx(1 / 25e4)


@settings(deadline=None)
@given(
    name=st.sampled_from(sorted(SCHEDULES)),
    per_epoch=st.integers(1, 9),
    total=st.integers(1, 60),
    warmup=st.integers(0, 80),
    data=st.data(),
)
def test_factors_are_finite_and_never_negative(name, per_epoch, total, warmup, data) -> None:
    schedule = SCHEDULES[name](**REQUIRED.get(name, {}), warmup_steps=warmup)
    step = data.draw(st.integers(0, total - 1))
    factor = schedule.factor(step, per_epoch, total)
    assert math.isfinite(factor)
    assert 0 <= factor <= 1 + 1e-12


def test_a_warmup_is_given_once() -> None:
    with pytest.raises(AttributeProblem, match="given twice"):
        SCHEDULES["cosine"](warmup_epochs=1, warmup_steps=10)


def test_milestones_rise() -> None:
    with pytest.raises(AttributeProblem, match="do not rise"):
        SCHEDULES["multi_step"](milestones=(30, 30))
