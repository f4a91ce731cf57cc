import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.hard_tanh import HardTanh
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run

X = distinct((3, 5, 7, 11), low=-3, high=3)
SAMPLES = [
    Sample(HardTanh(), (X,), lambda x: np.clip(x, -1, 1)),
    Sample(HardTanh(-0.5, 2.0), (X,), lambda x: np.clip(x, -0.5, 2), title="other bounds"),
]

KINKS = Sample(
    HardTanh(), (np.array([[-1.0, 0.0, 1.0, -np.inf, np.inf, np.nan]]),), lambda x: np.clip(x, -1, 1), title="kinks"
)
EDGES = [KINKS]


def test_the_gradient_at_the_bounds_is_zero() -> None:
    np.testing.assert_array_equal(run(KINKS).gradients["x0"][:, :5], KINKS.upstream[:, :5] * [0, 1, 0, 0, 0])


@pytest.mark.parametrize("bounds", [(1.0, -1.0), (2.0, 2.0)])
def test_the_lower_bound_is_below_the_upper(bounds: tuple[float, float]) -> None:
    with pytest.raises(AttributeProblem) as problem:
        HardTanh(*bounds).infer(TensorType.batched(5))
    assert (problem.value.attribute, problem.value.expected) == ("max_val", "`min_val` below `max_val`")
