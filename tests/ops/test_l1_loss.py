import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.l1_loss import L1Loss
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x, t):
    return np.mean(np.abs(x - t))


X = distinct((3, 5))
SAMPLES = [
    Sample(L1Loss(), (X, X[::-1, ::-1] / 3), reference),
    Sample(L1Loss(), (distinct((3, 5, 7, 2)), distinct((3, 5, 7, 2), seed=1) / 3), reference, title="maps"),
]

EDGES = [Sample(L1Loss(), (X, X.copy()), reference, title="equal")]


def test_where_both_are_equal_there_is_no_gradient() -> None:
    found = run(EDGES[0]).gradients
    assert not found["x0"].any()
    assert not found["x1"].any()


def test_nothing_broadcasts() -> None:
    with pytest.raises(AttributeProblem, match="cannot compare"):
        L1Loss().infer(TensorType.batched(5), TensorType.batched(1))
