import numpy as np

from graphnet.ops.maximum import Maximum
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(*x):
    return np.max(np.broadcast_arrays(*x), axis=0)


PAIR = distinct((2, 3, 5, 7, 11))
SAMPLES = [
    Sample(Maximum(), (PAIR[0], PAIR[1]), reference, title="equal shapes"),
    Sample(Maximum(), (PAIR[0], PAIR[1, :, :, :1, :1]), reference, title="per channel"),
    Sample(Maximum(), tuple(distinct((3, 3, 5))), reference, title="three operands"),
]

EQUAL = Sample(Maximum(), (PAIR[0], PAIR[0].copy()), reference, title="equal operands")
EDGES = [EQUAL, Sample(Maximum(), (np.array([[np.nan, 1]]), np.array([[1, np.nan]])), reference, title="not a number")]


def test_equal_operands_share_the_gradient() -> None:
    gradients = run(EQUAL).gradients
    np.testing.assert_allclose(gradients["x0"], EQUAL.upstream / 2)
    np.testing.assert_allclose(gradients["x1"], EQUAL.upstream / 2)
