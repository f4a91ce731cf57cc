import itertools

import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.cross_entropy import CrossEntropy
from graphnet.testing.arrays import distinct, labels
from graphnet.testing.samples import Sample, run


def reference(smoothing=0.0, weights=None, ignored=-100):
    """The definition, position by position, with the targets written out as distributions."""

    def compute(x, label):
        classes = x.shape[1]
        w = np.ones(classes) if weights is None else np.array(weights)
        total, count = 0.0, 0.0
        for n, *at in itertools.product(*map(range, label.shape)):
            k = label[(n, *at)]
            if k == ignored:
                continue
            logits = x[(n, slice(None), *at)]
            log_p = np.log(np.exp(logits) / np.exp(logits).sum())
            distribution = np.full(classes, smoothing / classes)
            distribution[k] += 1 - smoothing
            total -= (distribution * w * log_p).sum()
            count += w[k]
        return total / count

    return compute


WEIGHTS = (0.5, 2.0, 1.0, 3.0, 0.25)
SCORES, CLASSES = distinct((7, 5)), labels((7,), 5)
MAPS, MASK = distinct((3, 5, 7, 11)), labels((3, 7, 11), 5)
HOLES = np.where(MASK == 2, 255, MASK).astype(np.int32)
SAMPLES = [
    Sample(CrossEntropy(), (SCORES, CLASSES), reference()),
    Sample(CrossEntropy(), (MAPS, MASK), reference(), title="maps"),
    Sample(CrossEntropy(label_smoothing=0.1), (SCORES, CLASSES), reference(0.1), title="smoothing"),
    Sample(CrossEntropy(label_smoothing=1), (SCORES, CLASSES), reference(1.0), title="all smoothing"),
    Sample(CrossEntropy(weights=WEIGHTS), (SCORES, CLASSES), reference(weights=WEIGHTS), title="weights"),
    Sample(CrossEntropy(weights=WEIGHTS), (MAPS, MASK), reference(weights=WEIGHTS), title="weights and maps"),
    Sample(CrossEntropy(ignore_index=255), (MAPS, HOLES), reference(ignored=255), title="ignored"),
    Sample(
        CrossEntropy(label_smoothing=0.2, weights=WEIGHTS, ignore_index=255), (MAPS, HOLES),
        reference(0.2, WEIGHTS, 255), title="all at once",
    ),
]  # fmt: skip

LARGE = Sample(
    CrossEntropy(), (np.array([[1e4, 1e4 - 2, -1e4], [-3e4, -3e4, -3e4]]), np.array([1, 2], np.int32)),
    lambda x, label: (2 + np.log(1 + np.exp(-2)) + np.log(3)) / 2, title="large",
)  # fmt: skip
UNKNOWN = [
    Sample(CrossEntropy(), (SCORES[:2], np.array([0, k], np.int32)), lambda x, label: np.inf, title=f"label {k} of 5")
    for k in (-1, 5, 255)
]
IGNORED = Sample(CrossEntropy(), (SCORES, np.full(7, -100, np.int32)), lambda x, label: np.nan, title="all ignored")
EDGES = [LARGE, *UNKNOWN, IGNORED]


def test_the_lectures_example() -> None:
    """cs231n: scores 3.2, 5.1, -1.7 and class 0: probability 0.13, loss 2.04."""
    loss = run(Sample(CrossEntropy(), (np.array([[3.2, 5.1, -1.7]]), np.array([0], np.int32)), None)).output
    assert round(float(np.exp(-loss)), 2) == 0.13
    assert round(float(loss), 2) == 2.04


def test_large_logits_in_float32() -> None:
    result = run(LARGE, dtype=np.float32)
    np.testing.assert_allclose(result.output, LARGE.expected(), rtol=1e-6)
    p = np.exp(-2) / (1 + np.exp(-2))
    expected = np.array([[1 - p, p - 1, 0], [1 / 3, 1 / 3, -2 / 3]]) / 2 * LARGE.upstream
    np.testing.assert_allclose(result.gradients["x0"], expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("label", [-1, 5, 255])
def test_a_label_that_is_no_class_shows(label: int) -> None:
    classes = CLASSES.copy()
    classes[3] = label
    for op in (CrossEntropy(weights=WEIGHTS), CrossEntropy(label_smoothing=0.1)):
        assert not np.isfinite(run(Sample(op, (SCORES, classes), None)).output)


def test_ignored_positions_have_no_gradient() -> None:
    gradient = run(Sample(CrossEntropy(ignore_index=255), (MAPS, HOLES), None)).gradients["x0"]
    np.testing.assert_array_equal(np.moveaxis(gradient, 1, -1)[HOLES == 255], 0)
    assert (np.moveaxis(gradient, 1, -1)[HOLES != 255] != 0).all()


def test_targets() -> None:
    assert CrossEntropy().target(TensorType.batched(5)) == TensorType.batched(dtype="int32")
    assert CrossEntropy().target(TensorType.batched(5, 7, 11)) == TensorType.batched(7, 11, dtype="int32")
    with pytest.raises(AttributeProblem) as problem:
        CrossEntropy().infer(TensorType.batched(5), TensorType.batched(5))
    assert problem.value.expected == "a target of type (N,) int32 for a prediction of type (N, 5)"


def test_one_weight_a_class() -> None:
    with pytest.raises(AttributeProblem) as problem:
        CrossEntropy(weights=(1, 2)).infer(TensorType.batched(5), TensorType.batched(dtype="int32"))
    assert (problem.value.expected, problem.value.found) == ("5 weights", "2 weights")


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        CrossEntropy().infer(TensorType.batched(5, 7), TensorType.batched(7, dtype="int32"))
    assert problem.value.expected == "logits of rank 2 (N, classes) or 4 (N, classes, H, W)"


@pytest.mark.parametrize("attributes", [{"weights": []}, {"weights": [-1.0]}, {"label_smoothing": 1.5}])
def test_values_out_of_range_are_refused(attributes: dict) -> None:
    with pytest.raises(ValidationError):
        CrossEntropy(**attributes)
