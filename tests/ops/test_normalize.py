import numpy as np

from graphnet.ops.normalize import Normalize
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(axis, eps=1e-12):
    return lambda x: x / np.maximum(np.linalg.norm(x, axis=axis, keepdims=True), eps)


X = distinct((2, 17, 3, 5))
SAMPLES = [
    Sample(Normalize(), (distinct((3, 17)),), reference(1)),
    Sample(Normalize(), (X,), reference(1), title="channels"),
    Sample(Normalize(-1, eps=2.5), (X,), reference(3, 2.5), title="some shorter than eps"),
]

ZERO = Sample(Normalize(), (np.array([[0.0, 0.0], [3.0, 4.0]]),), reference(1), title="zero")
EDGES = [ZERO]


def test_the_zero_vector_stays() -> None:
    result = run(ZERO)
    np.testing.assert_allclose(result.output, [[0, 0], [0.6, 0.8]])
    np.testing.assert_allclose(result.gradients["x0"][0], ZERO.upstream[0] / 1e-12)
