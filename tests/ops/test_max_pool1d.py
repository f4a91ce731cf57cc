import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.max_pool1d import MaxPool1d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(size, stride, padding, dilation, windows):
    """The largest of each window's elements inside the sequence."""

    def compute(x):
        taps = range(0, size * dilation, dilation)
        starts = [w * stride - padding for w in range(windows)]
        inside = [[start + tap for tap in taps if 0 <= start + tap < x.shape[2]] for start in starts]
        return np.stack([x[:, :, window].max(axis=2) for window in inside], axis=2)

    return compute


X = distinct((3, 17, 11))
SAMPLES = [
    Sample(MaxPool1d(2), (X,), reference(2, 2, 0, 1, 5)),
    Sample(
        MaxPool1d(3, stride=3, padding=1, dilation=2, ceil_mode=True), (X,), reference(3, 3, 1, 2, 4),
        title="all at once",
    ),
]  # fmt: skip


def test_one_number_an_attribute() -> None:
    assert MaxPool1d((3,), stride=2) == MaxPool1d(3, stride=(2,))
    with pytest.raises(ValueError, match="at most 1 item"):
        MaxPool1d((3, 2))


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        MaxPool1d(2).infer(TensorType.batched(5, 7, 11))
    assert problem.value.expected == "a value of rank 3 (N, C, L)"


def test_the_axis_is_a_length() -> None:
    with pytest.raises(AttributeProblem) as problem:
        MaxPool1d(9).infer(TensorType.batched(5, 7))
    assert problem.value.message == "its window of 9 does not fit the length of {operand}"
