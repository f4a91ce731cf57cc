"""Random numbers that follow from seeds and samples."""

from __future__ import annotations

import numpy as np
import pytest

from graphnet.ir.augmentation import Chance

ROWS = np.arange(20_011)
CHANCE = Chance.of(ROWS, 7, 3)


def test_numbers_are_uniform_and_independent_of_one_another() -> None:
    numbers = CHANCE.uniform("x", -2, 5)
    assert numbers.shape == (20_011,)
    assert (numbers.min() >= -2, numbers.max() < 5) == (True, True)
    counts = np.histogram(numbers, 49, (-2, 5))[0]
    expected = len(numbers) / 49
    assert ((counts - expected) ** 2 / expected).sum() < 85  # chi squared with 48 degrees of freedom, p about 0.001
    others = [
        CHANCE.uniform("y"), CHANCE.inside(1).uniform("x"), CHANCE.inside("a").uniform("x"), numbers[1:],
        Chance.of(ROWS, 7, 4).uniform("x"), Chance.of(ROWS, 8, 3).uniform("x"), Chance.of(ROWS + 1, 3, 7).uniform("x"),
        CHANCE.inside(2).inside(1).uniform("x"), CHANCE.inside(1).inside(2).uniform("x"),
        *CHANCE.uniform("x", shape=(3,)).T,
    ]  # fmt: skip
    drawn = [numbers[:20_010], *(other[:20_010] for other in others)]
    correlation = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.abs(correlation).max() < 5 / np.sqrt(20_010)


def test_a_sample_draws_the_same_in_any_batch() -> None:
    chosen = np.array([5, 2, 19, 7])
    some = Chance.of(ROWS[chosen], 7, 3)
    np.testing.assert_array_equal(some.uniform("x", shape=(2, 5)), CHANCE.uniform("x", shape=(2, 5))[chosen])
    np.testing.assert_array_equal(CHANCE.at(chosen).whole("x", -3, 3), CHANCE.whole("x", -3, 3)[chosen])
    np.testing.assert_array_equal(CHANCE.uniform("x"), CHANCE.uniform("x"))


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_events_happen_as_often_as_they_should(p: float) -> None:
    assert CHANCE.happens("event", p).mean() == pytest.approx(p, abs=0.015)


def test_whole_numbers_include_both_ends() -> None:
    counts = np.bincount(CHANCE.whole("n", 0, 6))
    assert len(counts) == 7
    assert counts.min() > 0.9 * len(ROWS) / 7


def test_a_generator_follows_from_all_samples_and_their_order() -> None:
    few = [Chance.of(np.array(rows), 1) for rows in ([1, 2, 3], [1, 2, 3], [3, 2, 1], [1, 2, 4], [1, 2])]
    first, again, *others = (chance.generator().random() for chance in few)
    assert first == again
    assert len({first, *others}) == 4


def test_large_seeds_are_taken() -> None:
    largest = Chance.of(np.arange(3), 2**63 - 1).uniform("x")
    assert len({*largest, *Chance.of(np.arange(3), 2**63 - 2).uniform("x")}) == 6
