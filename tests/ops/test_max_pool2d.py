import itertools

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.max_pool2d import MaxPool2d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(size, stride=None, padding=(0, 0), dilation=(1, 1), shape=None):
    """The largest of each window's elements inside the image; `shape` is the number of windows."""
    stride = stride or size

    def compute(x):
        y = np.full((*x.shape[:2], *shape), -np.inf)
        for h, w, i, j in itertools.product(*map(range, (*shape, *size))):
            row = h * stride[0] + i * dilation[0] - padding[0]
            column = w * stride[1] + j * dilation[1] - padding[1]
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                y[:, :, h, w] = np.maximum(y[:, :, h, w], x[:, :, row, column])
        return y

    return compute


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(MaxPool2d(2), (X,), reference((2, 2), shape=(3, 5)), title="2"),
    Sample(MaxPool2d(3, stride=2), (X,), reference((3, 3), (2, 2), shape=(3, 5)), title="overlapping"),
    Sample(
        MaxPool2d(3, stride=2, padding=1), (X,),
        reference((3, 3), (2, 2), (1, 1), shape=(4, 6)), title="padding",
    ),
    Sample(
        MaxPool2d((3, 2), stride=(1, 3), padding=(1, 0)), (X,),
        reference((3, 2), (1, 3), (1, 0), shape=(7, 4)), title="rectangular",
    ),
    Sample(MaxPool2d(2, ceil_mode=True), (X,), reference((2, 2), shape=(4, 6)), title="ceil mode"),
    Sample(
        MaxPool2d(3, stride=3, padding=1, ceil_mode=True), (X,),
        reference((3, 3), (3, 3), (1, 1), shape=(3, 4)), title="ceil mode and padding",
    ),
    Sample(
        MaxPool2d(2, stride=1, padding=1, dilation=2), (X,),
        reference((2, 2), (1, 1), (1, 1), (2, 2), shape=(7, 11)), title="dilation",
    ),
    Sample(
        MaxPool2d(3, stride=1, padding=1, ceil_mode=True), (X,),
        reference((3, 3), (1, 1), (1, 1), shape=(7, 11)), title="inception",
    ),
    Sample(MaxPool2d((7, 11)), (X,), reference((7, 11), shape=(1, 1)), title="whole map"),
    Sample(
        MaxPool2d(17, stride=16, padding=8), (distinct((2, 1, 19, 23)),),
        reference((17, 17), (16, 16), (8, 8), shape=(2, 2)), title="more than 255 taps",
    ),
]  # fmt: skip

HOLED = np.where(X[1, 2, 3, 4] == X, np.nan, X)
EQUAL = Sample(
    MaxPool2d(2), (np.full((1, 1, 4, 4), 3.0),), lambda x: np.full((1, 1, 2, 2), 3.0), title="equal elements"
)
LOWEST = Sample(
    MaxPool2d(3, stride=2, padding=1), (np.full((1, 1, 2, 2), -np.inf),), lambda x: np.full((1, 1, 1, 1), -np.inf),
    title="minus infinity",
)  # fmt: skip
NOT_A_NUMBER = Sample(MaxPool2d(2), (HOLED,), reference((2, 2), shape=(3, 5)), title="not a number")
EDGES = [EQUAL, LOWEST, NOT_A_NUMBER]


def test_nan_wins() -> None:
    assert np.argwhere(np.isnan(run(NOT_A_NUMBER).output)).tolist() == [[1, 2, 1, 2]]


def test_the_first_of_equals_gets_the_gradient() -> None:
    assert np.argwhere(run(EQUAL).gradients["x0"])[:, 2:].tolist() == [[0, 0], [0, 2], [2, 0], [2, 2]]


def test_elements_of_minus_infinity_win_over_padding() -> None:
    assert np.argwhere(run(LOWEST).gradients["x0"]).tolist() == [[0, 0, 0, 0]]


def test_the_winning_tap_takes_a_byte_where_it_can() -> None:
    assert MaxPool2d((15, 17)).infer(TensorType.batched(1, 20, 20))[1].dtype == "uint8"
    assert MaxPool2d(16).infer(TensorType.batched(1, 20, 20))[1].dtype == "int32"


def test_padding_beyond_half_a_window_is_refused() -> None:
    with pytest.raises(AttributeProblem) as problem:
        MaxPool2d(2, padding=(1, 2)).infer(TensorType.batched(5, 7, 11))
    assert problem.value.attribute == "padding"
    assert problem.value.found == "padding 2 for a window of 2"


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        MaxPool2d(2).infer(TensorType.batched(5))
    assert problem.value.expected == "a value of rank 4 (N, C, H, W)"
    assert problem.value.found == "(N, 5)"


def test_a_window_that_does_not_fit() -> None:
    with pytest.raises(AttributeProblem) as problem:
        MaxPool2d(9).infer(TensorType.batched(5, 7, 11))
    assert problem.value.message == "its window of 9 does not fit the height of {operand}"


def test_windows_that_leave_pixels_unread_are_suspicious() -> None:
    assert MaxPool2d(2).warnings(TensorType.batched(5, 7, 11)) == (
        "stride 2 leaves 1 of height 7 unread (kernel 2)",
        "stride 2 leaves 1 of width 11 unread (kernel 2)",
    )
    assert MaxPool2d(2, ceil_mode=True).warnings(TensorType.batched(5, 7, 11)) == ()
