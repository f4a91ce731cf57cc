import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.mse import MeanSquaredError
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(x, t):
    return np.mean(np.square(x - t))


SAMPLES = [
    Sample(MeanSquaredError(), (distinct((3, 5)), distinct((3, 5), seed=1)), reference),
    Sample(MeanSquaredError(), (distinct((3, 5, 7, 11)), distinct((3, 5, 7, 11), seed=1)), reference, title="maps"),
    Sample(MeanSquaredError(), (distinct((3,)), distinct((3,), seed=1)), reference, title="numbers"),
]

EDGES = [Sample(MeanSquaredError(), (distinct((1, 5)), np.full((1, 5), np.nan)), reference, title="not a number")]


def test_the_target_has_the_predictions_type() -> None:
    assert MeanSquaredError().target(TensorType.batched(5)) == TensorType.batched(5)


@pytest.mark.parametrize("target", [TensorType.batched(1), TensorType.batched(), TensorType(()), TensorType((5,))])
def test_nothing_broadcasts(target: TensorType) -> None:
    with pytest.raises(AttributeProblem) as problem:
        MeanSquaredError().infer(TensorType.batched(5), target)
    assert problem.value.expected == "a target of type (N, 5) for a prediction of type (N, 5)"
    assert problem.value.found == str(target)


def test_one_prediction_and_one_target() -> None:
    with pytest.raises(AttributeProblem) as problem:
        MeanSquaredError().infer(TensorType.batched(5))
    assert problem.value.code == "operands"
