import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.add import Add
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(*x):
    return np.sum(np.broadcast_arrays(*x), axis=0)


MAPS = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Add(), (MAPS, distinct((3, 5, 7, 11), seed=1)), reference, title="equal shapes"),
    Sample(Add(), (distinct((3, 5, 1, 1), seed=1), MAPS), reference, title="per channel"),
    Sample(Add(), (MAPS, distinct((3, 1, 1, 1), seed=1)), reference, title="scalar"),
    Sample(Add(), (distinct((3, 5)), distinct((3, 1), seed=1)), reference, title="features and scalar"),
    Sample(
        Add(), (MAPS, distinct((3,), seed=1)), lambda x, y: x + y.reshape(3, 1, 1, 1), title="a number for each sample"
    ),
    Sample(Add(), tuple(distinct((3, 5), seed=k) for k in range(4)), reference, title="four operands"),
    Sample(Add(), (MAPS, distinct((3, 5, 1, 1), seed=1), MAPS / 3), reference, title="three shapes"),
]


@pytest.mark.parametrize(
    "shapes",
    [
        [(5, 7, 11), (7, 11)],
        [(5, 7, 11), (1, 7, 11)],
        [(5, 7, 11), (5, 7, 1)],
        [(5, 7, 11), (7,)],
        [(5,), (3,)],
        [(5, 1, 1), (1, 7, 11)],
    ],
)
def test_other_broadcasts_are_refused(shapes: list[tuple[int, ...]]) -> None:
    types = [TensorType.batched(*shape) for shape in shapes]
    with pytest.raises(AttributeProblem) as problem:
        Add().infer(*types)
    assert problem.value.message == "cannot broadcast its operands"
    assert problem.value.found == f"{types[0]} and {types[1]}"


def test_pooled_channels_get_a_hint() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Add().infer(TensorType.batched(5, 7, 11), TensorType.batched(5))
    assert "keepdim" in problem.value.hint


def test_parameters_and_numbers_broadcast() -> None:
    maps = TensorType.batched(5, 7, 11)
    assert Add().infer(maps, TensorType((5,))) == (maps,)
    assert Add().infer(TensorType(()), maps) == (maps,)


def test_labels_are_refused() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Add().infer(TensorType.batched(5), TensorType.batched(5, dtype="int32"))
    assert problem.value.code == "dtype"
