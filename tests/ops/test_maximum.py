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


def test_equal_operands_share_the_gradient() -> None:
    x = distinct((3, 5))
    result = run(Sample(Maximum(), (x, x.copy()), reference))
    np.testing.assert_allclose(result.gradients["x0"], result.gradients["x1"])
    np.testing.assert_allclose(result.gradients["x0"] * 2, Sample(Maximum(), (x, x), reference).upstream)
