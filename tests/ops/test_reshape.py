import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.reshape import Reshape
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(*shape):
    return lambda x: x.reshape(len(x), *shape)


SAMPLES = [
    Sample(Reshape((-1, 7)), (distinct((3, 2, 5, 7)),), reference(10, 7), title="merged"),
    Sample(Reshape((2, 5, 7)), (distinct((3, 70)),), reference(2, 5, 7), title="split"),
    Sample(Reshape((5, 6)), (distinct((3, 2, 3, 5)),), reference(5, 6), title="neither"),
    Sample(Reshape((19, 2, 1)), (distinct((3, 2, 19)),), reference(19, 2, 1), title="across vectors"),
]


@pytest.mark.parametrize("shape", [(3, 5), (-1, 4), (-1, -1, 5), (0, -1), (-2, -5), (10, 1, 2)])
def test_the_elements_stay_the_same(shape) -> None:
    with pytest.raises(AttributeProblem) as problem:
        Reshape(shape).infer(TensorType.batched(2, 5))
    assert problem.value.expected == "extents that make 10 elements a sample, of which one may be -1"


def test_one_number_is_one_axis() -> None:
    assert Reshape(-1).infer(TensorType.batched(2, 5)) == (TensorType.batched(10),)
    assert Reshape((5, -1)).infer(TensorType.batched(10, dtype="int32")) == (TensorType.batched(5, 2, dtype="int32"),)
