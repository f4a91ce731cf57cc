"""Two sequences side by side, with as much alike as can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def align(left: Sequence[T], right: Sequence[T], likeness: Callable[[T, T], float]) -> list[tuple[T, T]]:
    """Pair elements so that their order stays, none is in two pairs, and the pairs' likeness sums up to the most.

    Args:
        left, right: the sequences. Their length decides how long it takes: likeness is asked for each of one with each
            of the other.
        likeness: of two elements; 0 or less for those that must not be paired.
    """
    scores = [[likeness(x, y) for y in right] for x in left]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]  # of what begins at two places
    for i in reversed(range(len(left))):
        row, below, score = best[i], best[i + 1], scores[i]
        for j in reversed(range(len(right))):
            found = max(below[j], row[j + 1])
            row[j] = max(found, below[j + 1] + score[j]) if score[j] > 0 else found
    pairs = []
    i = j = 0
    while i < len(left) and j < len(right):
        if scores[i][j] > 0 and best[i][j] == best[i + 1][j + 1] + scores[i][j]:
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs
