"""Runs an optimizer's formula on arrays, expression by expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from graphnet.ir.expression import Call, Constant, Expression
from graphnet.ir.optimizer import Optimizer, ParameterSettings

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Placeholder(Expression):
    name: str


def evaluate(expression: Expression, known: dict[str, Any]) -> Any:
    match expression:
        case Placeholder(name):
            return known[name]
        case Constant(value):
            return value
        case Call(function, arguments):
            return getattr(np, function)(*(evaluate(argument, known) for argument in arguments))
    raise AssertionError(expression)


def walk_through(
    optimizer: Optimizer, start: Array, gradients: list[Array], rates: list[float], settings: ParameterSettings
) -> Iterator[Array]:
    """The parameter after each step."""
    p, states = start.copy(), {name: np.zeros_like(start) for name in optimizer.states()}
    symbols = {name: Placeholder(f"state {name}") for name in optimizer.states()}
    hyper = {name: Placeholder(name) for name in optimizer.hyper()}
    new_p, new_states = optimizer.update(Placeholder("p"), Placeholder("g"), symbols, hyper)
    assert set(new_states) == set(optimizer.states())
    for step, (g, lr) in enumerate(zip(gradients, rates, strict=True)):
        values = optimizer.values(step, lr, settings)
        assert set(values) == set(optimizer.hyper())
        known = {"p": p, "g": g, **values, **{f"state {name}": array for name, array in states.items()}}
        p, states = evaluate(new_p, known), {name: evaluate(e, known) for name, e in new_states.items()}
        yield p


@pytest.fixture
def trajectory() -> Callable[..., list[Array]]:
    """`trajectory(optimizer, start, gradients, rates, settings)` is the list of parameters after each step."""

    def run(
        optimizer: Optimizer, start: Array, gradients: list[Array], rates: list[float], settings: ParameterSettings
    ) -> list[Array]:
        return list(walk_through(optimizer, start, gradients, rates, settings))

    return run
