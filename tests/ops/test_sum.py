import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.sum import Sum
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(axis, keepdim=False):
    return lambda x: np.sum(x, axis=axis, keepdims=keepdim)


X = distinct((3, 17, 2, 7))
SAMPLES = [
    Sample(Sum(), (X,), reference((1, 2, 3)), title="of a sample"),
    Sample(Sum(1), (X,), reference(1), title="channels"),
    Sample(Sum((-1, 1)), (X,), reference((1, 3)), title="several"),
    Sample(Sum(2, keepdim=True), (X,), reference(2, True), title="keepdim"),
    Sample(Sum(1, keepdim=True), (distinct((3, 17)),), reference(1, True), title="features"),
]


def test_one_axis_may_be_a_list() -> None:
    assert Sum(2) == Sum([2])


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        (0, "cannot run along the batch axis"),
        (-4, "cannot run along the batch axis"),
        (4, "cannot find axis 4 of {operand}"),
        ((1, -3), "cannot take an axis twice"),
    ],
)
def test_axes_are_different_ones_of_a_sample(axis, message: str) -> None:
    with pytest.raises(AttributeProblem) as problem:
        Sum(axis).infer(TensorType.batched(5, 7, 11))
    assert problem.value.message == message
    assert problem.value.attribute == "axis"


def test_no_axes_are_no_list() -> None:
    with pytest.raises(ValueError, match="at least 1 item"):
        Sum(())


def test_whole_numbers_are_refused() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Sum().infer(TensorType.batched(5, dtype="int32"))
    assert problem.value.code == "dtype"
