import itertools

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.conv1d import Conv1d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(stride=1, padding=(0, 0), dilation=1, groups=1, mode="constant"):
    def compute(x, weight, bias=None):
        x = np.pad(x, ((0, 0), (0, 0), padding), mode=mode)
        units, per_group, taps = weight.shape
        span = dilation * (taps - 1) + 1
        y = np.zeros((len(x), units, (x.shape[2] - span) // stride + 1))
        for n, o, at in itertools.product(*map(range, y.shape)):
            first = o // (units // groups) * per_group
            patch = x[n, first : first + per_group, at * stride : at * stride + span : dilation]
            y[n, o, at] = (patch * weight[o]).sum() + (0 if bias is None else bias[o])
        return y

    return compute


X = distinct((3, 4, 11))
SAMPLES = [
    Sample(Conv1d(2, 3), (X,), reference(), title="3"),
    Sample(
        Conv1d(3, 4, stride=2, padding=3, dilation=2, bias=False), (X,), reference(2, (3, 3), 2), title="strided",
    ),
    Sample(Conv1d(6, 2, padding="same", groups=2), (X,), reference(padding=(0, 1), groups=2), title="same, groups"),
    Sample(
        Conv1d(2, 3, padding=2, padding_mode="circular"), (X,), reference(padding=(2, 2), mode="wrap"),
        title="circular",
    ),
]  # fmt: skip


def test_it_declares_pytorchs_parameters() -> None:
    specs = Conv1d(10, 3, groups=5).parameters(TensorType.batched(15, 7))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (10, 3, 3), "bias": (10,)}
    assert (specs["weight"].fan_in, specs["weight"].fan_out) == (9, 30)


def test_it_cannot_mirror_more_than_there_is() -> None:
    assert Conv1d(2, 9, padding=8).infer(TensorType.batched(3, 7)) == (TensorType.batched(2, 15),)
    with pytest.raises(AttributeProblem) as problem:
        Conv1d(2, 9, padding=7, padding_mode="reflect").infer(TensorType.batched(3, 7))
    assert (problem.value.attribute, problem.value.expected) == ("padding", "at most 6 along axis 2")


def test_a_window_longer_than_the_sequence() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Conv1d(2, 5, dilation=2).infer(TensorType.batched(3, 8))
    assert problem.value.message == "its window of 9 does not fit the length of {operand}"


def test_sequences_have_three_axes() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Conv1d(2, 3).infer(TensorType.batched(3, 8, 8))
    assert problem.value.expected == "a value of rank 3 (N, C, L)"
