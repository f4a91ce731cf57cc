import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.group_norm import GroupNorm
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(groups, eps=1e-5):
    """Every group reshaped to one row."""

    def compute(x, weight=1.0, bias=0.0):
        rows = x.reshape(len(x), groups, -1)
        z = (rows - rows.mean(2, keepdims=True)) / np.sqrt(rows.var(2, keepdims=True) + eps)
        shape = (1, x.shape[1], *[1] * (x.ndim - 2))
        ones = np.ones(x.shape[1])
        return z.reshape(x.shape) * (weight * ones).reshape(shape) + (bias * ones).reshape(shape)

    return compute


SAMPLES = [
    Sample(GroupNorm(3), (distinct((2, 21, 3, 5)),), reference(3), title="groups across vectors"),
    Sample(GroupNorm(1, eps=0.1), (distinct((2, 5, 7)),), reference(1, 0.1), title="one group"),
    Sample(GroupNorm(5, affine=False), (distinct((3, 5, 2, 3)),), reference(5), title="channels alone, not affine"),
    Sample(GroupNorm(3), (distinct((3, 21)),), reference(3), title="features"),
]


def test_a_large_mean_costs_no_precision() -> None:
    """The mean of squares minus the square of the mean would lose all digits here."""
    sample = Sample(GroupNorm(2, affine=False), (distinct((2, 4, 7, 11)) + 3000,), None)
    assert np.abs(run(sample, dtype=np.float32).output - run(sample).output).max() < 1e-3


def test_parameters() -> None:
    specs = GroupNorm(2).parameters(TensorType.batched(6, 7))
    assert {n: (s.shape, s.init.name) for n, s in specs.items()} == {"weight": ((6,), "ones"), "bias": ((6,), "zeros")}
    assert not GroupNorm(2, affine=False).parameters(TensorType.batched(6, 7))


def test_groups_divide_the_channels() -> None:
    with pytest.raises(AttributeProblem) as problem:
        GroupNorm(4).infer(TensorType.batched(6, 7, 11))
    assert (problem.value.attribute, problem.value.code) == ("num_groups", "groups")
    assert problem.value.message == "cannot cut 6 channels into 4 groups"


def test_groups_of_one_element_are_suspicious() -> None:
    assert GroupNorm(6).warnings(TensorType.batched(6))
    assert not GroupNorm(3).warnings(TensorType.batched(6))


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        GroupNorm(1).infer(TensorType.batched())
    assert problem.value.code == "rank"
