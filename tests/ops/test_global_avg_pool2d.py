import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.global_avg_pool2d import GlobalAvgPool2d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(keepdim):
    return lambda x: np.mean(x, axis=(2, 3), keepdims=keepdim)


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(GlobalAvgPool2d(), (X,), reference(False)),
    Sample(GlobalAvgPool2d(keepdim=True), (X,), reference(True), title="keepdim"),
]


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        GlobalAvgPool2d().infer(TensorType.batched(5))
    assert problem.value.code == "rank"
