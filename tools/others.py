"""How much of the cores other programs took while something was measured."""

from __future__ import annotations

import os
import time
from pathlib import Path

_STAT = Path("/proc/stat")
_IDLE = (3, 4)  # of a line's numbers: idle, and waiting for a disk
_GUESTS = 8  # the numbers from here on are part of earlier ones


class OtherPrograms:
    """A clock of what other programs do on the cores that this process may use; it starts when it is made."""

    def __init__(self) -> None:
        self._began = time.perf_counter(), _busy_seconds(), _own_seconds()

    def cores(self) -> float | None:
        """How many cores they used since, on average; None where the system does not tell."""
        began, busy, own = self._began
        now = _busy_seconds()
        if busy is None or now is None:
            return None
        return max(0.0, (now - busy - (_own_seconds() - own)) / (time.perf_counter() - began))


def _own_seconds() -> float:
    """Of this process, on all cores."""
    used = os.times()
    return used.user + used.system


def _busy_seconds() -> float | None:
    """Of all programs, on the cores that this process may use."""
    if not _STAT.is_file():
        return None
    usable = {f"cpu{core}" for core in os.sched_getaffinity(0)}
    lines = (line.split() for line in _STAT.read_text().splitlines())
    counts = [[int(n) for n in numbers[:_GUESTS]] for name, *numbers in lines if name in usable]
    ticks = sum(n for numbers in counts for place, n in enumerate(numbers) if place not in _IDLE)
    return ticks / os.sysconf("SC_CLK_TCK")
