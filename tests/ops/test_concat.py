import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.concat import Concat
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(axis):
    return lambda *x: np.concatenate(x, axis=axis)


SAMPLES = [
    Sample(Concat(), (distinct((3, 5, 7, 11)), distinct((3, 2, 7, 11), seed=1)), reference(1)),
    Sample(Concat(), tuple(distinct((3, c, 7, 11), seed=c) for c in (5, 1, 2, 3)), reference(1), title="four"),
    Sample(Concat(), (distinct((3, 5)), distinct((3, 2), seed=1)), reference(1), title="features"),
    Sample(Concat(axis=2), (distinct((3, 5, 7, 11)), distinct((3, 5, 2, 11), seed=1)), reference(2), title="height"),
    Sample(Concat(axis=-1), (distinct((3, 5, 7, 11)), distinct((3, 5, 7, 2), seed=1)), reference(3), title="width"),
]


def test_other_axes_must_be_equal() -> None:
    with pytest.raises(AttributeProblem) as problem:
        Concat().infer(TensorType.batched(5, 7, 11), TensorType.batched(5, 7, 13))
    assert problem.value.expected == "equal shapes, apart from axis 1"
    assert problem.value.found == "(N, 5, 7, 11) and (N, 5, 7, 13)"


@pytest.mark.parametrize("axis", [0, -4, 4, -5])
def test_the_axis_is_one_of_a_sample(axis: int) -> None:
    with pytest.raises(AttributeProblem) as problem:
        Concat(axis).infer(TensorType.batched(5, 7, 11), TensorType.batched(5, 7, 11))
    assert problem.value.attribute == "axis"
    assert problem.value.expected == "an axis from 1 to 3"
