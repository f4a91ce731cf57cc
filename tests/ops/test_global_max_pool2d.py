import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.global_max_pool2d import GlobalMaxPool2d
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(keepdim):
    return lambda x: np.max(x, axis=(2, 3), keepdims=keepdim)


SAMPLES = [
    Sample(GlobalMaxPool2d(), (distinct((3, 17, 7, 11)),), reference(False)),
    Sample(GlobalMaxPool2d(keepdim=True), (distinct((3, 5, 19, 17)),), reference(True), title="keepdim, many elements"),
]

EQUAL = Sample(GlobalMaxPool2d(), (np.full((2, 1, 2, 3), -np.inf),), lambda x: x[:, :, 0, 0], title="equal elements")
HOLED = np.where(distinct((2, 3, 2, 2)) > 1.5, np.nan, distinct((2, 3, 2, 2)))
NOT_A_NUMBER = Sample(GlobalMaxPool2d(), (HOLED,), reference(False), title="not a number")
EDGES = [EQUAL, NOT_A_NUMBER]


def test_the_first_of_equals_gets_the_gradient() -> None:
    assert np.argwhere(run(EQUAL).gradients["x0"]).tolist() == [[0, 0, 0, 0], [1, 0, 0, 0]]


def test_rank_is_checked() -> None:
    with pytest.raises(AttributeProblem) as problem:
        GlobalMaxPool2d().infer(TensorType.batched(5))
    assert problem.value.code == "rank"
