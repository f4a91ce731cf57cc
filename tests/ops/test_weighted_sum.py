import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.weighted_sum import WeightedSum
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(*x, weight):
    return sum(value / (1 + np.exp(-w)) for w, value in zip(weight, x, strict=True))


SAMPLES = [
    Sample(WeightedSum(), tuple(distinct((3, 5, 7, 11), seed=k) for k in range(2)), reference, title="two maps"),
    Sample(WeightedSum(), tuple(distinct((3, 5), seed=k) for k in range(4)), reference, title="four of features"),
]


def test_shapes_must_be_equal() -> None:
    with pytest.raises(AttributeProblem) as problem:
        WeightedSum().infer(TensorType.batched(5, 7, 11), TensorType.batched(5, 1, 1))
    assert problem.value.code == "shape"


def test_it_starts_as_half_of_the_sum() -> None:
    types = [TensorType.batched(5)] * 3
    (spec,) = WeightedSum().parameters(*types).values()
    assert (spec.shape, spec.init.name) == ((3,), "zeros")
