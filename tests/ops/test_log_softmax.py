import numpy as np

from graphnet.ops.log_softmax import LogSoftmax
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(axis):
    return lambda x: np.log(np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True))


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(LogSoftmax(), (distinct((3, 5)),), reference(1)),
    Sample(LogSoftmax(), (X,), reference(1), title="channels"),
    Sample(LogSoftmax(axis=-2), (X,), reference(2), title="height"),
]

EXTREME = Sample(LogSoftmax(), (np.array([[1e4, 0.0, -1e4]]),), lambda x: np.array([[0, -1e4, -2e4]]), title="extreme")
EDGES = [EXTREME]


def test_extreme_logits_stay_exact() -> None:
    np.testing.assert_allclose(run(EXTREME, dtype=np.float32).output, EXTREME.expected())
