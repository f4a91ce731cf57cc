import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.slice import Slice
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample

X = distinct((3, 19, 5, 7))
SAMPLES = [
    Sample(Slice(start=3, stop=-1), (X,), lambda x: x[:, 3:-1], title="channels"),
    Sample(Slice(stop=18, step=5), (X,), lambda x: x[:, :18:5], title="every fifth channel"),
    Sample(Slice(axis=-1, start=-3), (X,), lambda x: x[..., -3:], title="columns"),
    Sample(Slice(axis=2, start=1, step=2), (X,), lambda x: x[:, :, 1::2], title="every other row"),
    Sample(Slice(start=16), (distinct((3, 19)),), lambda x: x[:, 16:], title="features"),
]


def problem_of(op):
    with pytest.raises(AttributeProblem) as problem:
        op.infer(TensorType.batched(5, 7))
    return problem.value


def test_positions_are_those_of_the_axis() -> None:
    """Unlike Python's, a range that sticks out is a mistake."""
    assert problem_of(Slice(stop=6)).attribute == "stop"
    assert problem_of(Slice(start=-6)).expected == "a number from -5 to 5"


def test_something_is_left() -> None:
    assert problem_of(Slice(start=5)).attribute == "start"
    assert problem_of(Slice(start=3, stop=2)).found == "start 3, stop 2"


def test_the_axis_is_one_of_a_sample() -> None:
    assert problem_of(Slice(axis=0, stop=1)).attribute == "axis"


def test_whole_numbers_may_be_sliced() -> None:
    tokens = TensorType.batched(11, dtype="int32")
    assert Slice(stop=-1).infer(tokens) == (TensorType.batched(10, dtype="int32"),)
