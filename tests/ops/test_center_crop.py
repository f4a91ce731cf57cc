import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.center_crop import CenterCrop
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample

X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(CenterCrop(3), (X,), lambda x: x[:, :, 2:5, 4:7], title="3"),
    Sample(CenterCrop((7, 2)), (X,), lambda x: x[:, :, :, 4:6], title="rectangular"),
    Sample(
        CenterCrop(like="y"), (X, distinct((3, 2, 2, 4), seed=1)), lambda x, y: x[:, :, 2:4, 4:8], title="like another"
    ),
]


def problem_of(op, *types):
    with pytest.raises(AttributeProblem) as problem:
        op.infer(*types)
    return problem.value


def test_one_of_size_and_like() -> None:
    x = TensorType.batched(5, 7, 11)
    assert problem_of(CenterCrop(), x).found == "neither"
    assert problem_of(CenterCrop(3, like="y"), x, x).found == "both"


def test_a_crop_is_not_larger() -> None:
    x, y = TensorType.batched(5, 7, 11), TensorType.batched(2, 7, 13)
    assert problem_of(CenterCrop(like="y"), x, y).found == "7x13"
    assert problem_of(CenterCrop((8, 2)), x).expected == "at most 7x11"
    assert problem_of(CenterCrop(3), TensorType.batched(5)).code == "rank"
