"""Alignment of sequences."""

from __future__ import annotations

from itertools import combinations, product

from hypothesis import given
from hypothesis import strategies as st

from graphnet.analysis.alignment import align

TABLE = {pair: (7 * ord(pair[0]) + 3 * ord(pair[1])) % 5 / 2 for pair in product("abcd", repeat=2)}


def likeness(x: str, y: str) -> float:
    return TABLE[x[0], y[0]]


def best_by_trying_all(left: list[str], right: list[str]) -> float:
    """The most that any order-keeping choice of as many elements of both sides sums up to."""
    best = 0.0
    for count in range(1, min(len(left), len(right)) + 1):
        for xs in combinations(left, count):
            for ys in combinations(right, count):
                scores = [likeness(x, y) for x, y in zip(xs, ys, strict=True)]
                best = max(best, sum(scores)) if all(score > 0 for score in scores) else best
    return best


texts = st.lists(st.sampled_from("abcd"), max_size=5).map(lambda letters: [f"{x}{k}" for k, x in enumerate(letters)])


@given(texts, texts)
def test_no_other_choice_is_better(left: list[str], right: list[str]) -> None:
    pairs = align(left, right, likeness)
    assert all(likeness(x, y) > 0 for x, y in pairs)
    assert sum(likeness(x, y) for x, y in pairs) == best_by_trying_all(left, right)
    for side, side_of_pairs in ((left, [x for x, _ in pairs]), (right, [y for _, y in pairs])):
        places = [side.index(element) for element in side_of_pairs]
        assert places == sorted(set(places)), "an element is in two pairs, or the order changed"
