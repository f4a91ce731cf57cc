import numpy as np

from graphnet.ops.softplus import Softplus
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(beta):
    return lambda x: np.log(1 + np.exp(beta * x)) / beta


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Softplus(), (X,), reference(1.0)),
    Sample(Softplus(beta=3.0), (X,), reference(3.0), title="beta 3"),
]

EXTREME = Sample(
    Softplus(), (np.array([[100.0, -50.0, 1e4, np.nan]]),), lambda x: np.array([[100, np.exp(-50.0), 1e4, np.nan]]),
    title="extreme",
)  # fmt: skip
EDGES = [EXTREME]


def test_extremes_in_float32() -> None:
    """log(1 + exp(x)) itself would overflow at 100 and be 0 at -50."""
    extreme = run(EXTREME, dtype=np.float32)
    np.testing.assert_allclose(extreme.output, EXTREME.expected(), rtol=1e-5)
    np.testing.assert_allclose(extreme.gradients["x0"][0, :3] / EXTREME.upstream[0, :3], [1, np.exp(-50.0), 1])
