import itertools

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.avg_pool2d import AvgPool2d
from graphnet.testing.arrays import distinct
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import Sample


def reference(size, stride, padding, include, shape):
    """The mean of each window over the padded image, or over the image alone; never over what lies beyond."""

    def compute(x):
        padded = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
        counted = np.ones_like(x[0, 0]) if include else np.zeros_like(x[0, 0])
        counted = np.pad(counted, [(p, p) for p in padding], constant_values=include)
        if not include:
            counted[padding[0] : padding[0] + x.shape[2], padding[1] : padding[1] + x.shape[3]] = 1
        y = np.zeros((*x.shape[:2], *shape))
        for h, w in itertools.product(*map(range, shape)):
            window = np.s_[h * stride[0] : h * stride[0] + size[0], w * stride[1] : w * stride[1] + size[1]]
            y[:, :, h, w] = padded[:, :, window[0], window[1]].sum(axis=(2, 3)) / counted[window].sum()
        return y

    return compute


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(AvgPool2d(2), (X,), reference((2, 2), (2, 2), (0, 0), True, (3, 5)), title="2"),
    Sample(AvgPool2d(3, stride=2), (X,), reference((3, 3), (2, 2), (0, 0), True, (3, 5)), title="overlapping"),
    Sample(
        AvgPool2d(3, stride=2, padding=1), (X,),
        reference((3, 3), (2, 2), (1, 1), True, (4, 6)), title="padding",
    ),
    Sample(
        AvgPool2d(3, stride=2, padding=1, count_include_pad=False), (X,),
        reference((3, 3), (2, 2), (1, 1), False, (4, 6)), title="padding does not count",
    ),
    Sample(AvgPool2d(2, ceil_mode=True), (X,), reference((2, 2), (2, 2), (0, 0), True, (4, 6)), title="ceil mode"),
    Sample(
        AvgPool2d((3, 4), stride=(3, 2), padding=(1, 2), ceil_mode=True), (X,),
        reference((3, 4), (3, 2), (1, 2), True, (3, 7)), title="ceil mode and padding",
    ),
    Sample(
        AvgPool2d((3, 4), stride=(3, 2), padding=(1, 2), ceil_mode=True, count_include_pad=False), (X,),
        reference((3, 4), (3, 2), (1, 2), False, (3, 7)), title="all at once",
    ),
    Sample(AvgPool2d((1, 2), stride=3), (X,), reference((1, 2), (3, 3), (0, 0), True, (3, 4)), title="gaps"),
]  # fmt: skip


@pytest.mark.parametrize("attributes", [{"padding": 1}, {"padding": 0, "ceil_mode": False}])
def test_a_constant_divisor_needs_no_table(attributes: dict) -> None:
    lowered = LoweredOperator(AvgPool2d(3, stride=1, **attributes), [TensorType.batched(5, 7, 11)])
    assert all(value.role != "constant" for node in lowered.forward_nodes for value in node.inputs)


def test_padding_beyond_half_a_window_is_refused() -> None:
    with pytest.raises(AttributeProblem) as problem:
        AvgPool2d(3, padding=2).infer(TensorType.batched(5, 7, 11))
    assert problem.value.expected == "padding of at most 1"
