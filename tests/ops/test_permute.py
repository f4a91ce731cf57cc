import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.permute import Permute
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample

X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Permute((2, 3, 1)), (X,), lambda x: x.transpose(0, 2, 3, 1), title="channels last"),
    Sample(Permute((0, 3, 1, 2)), (X,), lambda x: x.transpose(0, 3, 1, 2), title="channels first"),
    Sample(Permute((-1, -2)), (distinct((3, 19, 7)),), lambda x: x.transpose(0, 2, 1), title="transposed"),
    Sample(Permute((1, 2, 3)), (X,), lambda x: x, title="nothing"),
]


@pytest.mark.parametrize("dims", [(1, 2), (1, 2, 2), (1, 2, 4), (1, 0, 2, 3), (1, 2, 3, 4)])
def test_each_axis_once(dims) -> None:
    with pytest.raises(AttributeProblem) as problem:
        Permute(dims).infer(TensorType.batched(5, 7, 11))
    assert problem.value.expected == "each axis from 1 to 3 once"
    assert (problem.value.hint == "the batch axis stays first") == (0 in dims)
