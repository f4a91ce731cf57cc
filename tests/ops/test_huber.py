import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.huber import Huber
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(delta):
    def loss(x, t):
        sizes = np.abs(x - t).ravel()
        return np.mean([d * d / 2 if d < delta else delta * d - delta * delta / 2 for d in sizes])

    return loss


X, T = distinct((3, 5, 7, 2), low=-3, high=3), distinct((3, 5, 7, 2), seed=1) / 3
SAMPLES = [
    Sample(Huber(), (X, T), reference(1.0)),
    Sample(Huber(0.3), (X, T), reference(0.3), title="delta 0.3"),
]

KINKS = Sample(
    Huber(2.0), (np.array([[2.0, -2.0, 0.0, 1e4]]), np.zeros((1, 4))), reference(2.0), title="where the pieces meet"
)
EDGES = [KINKS]


def test_the_gradient_is_bounded() -> None:
    found = run(KINKS).gradients["x0"] / KINKS.upstream
    np.testing.assert_allclose(found, np.array([[2, -2, 0, 2]]) / 4)


def test_delta_is_positive() -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        Huber(delta=0)


def test_nothing_broadcasts() -> None:
    with pytest.raises(AttributeProblem, match="cannot compare"):
        Huber().infer(TensorType.batched(5), TensorType.batched(1))
