import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.clip import Clip
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run

X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Clip(-0.5, 1.25), (X,), lambda x: np.clip(x, -0.5, 1.25), title="both"),
    Sample(Clip(min=0.1), (X,), lambda x: np.clip(x, 0.1, None), title="min"),
    Sample(Clip(max=0.1), (X,), lambda x: np.clip(x, None, 0.1), title="max"),
]

KINKS = Sample(
    Clip(-1, 1), (np.array([[-1.0, 0.0, 1.0, -np.inf, np.inf, np.nan]]),), lambda x: np.clip(x, -1, 1), title="kinks"
)
EDGES = [
    KINKS,
    Sample(Clip(0.5, 0.5), (X[:1, :, 0, 0],), lambda x: np.full_like(x, 0.5), title="no room"),
]


def test_the_gradient_goes_through_at_the_bounds() -> None:
    np.testing.assert_array_equal(run(KINKS).gradients["x0"][:, :5], KINKS.upstream[:, :5] * [1, 1, 1, 0, 0])


@pytest.mark.parametrize(
    ("bounds", "expected"), [({}, "`min`, `max` or both"), ({"min": 1, "max": 0.5}, "`min` not above `max`")]
)
def test_bounds(bounds: dict[str, float], expected: str) -> None:
    with pytest.raises(AttributeProblem) as problem:
        Clip(**bounds).infer(TensorType.batched(5))
    assert problem.value.expected == expected
