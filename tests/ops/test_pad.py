import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.pad import Pad
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(*around, **options):
    return lambda x: np.pad(x, [(0, 0), (0, 0), *around], **options)


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Pad(1), (X,), reference((1, 1), (1, 1)), title="zeros"),
    Sample(Pad((1, 2), value=0.5), (X,), reference((0, 0), (1, 2), constant_values=0.5), title="constant"),
    Sample(Pad((10, 2, 0, 3), mode="reflect"), (X,), reference((0, 3), (10, 2), mode="reflect"), title="reflect"),
    Sample(Pad((1, 2, 4, 0), mode="replicate"), (X,), reference((4, 0), (1, 2), mode="edge"), title="replicate"),
    Sample(Pad((11, 0, 1, 7), mode="circular"), (X,), reference((1, 7), (11, 0), mode="wrap"), title="circular"),
    Sample(Pad(2, mode="replicate"), (distinct((3, 5, 7)),), reference((2, 2), mode="edge"), title="sequences"),
]


def problem_of(op, *shape):
    with pytest.raises(AttributeProblem) as problem:
        op.infer(TensorType.batched(*shape))
    return problem.value


def test_it_cannot_mirror_more_than_there_is() -> None:
    assert problem_of(Pad(7, mode="reflect"), 5, 7, 11).expected == "at most 6 along axis 2 and at most 10 along axis 3"
    assert problem_of(Pad((12, 0), mode="circular"), 5, 7, 11).found == "12 along axis 3"


def test_padding_is_for_axes_that_there_are() -> None:
    assert problem_of(Pad((1, 2, 3, 4)), 5, 7).expected == "one number, or two for each of the last axes (at most 2)"
    assert problem_of(Pad((1, 2, 3)), 5, 7, 11).attribute == "padding"
    assert problem_of(Pad(1), 5).code == "rank"


def test_only_a_constant_has_a_value() -> None:
    assert problem_of(Pad(1, mode="zeros", value=1.0), 5, 7, 11).found == "value: 1"


def test_zeros_are_a_constant() -> None:
    assert Pad(1, mode="zeros").infer(TensorType.batched(5, 7, 11)) == (TensorType.batched(5, 9, 13),)
