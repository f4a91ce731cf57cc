import math

import numpy as np

from graphnet.ops.exp import Exp
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample

SAMPLES = [Sample(Exp(), (distinct((3, 5, 7, 11)),), lambda x: math.e**x)]

EDGES = [
    Sample(
        Exp(), (np.array([[-np.inf, -1e4, np.inf, np.nan]]),), lambda x: np.array([[0, 0, np.inf, np.nan]]),
        title="ends of the range",
    )
]  # fmt: skip
