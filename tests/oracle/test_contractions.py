"""Products of matrices, and tables."""

import itertools

import pytest

from graphnet.ops.embedding import Embedding
from graphnet.ops.matmul import Matmul
from graphnet.testing.arrays import distinct, labels

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("around", [(), (3,), (3, 2)])
@pytest.mark.parametrize(("left", "right"), [*itertools.product([False, True], repeat=2)])
def test_matmul(torch, agree, around, left, right) -> None:
    x, y = (2, *around, 5, 7), (2, *around, 7, 4)
    x, y = ((*s[:-2], s[-1], s[-2]) if flag else s for s, flag in ((x, left), (y, right)))

    def theirs(x0, x1):
        return torch.matmul(x0.mT if left else x0, x1.mT if right else x1)

    agree(Matmul(left, right), theirs, distinct(x), distinct(y, seed=1))


@pytest.mark.parametrize("padding", [None, 0, 3, -1, -7])
@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 2)])
def test_embedding(torch, agree, shape, padding) -> None:
    def theirs(x0, weight):
        return torch.nn.functional.embedding(x0, weight, padding)

    agree(Embedding(7, 3, padding), theirs, labels(shape, 7))
