import numpy as np

from graphnet.core.types import TensorType
from graphnet.ops.maxout import Maxout
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(units, pieces):
    def compute(x, weight, bias=None):
        bias = np.zeros(units * pieces) if bias is None else bias
        maps = [(k * units + o) for k in range(pieces) for o in range(units)]
        values = np.array([[sample @ weight[row] + bias[row] for row in maps] for sample in x])
        return np.max(np.split(values, pieces, axis=1), axis=0)

    return compute


SAMPLES = [
    Sample(Maxout(7), (distinct((3, 5)),), reference(7, 2)),
    Sample(Maxout(7, pieces=3, bias=False), (distinct((3, 5)),), reference(7, 3), title="three pieces"),
    Sample(Maxout(2, pieces=1), (distinct((3, 5)),), reference(2, 1), title="one piece"),
]


def test_parameters() -> None:
    specs = Maxout(7, pieces=3).parameters(TensorType.batched(5))
    assert {name: spec.shape for name, spec in specs.items()} == {"weight": (21, 5), "bias": (21,)}
