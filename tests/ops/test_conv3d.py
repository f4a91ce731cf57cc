import itertools

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.conv3d import Conv3d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(stride=(1, 1, 1), padding=(0, 0, 0), dilation=(1, 1, 1), groups=1):
    def compute(x, weight, bias=None):
        x = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
        units, per_group, *taps = weight.shape
        span = [d * (k - 1) + 1 for d, k in zip(dilation, taps, strict=True)]
        size = [(e - s) // step + 1 for e, s, step in zip(x.shape[2:], span, stride, strict=True)]
        y = np.zeros((len(x), units, *size))
        for n, o, *at in itertools.product(*map(range, y.shape)):
            first = o // (units // groups) * per_group
            axes = zip(at, stride, span, dilation, strict=True)
            window = tuple(slice(p * step, p * step + s, d) for p, step, s, d in axes)
            patch = x[(n, slice(first, first + per_group), *window)]
            y[(n, o, *at)] = (patch * weight[o]).sum() + (0 if bias is None else bias[o])
        return y

    return compute


X = distinct((2, 4, 3, 4, 5))
SAMPLES = [
    Sample(Conv3d(2, 2), (X,), reference(), title="2x2x2"),
    Sample(
        Conv3d(2, (1, 3, 2), stride=(1, 2, 1), padding=(1, 1, 0), dilation=(1, 1, 2), groups=2, bias=False), (X,),
        reference((1, 2, 1), (1, 1, 0), (1, 1, 2), 2), title="all attributes",
    ),
]  # fmt: skip


def test_it_declares_pytorchs_parameters() -> None:
    specs = Conv3d(10, (2, 3, 4), groups=5).parameters(TensorType.batched(15, 7, 7, 7))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (10, 3, 2, 3, 4), "bias": (10,)}
    assert (specs["weight"].fan_in, specs["weight"].fan_out) == (72, 240)


def test_a_window_deeper_than_the_volume() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Conv3d(2, 3).infer(TensorType.batched(3, 2, 8, 8))
    assert problem.value.message == "its window of 3 does not fit the depth of {operand}"
