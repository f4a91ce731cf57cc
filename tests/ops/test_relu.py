import numpy as np

from graphnet.ops.relu import ReLU
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(x):
    return np.maximum(x, 0)


SAMPLES = [
    Sample(ReLU(), (distinct((3, 5, 7, 11)),), reference),
    Sample(ReLU(), (distinct((3, 5)),), reference, title="features"),
]

EDGES = [Sample(ReLU(), (np.array([[np.nan, np.inf, -np.inf, 0.0]]),), reference, title="ends of the range")]


def test_the_gradient_at_zero_is_zero() -> None:
    assert run(Sample(ReLU(), (np.zeros((1, 1)),), reference)).gradients["x0"] == 0
