import numpy as np

from graphnet.ops.max import Max
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(axis, keepdim=False):
    return lambda x: np.max(x, axis=axis, keepdims=keepdim)


X = distinct((3, 17, 2, 7))
SAMPLES = [
    Sample(Max(), (X,), reference((1, 2, 3)), title="of a sample"),
    Sample(Max(1), (X,), reference(1), title="channels"),
    Sample(Max([2, -1], keepdim=True), (X,), reference((2, 3), True), title="several, keepdim"),
]

EQUAL = Sample(Max(), (np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]),), reference(1), title="equal elements")
HOLED = np.array([[1.0, np.nan, 3.0], [-np.inf, -np.inf, -np.inf]])
NOT_A_NUMBER = Sample(Max(1), (HOLED,), reference(1), title="not a number")
EDGES = [EQUAL, NOT_A_NUMBER]


def test_equal_elements_share_the_gradient() -> None:
    (first, second), gy = run(EQUAL).gradients["x0"], EQUAL.upstream
    np.testing.assert_allclose(first, [0, gy[0] / 2, gy[0] / 2])
    np.testing.assert_allclose(second, [gy[1] / 3] * 3)
