import itertools

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.adaptive_avg_pool2d import AdaptiveAvgPool2d
from graphnet.testing.arrays import distinct
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import Sample


def reference(fold, height, width):
    """`fold` of the window from floor(k S / O) to ceil((k + 1) S / O), for S elements and O windows on each axis."""

    def compute(x):
        y = np.empty((*x.shape[:2], height, width))
        for h, w in itertools.product(range(height), range(width)):
            rows, columns = (
                slice(k * size // count, -(-(k + 1) * size // count))
                for k, size, count in ((h, x.shape[2], height), (w, x.shape[3], width))
            )
            y[:, :, h, w] = fold(x[:, :, rows, columns], axis=(2, 3))
        return y

    return compute


X = distinct((2, 17, 7, 11))
SAMPLES = [
    Sample(AdaptiveAvgPool2d((3, 4)), (X,), reference(np.mean, 3, 4)),
    Sample(AdaptiveAvgPool2d(3), (distinct((2, 5, 6, 9)),), reference(np.mean, 3, 3), title="whole windows"),
    Sample(AdaptiveAvgPool2d((9, 6)), (distinct((2, 5, 4, 3)),), reference(np.mean, 9, 6), title="more than there are"),
    Sample(AdaptiveAvgPool2d((None, 1)), (X,), reference(np.mean, 7, 1), title="one of all columns"),
    Sample(AdaptiveAvgPool2d((3, None)), (distinct((2, 5, 3, 2)),), lambda x: x, title="windows of one element"),
]


def test_windows_of_one_size_need_no_table() -> None:
    lowered = LoweredOperator(AdaptiveAvgPool2d(7), [TensorType.batched(5, 14, 21)])
    assert all(value.role != "constant" for node in lowered.forward_nodes for value in node.inputs)


def test_as_many_windows_as_elements_compute_nothing() -> None:
    """VGG at its own size: 7 of 7."""
    x = TensorType.batched(5, 7, 7)
    assert AdaptiveAvgPool2d(7).infer(x) == (x,)
    lowered = LoweredOperator(AdaptiveAvgPool2d(7), [x])
    assert (lowered.forward_nodes, lowered.backward_nodes) == ((), ())


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        AdaptiveAvgPool2d(1).infer(TensorType.batched(5, 7))
    assert problem.value.code == "rank"
