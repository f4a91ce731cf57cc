import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.pixel_shuffle import PixelShuffle
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(r):
    def compute(x):
        n, channels, height, width = x.shape
        apart = x.reshape(n, channels // r**2, r, r, height, width)
        return apart.transpose(0, 1, 4, 2, 5, 3).reshape(n, -1, height * r, width * r)

    return compute


SAMPLES = [
    Sample(PixelShuffle(2), (distinct((3, 20, 3, 7)),), reference(2), title="2"),
    Sample(PixelShuffle(3), (distinct((3, 9, 2, 5)),), reference(3), title="one channel"),
]


def test_channels_come_in_squares() -> None:
    with pytest.raises(AttributeProblem) as problem:
        PixelShuffle(2).infer(TensorType.batched(6, 7, 11))
    assert problem.value.expected == "channels in multiples of 4"
    assert problem.value.found == "(N, 6, 7, 11)"
