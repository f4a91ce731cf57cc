import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.hinge import Hinge
from graphnet.testing.arrays import distinct, labels
from graphnet.testing.samples import Sample, run


def reference(margin):
    def compute(x, label):
        losses = [
            sum(max(0.0, row[j] - row[k] + margin) for j in range(len(row)) if j != k)
            for row, k in zip(x, label, strict=True)
        ]
        return np.mean(losses)

    return compute


SAMPLES = [
    Sample(Hinge(), (distinct((7, 5)), labels((7,), 5)), reference(1.0)),
    Sample(Hinge(margin=0.3), (distinct((7, 5)), labels((7,), 5)), reference(0.3), title="margin"),
]

UNKNOWN = [
    Sample(Hinge(), (distinct((3, 5)), np.array([0, k, 1], np.int32)), lambda x, label: np.inf, title=f"label {k} of 5")
    for k in (-1, 5)
]
EDGES = [*UNKNOWN, Sample(Hinge(), (np.zeros((3, 5)), labels((3,), 5)), lambda x, label: 4.0, title="equal scores")]


def test_the_lectures_example() -> None:
    """cs231n: scores of cat, car and frog for three images."""
    scores = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    classes = np.array([0, 1, 2], np.int32)
    single = [run(Sample(Hinge(), (scores[k : k + 1], classes[k : k + 1]), None)).output for k in range(3)]
    np.testing.assert_allclose(single, [2.9, 0, 12.9])
    np.testing.assert_allclose(run(Sample(Hinge(), (scores, classes), None)).output, 15.8 / 3)


def test_labels_are_whole_numbers_one_a_sample() -> None:
    assert Hinge().target(TensorType.batched(5)) == TensorType.batched(dtype="int32")
    with pytest.raises(AttributeProblem) as problem:
        Hinge().infer(TensorType.batched(5), TensorType.batched(1, dtype="int32"))
    assert problem.value.expected == "a target of type (N,) int32 for a prediction of type (N, 5)"
