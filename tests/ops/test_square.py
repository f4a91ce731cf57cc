import numpy as np

from graphnet.ops.square import Square
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample

SAMPLES = [Sample(Square(), (distinct((3, 5, 7, 11)),), lambda x: x**2)]

EDGES = [Sample(Square(), (np.array([[0.0, -np.inf, np.nan]]),), lambda x: x**2, title="ends of the range")]
