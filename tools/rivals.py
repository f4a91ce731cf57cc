"""All that graphnet is compared with, as far as it is installed, and the fastest of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from allocators import Allocator, allocators
from contestants import Array, Batch, Contestant
from paired import Pace, take_turns

from graphnet.network import Network

CHECKED_STEPS, SLOW_CHECKED_STEPS, SLOW = 5, 2, 0.5
"""Steps whose results are compared, and how many of those that take more seconds than this."""
TRIED, TRIED_SECONDS, TRIED_SLOW = 3, 1.0, 2
"""Turns that choose the fastest way; fewer where they take more seconds than this."""
NEEDED = {"torch": "PyTorch", "torchvision": "torchvision", "pytest": "pytest"}
"""Packages without which there is no counterpart."""


@dataclass(frozen=True)
class Choice:
    """What to measure.

    Attributes:
        threads: of all contestants.
        train: training steps; else predictions.
        pace: how often.
        torch_compile: whether to try torch.compile.
        start_up, memory, scaling: whether to measure these.
    """

    threads: int
    train: bool
    pace: Pace
    torch_compile: bool = True
    start_up: bool = True
    memory: bool = True
    scaling: bool = False


@dataclass(frozen=True)
class Rival:
    """A contestant with the allocator that suits it.

    Attributes:
        seconds: of its step when it was chosen.
        difference: from graphnet's results.
    """

    contestant: Contestant
    allocator: Allocator
    seconds: float
    difference: float | None

    @property
    def name(self) -> str:
        return self.contestant.name + self.allocator.suffix


@dataclass(frozen=True)
class Absent:
    """A rival that cannot be compared.

    Attributes:
        reason: why not.
    """

    name: str
    reason: str


def rivals(
    network: Network, weights: Mapping[str, Array], batch: Batch, choice: Choice
) -> Iterator[Contestant | Absent]:
    """All ways that graphnet may be compared with."""
    missing = [title for package, title in NEEDED.items() if find_spec(package) is None]
    if missing:
        yield Absent("PyTorch", _needs(missing))
        return
    torch_ways, counterparts = import_module("torch_ways"), import_module("counterparts")
    try:
        yield from torch_ways.torch_contestants(
            network, weights, batch, choice.threads, train=choice.train, compiled=choice.torch_compile
        )
    except counterparts.NoCounterpartError as reason:
        yield Absent("PyTorch", str(reason))
        return
    if not choice.train:
        yield _onnx_runtime(network, weights, batch, choice.threads)


def _onnx_runtime(network: Network, weights: Mapping[str, Array], batch: Batch, threads: int) -> Contestant | Absent:
    missing = [package for package in ("onnx", "onnxruntime") if find_spec(package) is None]
    if missing:
        return Absent("ONNX Runtime", _needs(missing))
    try:
        found: Contestant = import_module("onnx_way").onnx_contestant(network, weights, batch, threads)
    except Exception as error:
        return Absent("ONNX Runtime", _reason(error))
    return found


def fastest(
    found: Iterator[Contestant | Absent], results: list[Array], pace: Pace
) -> tuple[dict[str, float | str], Rival | None]:
    """The ways with their times, or why they have none, and the fastest.

    Args:
        found: all ways.
        results: of graphnet's first steps, to compare with.
        pace: of which the turn counts.
    """
    ways: dict[str, float | str] = {}
    best: Rival | None = None
    for way in found:
        if isinstance(way, Absent):
            ways[way.name] = way.reason
            continue
        try:
            difference = largest_difference(results, first_results(way.step))
        except Exception as error:  # whatever keeps a compiler from working is worth a line, not the end
            ways[way.name] = _reason(error)
            continue
        for allocator in allocators():
            allocator.use()
            timing = take_turns({way.name: way.step}, Pace(TRIED, pace.turn, TRIED_SECONDS, TRIED_SLOW))[way.name]
            rival = Rival(way, allocator, timing.best, difference)
            ways[rival.name] = rival.seconds
            if best is None or rival.seconds < best.seconds:
                best = rival
    return ways, best


def _needs(packages: Sequence[str]) -> str:
    *others, last = packages
    return f"needs {' and '.join([', '.join(others), last] if others else [last])}, of the extra `bench`"


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error).strip() else ''}"


def first_results(step: Callable[[], Array]) -> list[Array]:
    """What the first steps give: a few of them, fewer where they are slow."""
    found = [step()]
    before = time.perf_counter()
    found.append(step())
    wanted = CHECKED_STEPS if time.perf_counter() - before < SLOW else SLOW_CHECKED_STEPS
    return [*found, *(step() for _ in range(wanted - len(found)))]


def largest_difference(mine: list[Array], theirs: list[Array]) -> float | None:
    """The largest relative difference of results, as far as there are both; None where there are none."""
    pairs = list(zip(mine, theirs, strict=False))
    return max((float(np.linalg.norm(a - b) / max(np.linalg.norm(b), 1e-12)) for a, b in pairs), default=None)
