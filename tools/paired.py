"""Time steps that take turns, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

WARM_UP = 3
"""Steps before each turn that are not timed: caches refill, and the other contestant's threads go to sleep. There are
fewer where few steps fill a turn, and none where one step does: then all of that is a small part of it."""


@dataclass(frozen=True)
class Timing:
    """The turns of one contestant.

    Attributes:
        seconds: of a step, for each turn the median of its steps.
    """

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def best(self) -> float:
        return min(self.seconds)


@dataclass(frozen=True)
class Pace:
    """How much to measure.

    Attributes:
        rounds: turns of each contestant, if there is time.
        turn: seconds that a turn lasts; at least one step.
        most: seconds after which no round begins, but for the fewest.
        fewest: rounds that are made, however long they take.
    """

    rounds: int
    turn: float
    most: float
    fewest: int = 3


def take_turns(steps: Mapping[str, Callable[[], object]], pace: Pace) -> dict[str, Timing]:
    """Time every contestant once a round.

    Args:
        steps: what to time, by contestant; already warm.
        pace: how much of it.
    """
    counts = {name: _steps_in(step, pace.turn) for name, step in steps.items()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    began = time.perf_counter()
    for turn in range(pace.rounds):
        if turn >= pace.fewest and time.perf_counter() - began > pace.most:
            break
        for name in list(steps)[:: 1 if turn % 2 == 0 else -1]:
            seconds[name].append(_turn(steps[name], counts[name]))
    return {name: Timing(tuple(found)) for name, found in seconds.items()}


def ratios(a: Timing, b: Timing) -> list[float]:
    """How many times as long b takes as a does, in each round."""
    return [y / x for x, y in zip(a.seconds, b.seconds, strict=True)]


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The quartiles of at least two values."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def _steps_in(step: Callable[[], object], seconds: float) -> int:
    before = time.perf_counter()
    step()
    return max(1, int(seconds / (time.perf_counter() - before)))


def _turn(step: Callable[[], object], count: int) -> float:
    for _ in range(min(WARM_UP, count - 1)):
        step()
    times = []
    for _ in range(count):
        before = time.perf_counter()
        step()
        times.append(time.perf_counter() - before)
    return statistics.median(times)
