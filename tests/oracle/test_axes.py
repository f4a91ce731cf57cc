"""What folds axes or runs along them, for every choice of axes."""

import itertools

import numpy as np
import pytest

from graphnet.ops.max import Max
from graphnet.ops.mean import Mean
from graphnet.ops.normalize import Normalize
from graphnet.ops.sum import Sum
from graphnet.testing.arrays import distinct

pytestmark = pytest.mark.oracle

X = distinct((3, 5, 7, 2))
AXES = [None, 1, -1, (2,), *itertools.combinations((1, -2, 3), 2), (3, 1, 2)]


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("axis", AXES)
def test_folds(torch, agree, axis, keepdim) -> None:
    axes = (1, 2, 3) if axis is None else axis
    agree(Sum(axis, keepdim), lambda x0: x0.sum(axes, keepdim), X)
    agree(Mean(axis, keepdim), lambda x0: x0.mean(axes, keepdim), X)
    agree(Max(axis, keepdim), lambda x0: x0.amax(axes, keepdim), X)
    agree(Max(axis, keepdim), lambda x0: x0.amax(axes, keepdim), np.round(X))


@pytest.mark.parametrize("eps", [1e-12, 1.5])
@pytest.mark.parametrize("axis", [1, 2, 3, -2])
def test_normalize(torch, agree, axis, eps) -> None:
    agree(Normalize(axis, eps), lambda x0: torch.nn.functional.normalize(x0, dim=axis, eps=eps), X)
