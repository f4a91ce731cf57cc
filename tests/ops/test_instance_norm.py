import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.instance_norm import InstanceNorm
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(eps=1e-5):
    def compute(x, weight=1.0, bias=0.0):
        axes, shape = tuple(range(2, x.ndim)), (1, -1, *[1] * (x.ndim - 2))
        z = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + eps)
        return z * np.reshape(weight, shape) + np.reshape(bias, shape)

    return compute


SAMPLES = [
    Sample(InstanceNorm(), (distinct((2, 17, 3, 5)),), reference()),
    Sample(InstanceNorm(affine=True, eps=0.1), (distinct((3, 5, 7)),), reference(0.1), title="affine"),
    Sample(InstanceNorm(affine=True), (distinct((2, 3, 2, 3, 2)),), reference(), title="volumes"),
]


def test_parameters_only_if_affine() -> None:
    assert not InstanceNorm().parameters(TensorType.batched(5, 7))
    assert list(InstanceNorm(affine=True).parameters(TensorType.batched(5, 7))) == ["weight", "bias"]


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        InstanceNorm().infer(TensorType.batched(5))
    assert problem.value.code == "rank"


def test_one_position_is_suspicious() -> None:
    assert InstanceNorm().warnings(TensorType.batched(5, 1, 1))
