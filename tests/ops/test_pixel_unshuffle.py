import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.pixel_unshuffle import PixelUnshuffle
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(r):
    def compute(x):
        n, channels, height, width = x.shape
        apart = x.reshape(n, channels, height // r, r, width // r, r)
        return apart.transpose(0, 1, 3, 5, 2, 4).reshape(n, channels * r**2, height // r, width // r)

    return compute


SAMPLES = [
    Sample(PixelUnshuffle(2), (distinct((3, 5, 6, 14)),), reference(2), title="2"),
    Sample(PixelUnshuffle(3), (distinct((3, 1, 6, 15)),), reference(3), title="one channel"),
]


def test_pixels_come_in_blocks() -> None:
    with pytest.raises(AttributeProblem) as problem:
        PixelUnshuffle(2).infer(TensorType.batched(6, 8, 11))
    assert problem.value.expected == "height and width in multiples of 2"
    assert problem.value.found == "(N, 6, 8, 11)"
