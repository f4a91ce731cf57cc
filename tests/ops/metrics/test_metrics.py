"""Metrics against counting by hand, and over batches of any size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet.ops  # noqa: F401 - registers the metrics
from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.definitions import METRICS

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(5)
SCORES = RNG.normal(size=(29, 7)).astype(np.float32)
LABELS = RNG.integers(0, 7, 29).astype(np.int32)
MAPS = RNG.normal(size=(3, 5, 7, 11)).astype(np.float32)
MASKS = RNG.integers(0, 5, (3, 7, 11)).astype(np.int32)
VALUES, WANTED = RNG.normal(size=(13, 3)).astype(np.float32), RNG.normal(size=(13, 3)).astype(np.float32)


def whole(name: str, *arrays: Array, **settings: Any) -> float:
    metric = METRICS[name](**settings)
    return metric.result(metric.update(None, *arrays[:-1], target=arrays[-1]))


def test_accuracy_counts_right_classes() -> None:
    right = sum(max(range(7), key=lambda c: row[c]) == label for row, label in zip(SCORES, LABELS, strict=True))
    assert whole("accuracy", SCORES, LABELS) == right / 29


def test_accuracy_counts_pixels_and_leaves_out_ignored_ones() -> None:
    masks = MASKS.copy()
    masks[0, :2] = 255
    counted = right = 0
    for n in range(3):
        for h in range(7):
            for w in range(11):
                if masks[n, h, w] != 255:
                    counted += 1
                    right += int(np.argmax(MAPS[n, :, h, w]) == masks[n, h, w])
    assert whole("accuracy", MAPS, masks, ignore_index=255) == right / counted


@pytest.mark.parametrize("target", [[1, 0, 1, 1], [[1.0], [0.0], [1.0], [1.0]], [1, -1, 1, 1]], ids=str)
def test_accuracy_judges_decisions(target: list[Any]) -> None:
    labels = np.array(target, dtype=np.float32 if isinstance(target[0], list) else np.int32)
    assert whole("accuracy", np.array([[1.0], [0.0], [0.0], [1.0]]), labels) == 0.75
    logits = np.array([[3.0], [-2.0], [0.2], [0.4]])
    assert whole("accuracy", logits, labels) == 0.5
    assert whole("accuracy", logits, labels, threshold=0) == 1.0


def test_accuracy_takes_one_hot_targets() -> None:
    assert whole("accuracy", SCORES, np.eye(7, dtype=np.float32)[LABELS]) == whole("accuracy", SCORES, LABELS)


@pytest.mark.parametrize("k", [1, 3, 7])
def test_top_k_looks_among_the_best(k: int) -> None:
    right = sum(label in np.argsort(-row)[:k] for row, label in zip(SCORES, LABELS, strict=True))
    assert whole("top_k", SCORES, LABELS, k=k) == right / 29


def test_top_1_is_the_accuracy_even_with_ties() -> None:
    scores = RNG.integers(0, 3, (101, 5)).astype(np.float32)
    labels = RNG.integers(0, 5, 101)
    assert whole("top_k", scores, labels, k=1) == whole("accuracy", scores, labels)
    assert whole("top_k", MAPS, MASKS, k=1) == whole("accuracy", MAPS, MASKS)


def test_a_score_that_is_no_number_is_not_among_the_best() -> None:
    scores = np.array([[np.nan, 1.0, 2.0], [0.0, 1.0, 2.0]])
    assert whole("top_k", scores, np.array([0, 2]), k=2) == 0.5


def test_mean_errors() -> None:
    absolute = squared = 0.0
    for a, b in zip(VALUES.ravel().tolist(), WANTED.ravel().tolist(), strict=True):
        absolute += abs(a - b) / VALUES.size
        squared += (a - b) ** 2 / VALUES.size
    assert whole("mean_absolute_error", VALUES, WANTED) == pytest.approx(absolute, rel=1e-12)
    assert whole("mean_squared_error", VALUES, WANTED) == pytest.approx(squared, rel=1e-12)


def test_mean_iou_compares_regions_as_sets() -> None:
    predicted = MAPS.argmax(axis=1)
    ratios = []
    for c in range(5):
        ours, true = set(np.flatnonzero(predicted == c)), set(np.flatnonzero(c == MASKS))
        ratios.append(len(ours & true) / len(ours | true))
    assert whole("mean_iou", MAPS, MASKS) == pytest.approx(sum(ratios) / 5)


def test_mean_iou_leaves_out_classes_that_never_occur() -> None:
    scores = np.array([[0.0, 1, 0], [1, 0, 0], [1, 0, 0]])
    assert whole("mean_iou", scores, np.array([1, 0, 1])) == pytest.approx((1 / 2 + 1 / 2) / 2)


def test_nothing_measured_is_no_number() -> None:
    assert math.isnan(whole("accuracy", SCORES, np.full(29, -100)))
    assert math.isnan(whole("mean_iou", SCORES, np.full(29, -100)))


@settings(deadline=None)
@given(cuts=st.lists(st.integers(1, 28), max_size=4, unique=True), name=st.sampled_from(sorted(METRICS)))
def test_batches_add_up(cuts: list[int], name: str) -> None:
    arrays = (SCORES, SCORES[::-1]) if name.startswith("mean_") and name != "mean_iou" else (SCORES, LABELS)
    metric = METRICS[name]()
    state = None
    for parts in zip(*(np.split(array, sorted(cuts)) for array in arrays), strict=True):
        state = metric.update(state, parts[0], target=parts[1])
    assert metric.result(state) == pytest.approx(whole(name, *arrays), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "prediction", "target", "fits"),
    [
        ("accuracy", (7,), "int32 ()", True),
        ("accuracy", (7, 3, 5), "int32 (3, 5)", True),
        ("accuracy", (1,), "float (1,)", True),
        ("accuracy", (1,), "int32 ()", True),
        ("accuracy", (7,), "float (7,)", True),
        ("accuracy", (7,), "float (1,)", False),
        ("accuracy", (7, 3, 5), "int32 ()", False),
        ("top_k", (7,), "int32 ()", True),
        ("top_k", (7,), "float (7,)", False),
        ("top_k", (3,), "int32 ()", False),
        ("mean_iou", (7, 3, 5), "int32 (3, 5)", True),
        ("mean_absolute_error", (1,), "float (1,)", True),
        ("mean_squared_error", (1,), "float ()", False),
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, prediction: tuple[int, ...], target: str, fits: bool) -> None:
    dtype, shape = target.split(" ", 1)
    types = TensorType.batched(*prediction), TensorType.batched(*eval(shape), dtype=dtype)
    if fits:
        METRICS[name]().check(*types)
    else:
        with pytest.raises(AttributeProblem, match=f"metric '{name}'"):
            METRICS[name]().check(*types)


def test_directions() -> None:
    assert {name for name, metric in METRICS.items() if metric.higher_is_better} == {"accuracy", "top_k", "mean_iou"}
