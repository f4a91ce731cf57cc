"""Batches made ready, one ahead where that takes time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from graphnet.core.diagnostics import RunError
from graphnet.core.types import TensorType
from graphnet.frontend.training import TrainConfig
from graphnet.ir.data import Array, Demand, LateArray, Slot
from graphnet.train.augmenting import Pipeline
from graphnet.train.dataset import Dataset
from graphnet.train.feeding import judging_batches, training_batches
from graphnet.train.run import Plan

DEMAND = Demand((Slot("image", TensorType.batched(1, 3, 5)),), (Slot("label", TensorType.batched(3)),))
X, T = np.arange(11 * 15.0, dtype=np.float32).reshape(11, 1, 3, 5), np.arange(33, dtype=np.float32).reshape(11, 3)
PLAIN = Pipeline((), DEMAND)


class Late(LateArray):
    """Reads from an array, and remembers by whom it was asked for what."""

    def __init__(self, array: Array, hook: Callable[[Array], None] = lambda rows: None) -> None:
        super().__init__(array.shape, array.dtype)
        self._array, self._hook = array, hook
        self.asked: list[tuple[str, list[int]]] = []

    def __getitem__(self, rows: Array) -> Array:
        self.asked.append((threading.current_thread().name, rows.tolist()))
        self._hook(rows)
        return self._array[rows]


def bind(image: Any = X) -> Dataset:
    return Dataset.bind({"image": image, "label": T}, DEMAND)


@pytest.mark.parametrize("image", [X, Late(X)], ids=["at once", "late"])
def test_all_samples_come_in_order_and_the_last_batch_may_be_smaller(image: Any) -> None:
    batches = list(judging_batches(bind(image), PLAIN, 4))
    assert [len(batch["label"]) for batch in batches] == [4, 4, 3]
    np.testing.assert_array_equal(np.concatenate([batch["image"] for batch in batches]), X)
    np.testing.assert_array_equal(np.concatenate([batch["label"] for batch in batches]), T)


def test_what_takes_time_is_made_by_a_thread_one_batch_ahead() -> None:
    late = Late(X)
    parts = [np.array(part) for part in ([3, 1], [0, 2], [7], [5, 10])]
    with closing(training_batches(bind(late), PLAIN, parts, 0)) as batches:
        first = next(batches)
        np.testing.assert_array_equal(first["image"], X[[3, 1]])
        next(batches)
        done = [rows for _, rows in late.asked]
        assert done in ([[3, 1], [0, 2]], [[3, 1], [0, 2], [7]])  # never two ahead
    assert threading.current_thread().name not in {name for name, _ in late.asked}
    assert not any(thread.name.startswith("graphnet-batches") for thread in threading.enumerate())


def test_what_takes_no_time_is_made_at_once() -> None:
    before = threading.active_count()
    with closing(training_batches(bind(), PLAIN, [np.arange(3), np.arange(5)], 0)) as batches:
        next(batches)
        assert threading.active_count() == before


def test_augmented_batches_are_those_of_the_pipeline() -> None:
    pipeline = Pipeline(TrainConfig.parse({"augment": [{"random_crop": 1}, "mixup"]}).augment, DEMAND, 3)
    parts = [np.array([3, 1, 4]), np.array([0, 2])]
    for part, batch in zip(parts, training_batches(bind(), pipeline, parts, 6), strict=True):
        expected = pipeline.for_training({"image": X[part], "label": T[part]}, part, 6)
        for name, array in expected.items():
            np.testing.assert_array_equal(batch[name], array)


def test_a_failure_reaches_the_one_who_waits_for_the_batch() -> None:
    def fail(rows: Array) -> None:
        if 7 in rows:
            raise RunError("cannot read the image 7.png")

    batches = judging_batches(bind(Late(X, fail)), PLAIN, 3)
    assert len(next(batches)["image"]) == len(next(batches)["image"]) == 3
    with pytest.raises(RunError, match=r"7\.png"):
        next(batches)


@pytest.mark.parametrize(("samples", "batch", "accumulate"), [(11, 4, 1), (11, 2, 3), (12, 2, 3), (3, 5, 2)])
def test_the_parts_of_an_epoch(samples: int, batch: int, accumulate: int) -> None:
    plan = Plan(samples, batch, accumulate, 100, 100)
    order = np.random.default_rng(0).permutation(samples)
    parts = list(plan.parts(order, 0))
    np.testing.assert_array_equal(np.concatenate(parts), order)
    for position in range(plan.steps_per_epoch):
        done = position * plan.per_update
        rest = list(plan.parts(order, position))
        np.testing.assert_array_equal(np.concatenate(rest), order[done:])
        sizes = [len(part) for part in rest[:accumulate]]
        assert max(sizes) <= batch
        assert sum(sizes) == plan.per_update or position == plan.steps_per_epoch - 1
