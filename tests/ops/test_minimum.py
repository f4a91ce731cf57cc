import numpy as np

from graphnet.ops.minimum import Minimum
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample, run


def reference(*x):
    return np.min(np.broadcast_arrays(*x), axis=0)


PAIR = distinct((2, 3, 5, 7, 11))
SAMPLES = [
    Sample(Minimum(), (PAIR[0], PAIR[1]), reference, title="equal shapes"),
    Sample(Minimum(), (PAIR[0], PAIR[1, :, :, :1, :1]), reference, title="per channel"),
    Sample(Minimum(), tuple(distinct((3, 3, 5))), reference, title="three operands"),
]


def test_equal_operands_share_the_gradient() -> None:
    x = distinct((3, 5))
    result = run(Sample(Minimum(), (x, x.copy()), reference))
    np.testing.assert_allclose(result.gradients["x0"], result.gradients["x1"])
    np.testing.assert_allclose(result.gradients["x0"] * 2, Sample(Minimum(), (x, x), reference).upstream)
