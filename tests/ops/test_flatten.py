import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.flatten import Flatten
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(x):
    return np.array([sample.flatten() for sample in x])


MAPS = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Flatten(), (MAPS,), reference),
    Sample(Flatten(), (distinct((3, 5)),), reference, title="already flat"),
    Sample(Flatten(start_dim=2), (MAPS,), lambda x: x.reshape(3, 5, 77), title="positions"),
    Sample(Flatten(1, 2), (MAPS,), lambda x: x.reshape(3, 35, 11), title="rows"),
]


@pytest.mark.parametrize(("start", "end", "attribute"), [(0, -1, "start_dim"), (3, 1, "end_dim"), (1, 4, "end_dim")])
def test_axes_that_cannot_be_merged(start: int, end: int, attribute: str) -> None:
    with pytest.raises(AttributeProblem) as problem:
        Flatten(start, end).infer(TensorType.batched(5, 7, 11))
    assert problem.value.attribute == attribute
