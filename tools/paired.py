"""Time steps that take turns, so that whatever else the machine does falls on all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

WARM_UP = 3
"""Steps before each turn that are not timed: caches refill, and the other contestant's threads go to sleep."""


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


def take_turns(steps: Mapping[str, Callable[[], float]], rounds: int, turn_seconds: float) -> dict[str, Timing]:
    """Time every contestant once a round.

    Args:
        steps: what to time, by contestant; already warm.
        rounds: turns of each.
        turn_seconds: about how long a turn lasts (at least three steps).
    """
    counts = {name: _steps_in(step, turn_seconds) for name, step in steps.items()}
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(rounds):
        for name in list(steps)[:: 1 if turn % 2 == 0 else -1]:
            seconds[name].append(_turn(steps[name], counts[name]))
    return {name: Timing(tuple(found)) for name, found in seconds.items()}


def median_ratio(a: Timing, b: Timing) -> float:
    """How many times as long b takes as a does: the median over the rounds."""
    return statistics.median(y / x for x, y in zip(a.seconds, b.seconds, strict=True))


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The quartiles of at least two values."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def _steps_in(step: Callable[[], float], seconds: float) -> int:
    before = time.perf_counter()
    step()
    return max(3, int(seconds / (time.perf_counter() - before)))


def _turn(step: Callable[[], float], count: int) -> float:
    for _ in range(min(WARM_UP, count)):
        step()
    times = []
    for _ in range(count):
        before = time.perf_counter()
        step()
        times.append(time.perf_counter() - before)
    return statistics.median(times)
