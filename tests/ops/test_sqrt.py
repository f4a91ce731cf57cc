import numpy as np

from graphnet.ops.sqrt import Sqrt
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample

SAMPLES = [Sample(Sqrt(), (distinct((3, 5, 7, 11), low=0.1, high=9),), lambda x: x**0.5)]

EDGES = [
    Sample(
        Sqrt(), (np.array([[0.0, -1.0, np.inf, np.nan]]),), lambda x: np.array([[0, np.nan, np.inf, np.nan]]),
        title="ends of the range",
    )
]  # fmt: skip
