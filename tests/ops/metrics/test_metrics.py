"""Metrics against counting by hand, and over batches of any size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet.ops  # noqa: F401 - registers the metrics
from graphnet.core.diagnostics import AttributeProblem, RunError
from graphnet.core.types import TensorType
from graphnet.ir.definitions import METRICS

Array = np.ndarray[Any, Any]
RNG = np.random.default_rng(5)
SCORES = RNG.normal(size=(29, 7)).astype(np.float32)
LABELS = RNG.integers(0, 7, 29).astype(np.int32)
MAPS = RNG.normal(size=(3, 5, 7, 11)).astype(np.float32)
MASKS = RNG.integers(0, 5, (3, 7, 11)).astype(np.int32)
VALUES, WANTED = RNG.normal(size=(13, 3)).astype(np.float32), RNG.normal(size=(13, 3)).astype(np.float32)


def whole(name: str, *arrays: Array, **settings: Any) -> Any:
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


def test_pixel_accuracy_is_the_share_of_right_pixels() -> None:
    masks = MASKS.copy()
    masks[1:, :, 3] = 255
    predicted = [max(range(5), key=lambda c: MAPS[n, c, h, w]) for n, h, w in np.argwhere(masks != 255).tolist()]
    right = sum(a == b for a, b in zip(predicted, masks[masks != 255].tolist(), strict=True))
    assert whole("pixel_accuracy", MAPS, masks, ignore_index=255) == right / len(predicted)


def test_a_confusion_matrix_counts_what_is_taken_for_what() -> None:
    wanted = np.zeros((7, 7), np.int64)
    for row, label in zip(SCORES.tolist(), LABELS.tolist(), strict=True):
        wanted[label, row.index(max(row))] += 1
    found = whole("confusion_matrix", SCORES, LABELS)
    np.testing.assert_array_equal(found, wanted)
    assert found.dtype == np.int64
    assert found.trace() / found.sum() == whole("accuracy", SCORES, LABELS)


@pytest.mark.parametrize("target", [[1, 0, 1, -5], [1, -1, 1, -5]], ids=str)
def test_a_confusion_matrix_of_decisions_has_two_classes(target: list[int]) -> None:
    scores = np.array([[0.9], [0.2], [0.4], [0.4]])
    found = whole("confusion_matrix", scores, np.array(target), ignore_index=-5)
    np.testing.assert_array_equal(found, [[1, 0], [1, 1]])


@pytest.mark.parametrize("name", ["confusion_matrix", "mean_iou"])
@pytest.mark.parametrize("label", [7, 255, -1])
def test_a_label_that_is_no_class_is_an_error(name: str, label: int) -> None:
    labels = np.where(np.arange(29) == 11, label, LABELS)
    with pytest.raises(RunError, match=f"label {label}, which is none of the 7 classes; `ignore_index: {label}`"):
        whole(name, SCORES, labels)
    assert np.isfinite(whole(name, SCORES, labels, ignore_index=label)).all()


def test_nothing_measured_is_no_number() -> None:
    for name in ("accuracy", "pixel_accuracy", "mean_iou"):
        assert math.isnan(whole(name, SCORES, np.full(29, -100)))
    assert not whole("confusion_matrix", SCORES, np.full(29, -100)).any()


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
        ("pixel_accuracy", (7, 3, 5), "int32 (3, 5)", True),
        ("pixel_accuracy", (1, 3, 5), "float (1, 3, 5)", True),
        ("pixel_accuracy", (7,), "int32 ()", False),
        ("confusion_matrix", (7,), "int32 ()", True),
        ("confusion_matrix", (7, 3, 5), "int32 (3, 5)", True),
        ("confusion_matrix", (7,), "float (1,)", False),
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
    directions = {name: metric.higher_is_better for name, metric in METRICS.items()}
    assert {name for name, higher in directions.items() if higher} == {
        "accuracy",
        "pixel_accuracy",
        "top_k",
        "mean_iou",
    }
    assert {name for name, higher in directions.items() if higher is None} == {"confusion_matrix"}
