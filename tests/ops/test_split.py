import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.split import Split
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample

X = distinct((3, 38, 5, 7))
SAMPLES = [
    Sample(Split(1, parts=2), (X,), lambda x: x[:, 19:], title="half"),
    Sample(Split(-2, sizes=(5, 17, 16)), (X,), lambda x: x[:, 5:22], title="sizes"),
    Sample(Split(0, parts=5, axis=2), (X,), lambda x: x[:, :, :1], title="rows"),
]


def problem_of(op):
    with pytest.raises(AttributeProblem) as problem:
        op.infer(TensorType.batched(6, 7))
    return problem.value


def test_one_of_parts_and_sizes() -> None:
    assert problem_of(Split(0)).found == "neither"
    assert problem_of(Split(0, parts=2, sizes=(3, 3))).found == "both"


def test_parts_cover_the_axis() -> None:
    assert problem_of(Split(0, parts=4)).hint == "`sizes` cuts it into unequal parts"
    assert problem_of(Split(0, sizes=(3, 4))).found == "sizes: [3, 4], with the sum 7"


@pytest.mark.parametrize("index", [2, -3])
def test_the_part_is_one_of_them(index) -> None:
    assert problem_of(Split(index, parts=2)).expected == "a number from -2 to 1"
