import numpy as np

from graphnet.ops.log import Log
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample

SAMPLES = [Sample(Log(), (distinct((3, 5, 7, 11), low=0.1, high=9),), lambda x: np.log2(x) * np.log(2))]

EDGES = [
    Sample(
        Log(), (np.array([[0.0, -1.0, np.inf, np.nan]]),), lambda x: np.array([[-np.inf, np.nan, np.inf, np.nan]]),
        title="ends of the range",
    )
]  # fmt: skip
