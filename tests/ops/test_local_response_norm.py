import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.local_response_norm import LocalResponseNorm
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(size, alpha=1e-4, beta=0.75, k=1.0):
    """Each channel with its neighbours, one after the other."""

    def compute(x):
        y = np.empty_like(x)
        for c in range(x.shape[1]):
            neighbours = range(max(0, c - size // 2), min(x.shape[1], c + (size - 1) // 2 + 1))
            squares = sum(x[:, d] ** 2 for d in neighbours)
            y[:, c] = x[:, c] / (k + alpha * squares / size) ** beta
        return y

    return compute


SAMPLES = [
    Sample(LocalResponseNorm(5), (distinct((2, 7, 3, 5)),), reference(5)),
    Sample(
        LocalResponseNorm(4, alpha=0.5, beta=0.6, k=2), (distinct((2, 19, 3)),), reference(4, 0.5, 0.6, 2),
        title="even, more than a vector of channels",
    ),
    Sample(
        LocalResponseNorm(5, alpha=2, beta=0.5), (distinct((2, 3, 1, 2, 5)),), reference(5, 2, 0.5),
        title="more neighbours than channels",
    ),
    Sample(LocalResponseNorm(1, alpha=3), (distinct((3, 17, 2)),), reference(1, 3), title="no neighbours"),
    Sample(
        LocalResponseNorm(39, alpha=3), (distinct((2, 35, 2)),), reference(39, 3), title="neighbours of several vectors"
    ),
]  # fmt: skip


def test_features_have_no_channels() -> None:
    with pytest.raises(AttributeProblem) as problem:
        LocalResponseNorm(5).infer(TensorType.batched(7))
    assert problem.value.code == "rank"
    assert problem.value.found == "(N, 7)"
