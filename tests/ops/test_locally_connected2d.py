import itertools

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.locally_connected2d import LocallyConnected2d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(stride=(1, 1), padding=(0, 0), dilation=(1, 1)):
    def compute(x, weight, bias=0.0):
        x = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
        units, _, *taps, rows, columns = weight.shape
        span = [d * (k - 1) + 1 for d, k in zip(dilation, taps, strict=True)]
        y = np.zeros((len(x), units, rows, columns))
        for n, o, h, w in itertools.product(*map(range, y.shape)):
            top, left = h * stride[0], w * stride[1]
            patch = x[n, :, top : top + span[0] : dilation[0], left : left + span[1] : dilation[1]]
            y[n, o, h, w] = (patch * weight[o, ..., h, w]).sum()
        return y + bias

    return compute


X = distinct((3, 2, 5, 4))
SAMPLES = [
    Sample(LocallyConnected2d(3, 2), (X,), reference(), title="2x2"),
    Sample(
        LocallyConnected2d(2, (3, 2), stride=(2, 1), padding=1, dilation=(1, 2), bias=False), (X,),
        reference((2, 1), (1, 1), (1, 2)), title="all attributes",
    ),
]  # fmt: skip


def test_each_place_has_filters_of_its_own() -> None:
    specs = LocallyConnected2d(5, 3, stride=2).parameters(TensorType.batched(2, 7, 9))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (5, 2, 3, 3, 3, 4), "bias": (5, 3, 4)}
    assert (specs["weight"].fan_in, specs["weight"].fan_out) == (18, 45)


def test_a_window_that_does_not_fit() -> None:
    with pytest.raises(AttributeProblem) as problem:
        LocallyConnected2d(2, 5).infer(TensorType.batched(3, 8, 4))
    assert problem.value.found == "width 4"
