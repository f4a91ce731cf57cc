import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.graph import Initializer
from graphnet.ops.prelu import PReLU
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x, weight):
    slopes = weight.reshape(-1, *[1] * (x.ndim - 2)) if len(weight) > 1 else weight
    return np.maximum(x, 0) + slopes * np.minimum(x, 0)


MAPS = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(PReLU(), (MAPS,), reference),
    Sample(PReLU(5), (MAPS,), reference, title="a slope a channel"),
    Sample(PReLU(5), (distinct((3, 5)),), reference, title="features"),
]

KINKS = Sample(PReLU(), (np.array([[0.0, -np.inf, np.inf, np.nan]]),), reference, title="ends of the range")
EDGES = [KINKS]


def test_at_zero_the_slope_is_that_of_the_negative_side() -> None:
    sample = Sample(PReLU(), (np.zeros((1, 1)),), reference)
    found = run(sample).gradients
    assert found["x0"] == sample.parameters["weight"] * sample.upstream
    assert found["weight"] == 0


def test_slopes_start_at_a_quarter() -> None:
    (spec,) = PReLU(5).parameters(TensorType.batched(5, 7, 11)).values()
    assert spec.shape == (5,)
    assert spec.init == Initializer("constant", {"value": 0.25})


@pytest.mark.parametrize(("shape", "counts"), [((7, 11, 11), "1 or 7"), ((), "1"), ((1,), "1")])
def test_there_are_as_many_slopes_as_channels(shape: tuple[int, ...], counts: str) -> None:
    with pytest.raises(AttributeProblem) as problem:
        PReLU(5).infer(TensorType.batched(*shape))
    assert (problem.value.attribute, problem.value.expected) == ("num_parameters", f"num_parameters: {counts}")
