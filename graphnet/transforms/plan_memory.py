"""Give every buffer of a program an offset in one arena, so that what lives at the same time never overlaps.

This is dynamic storage allocation: buffers are rectangles, as wide as their lifetime and as high as their size,
which may only be moved vertically. The best plan is NP-hard to find. Placing one buffer after another into the
tightest gap that holds it comes close, if the order is good; which order is good differs from network to
network, so several are tried, and the best of them is then improved where it hurts.

Sources: Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020 (greedy by size);
Sekiyama et al., "Profile-guided memory optimization for deep neural networks", 2018.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from graphnet.core.diagnostics import InternalError
from graphnet.ir.schedule import MemoryPlan, Placement

ALIGNMENT: Final = 64
"""Bytes: a cache line, and the widest vector."""

EFFORT: Final = 20_000
"""How many buffers to place, over all attempts, before the best plan so far is taken. Bounds the time to about
half a second; a number of attempts instead of a clock, because plans must not differ from run to run."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Buffer:
    """Memory that a program needs for a while.

    Attributes:
        name: unique in the program.
        size: in bytes.
        first, last: indices of the first and the last kernel that touch it; both may run while it is live.
    """

    name: str
    size: int
    first: int
    last: int


def plan_memory(buffers: Sequence[Buffer], alignment: int = ALIGNMENT) -> MemoryPlan:
    """Choose an offset for every buffer, for a low peak.

    Args:
        buffers: what to place, in any order. Equal lists give equal plans.
        alignment: offsets and the peak are multiples of it.

    Returns:
        a plan with its placements sorted by first use. The lower bound counts sizes as they are occupied:
        rounded up to the alignment.

    Raises:
        InternalError: two buffers have one name, or a buffer ends before it begins.
    """
    _check(buffers)
    if not buffers:
        return MemoryPlan((), 0, 0)
    problem = _Problem(buffers, alignment)
    offsets = problem.solve()
    placed = [Placement(b.name, int(o), b.size, b.first, b.last) for b, o in zip(buffers, offsets, strict=True)]
    placed.sort(key=lambda p: (p.first, p.offset, p.name))
    return MemoryPlan(tuple(placed), problem.peak(offsets), problem.lower_bound)


def _check(buffers: Sequence[Buffer]) -> None:
    names: set[str] = set()
    for buffer in buffers:
        if buffer.name in names:
            raise InternalError("memory planning", "two buffers have this name", buffer.name)
        if buffer.size < 0 or buffer.last < buffer.first:
            raise InternalError("memory planning", f"impossible buffer: {buffer}", buffer.name)
        names.add(buffer.name)


class _Problem:
    """The buffers as arrays, one element each.

    Attributes:
        size: rounded up to the alignment.
        first, last: lifetimes, both ends included.
        lower_bound: the most that is live at one kernel.
    """

    def __init__(self, buffers: Sequence[Buffer], alignment: int) -> None:
        self.size = np.array([-(-b.size // alignment) * alignment for b in buffers], np.int64)
        self.first = np.array([b.first for b in buffers], np.int64)
        self.last = np.array([b.last for b in buffers], np.int64)
        self._rank = np.argsort(np.argsort([b.name for b in buffers], kind="stable"))  # breaks ties, in any input order
        self.lower_bound = self._lower_bound()

    def _lower_bound(self) -> int:
        start = self.first.min()
        change = np.zeros(self.last.max() - start + 2, np.int64)
        np.add.at(change, self.first - start, self.size)
        np.add.at(change, self.last - start + 1, -self.size)
        return int(np.cumsum(change).max())

    def peak(self, offsets: Integers) -> int:
        return int((offsets + self.size).max())

    def solve(self) -> Integers:
        """The offsets of the best plan found."""
        best, effort = np.empty(0, np.int64), EFFORT
        order = best
        for candidate in self._orders():
            offsets = self.place(candidate)
            if not len(best) or self.peak(offsets) < self.peak(best):
                best, order = offsets, candidate
            effort -= len(order)
            if effort <= 0 or self.peak(best) == self.lower_bound:
                break
        return self._improve(best, order, effort)

    def _orders(self) -> Iterator[Integers]:
        """Orders to place the buffers in, the most promising first."""
        lifetime = self.last - self.first + 1
        keys: tuple[tuple[Integers, ...], ...] = (
            (-self.size, self.first),
            (-self.size * lifetime, self.first),
            (-lifetime, -self.size),
            (self.first, -lifetime, -self.size),
            (-self.last, -lifetime, -self.size),
        )
        for key in keys:
            yield np.lexsort((self._rank, *reversed(key)))  # lexsort takes the most significant key last

    def _improve(self, offsets: Integers, order: Integers, effort: int) -> Integers:
        """Place earlier what made the peak, again and again, as long as effort is left."""
        best, current = offsets, offsets
        seen = {order.tobytes()}
        while effort > 0 and self.peak(best) > self.lower_bound:
            top = current + self.size == self.peak(current)
            order = np.concatenate([order[top[order]], order[~top[order]]])
            if order.tobytes() in seen:
                break
            seen.add(order.tobytes())
            current = self.place(order)
            effort -= len(order)
            if self.peak(current) < self.peak(best):
                best = current
        return best

    def place(self, order: Integers) -> Integers:
        """Put each buffer into the tightest gap that is free for all its life, or on top where there is none.

        What is placed already is kept sorted by offset, so that the gaps under a buffer's lifetime come out
        of one sweep.
        """
        offsets = np.zeros(len(order), np.int64)
        placed = np.empty((4, len(order)), np.int64)  # first, last, start, end
        for count, k in enumerate(order):
            first, last, start, end = placed[:, :count]
            beside = (first <= self.last[k]) & (last >= self.first[k])
            offset = _tightest_gap(start[beside], end[beside], self.size[k])
            offsets[k] = offset
            position = int(np.searchsorted(start, offset))
            placed[:, position + 1 : count + 1] = placed[:, position:count]
            placed[:, position] = self.first[k], self.last[k], offset, offset + self.size[k]
        return offsets


def _tightest_gap(starts: Integers, ends: Integers, size: np.int64) -> int:
    """The offset of the smallest gap of at least `size` between intervals sorted by start, or above them all."""
    if not len(starts):
        return 0
    covered = np.maximum.accumulate(ends)
    floors = np.concatenate([[0], covered[:-1]])
    gaps = starts - floors
    fitting = np.flatnonzero(gaps >= size)
    if not len(fitting):
        return int(covered[-1])
    return int(floors[fitting[np.argmin(gaps[fitting])]])
