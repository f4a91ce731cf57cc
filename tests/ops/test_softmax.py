import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.softmax import Softmax
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(axis):
    return lambda x: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Softmax(), (distinct((3, 5)),), reference(1)),
    Sample(Softmax(), (X,), reference(1), title="channels"),
    Sample(Softmax(2), (X,), reference(2), title="height"),
    Sample(Softmax(axis=-1), (X,), reference(3), title="last"),
]

LARGE = Sample(
    Softmax(), (np.array([[1e4, 1e4 - 1, -1e4]]),),
    lambda x: np.array([[1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0]]), title="large",
)  # fmt: skip
EDGES = [LARGE]


def test_large_logits_do_not_overflow() -> None:
    np.testing.assert_allclose(run(LARGE, dtype=np.float32).output, LARGE.expected(), rtol=1e-6)


@pytest.mark.parametrize("axis", [0, 2, -2])
def test_the_axis_is_one_of_a_sample(axis: int) -> None:
    with pytest.raises(AttributeProblem) as problem:
        Softmax(axis).infer(TensorType.batched(5))
    assert problem.value.found == f"axis: {axis} for (N, 5)"
