from graphnet.ops.negative import Negative
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(x):
    return 0 - x


SAMPLES = [Sample(Negative(), (distinct((3, 5, 7, 11)),), reference)]
