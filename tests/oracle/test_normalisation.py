"""Batch normalisation, softmax and its logarithm."""

import numpy as np
import pytest

from graphnet.ops.batch_norm import BatchNorm
from graphnet.ops.log_softmax import LogSoftmax
from graphnet.ops.softmax import Softmax
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import FROZEN, PREDICTION, TRAINING

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("momentum", [0.1, 0.6])
@pytest.mark.parametrize("eps", [1e-5, 0.1])
@pytest.mark.parametrize("mode", [TRAINING, FROZEN, PREDICTION], ids=["training", "frozen", "prediction"])
@pytest.mark.parametrize("shape", [(3, 5, 7, 11), (7, 5), (1, 5, 7, 11)])
def test_batch_norm(torch, agree, shape, mode, eps, momentum) -> None:
    statistics = {}

    def function(x0, weight, bias, running_mean, running_var, num_batches_tracked):
        statistics.update(running_mean=running_mean, running_var=running_var)
        return torch.nn.functional.batch_norm(
            x0, running_mean, running_var, weight, bias, mode.is_training, momentum, eps
        )

    ours = agree(BatchNorm(eps, momentum), function, distinct(shape), mode=mode)
    if mode.is_training:
        for name, tensor in statistics.items():
            np.testing.assert_allclose(ours.updates[name], tensor.numpy(), err_msg=name)


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_softmax(torch, agree, axis) -> None:
    agree(Softmax(axis), lambda x0: torch.softmax(x0, axis), distinct((3, 5, 7, 11), low=-20, high=20))
    agree(LogSoftmax(axis), lambda x0: torch.log_softmax(x0, axis), distinct((3, 5, 7, 11), low=-20, high=20))
