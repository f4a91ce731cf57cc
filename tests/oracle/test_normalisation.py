"""Normalisation layers, softmax and its logarithm."""

import numpy as np
import pytest

from graphnet.ops.batch_norm import BatchNorm
from graphnet.ops.group_norm import GroupNorm
from graphnet.ops.instance_norm import InstanceNorm
from graphnet.ops.layer_norm import LayerNorm
from graphnet.ops.local_response_norm import LocalResponseNorm
from graphnet.ops.log_softmax import LogSoftmax
from graphnet.ops.softmax import Softmax
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import FROZEN, PREDICTION, TRAINING

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("momentum", [0.1, 0.6])
@pytest.mark.parametrize("eps", [1e-5, 0.1])
@pytest.mark.parametrize("mode", [TRAINING, FROZEN, PREDICTION], ids=["training", "frozen", "prediction"])
@pytest.mark.parametrize("shape", [(3, 5, 7, 11), (7, 5), (3, 5, 7), (1, 5, 7, 11), (3, 5, 2, 3, 2)])
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


@pytest.mark.parametrize("mode", [TRAINING, FROZEN, PREDICTION], ids=["training", "frozen", "prediction"])
def test_batch_norm_without_affine(torch, agree, mode) -> None:
    agree(
        BatchNorm(affine=False),
        lambda x0, running_mean, running_var, num_batches_tracked: torch.nn.functional.batch_norm(
            x0, running_mean, running_var, training=mode.is_training
        ),
        distinct((3, 5, 7)),
        mode=mode,
    )


@pytest.mark.parametrize("eps", [1e-5, 0.1])
@pytest.mark.parametrize("affine", ["weight and bias", "weight", ""])
@pytest.mark.parametrize("axes", [(1, 2, 3), (2, 3), (3,)])
def test_layer_norm(torch, agree, axes, affine, eps) -> None:
    x = distinct((2, 5, 7, 3))
    shape = x.shape[axes[0] :]

    def function(x0, weight=None, bias=None):
        return torch.nn.functional.layer_norm(x0, shape, weight, bias, eps)

    attributes = {"eps": eps, "elementwise_affine": bool(affine), "bias": "bias" in affine}
    agree(LayerNorm(shape, **attributes), function, x)
    agree(LayerNorm(axes=axes, **attributes), function, x)


def test_layer_norm_of_channels(torch, agree) -> None:
    """With the channels last, as PyTorch wants them."""
    agree(
        LayerNorm(axes=1),
        lambda x0, weight, bias: torch.nn.functional.layer_norm(
            x0.movedim(1, -1), (5,), weight, bias
        ).movedim(-1, 1),
        distinct((2, 5, 7, 3)),
    )  # fmt: skip


@pytest.mark.parametrize("eps", [1e-5, 0.1])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
@pytest.mark.parametrize("shape", [(3, 6, 5, 7), (3, 6, 5), (2, 6, 2, 3, 2), (3, 6)])
def test_group_norm(torch, agree, shape, groups, affine, eps) -> None:
    agree(
        GroupNorm(groups, eps, affine),
        lambda x0, weight=None, bias=None: torch.nn.functional.group_norm(x0, groups, weight, bias, eps),
        distinct(shape),
    )


@pytest.mark.parametrize("eps", [1e-5, 0.1])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("shape", [(3, 5, 7, 11), (1, 5, 7), (2, 3, 2, 3, 2)])
def test_instance_norm(torch, agree, shape, affine, eps) -> None:
    agree(
        InstanceNorm(eps, affine),
        lambda x0, weight=None, bias=None: torch.nn.functional.instance_norm(x0, weight=weight, bias=bias, eps=eps),
        distinct(shape),
    )


@pytest.mark.parametrize(
    ("alpha", "beta", "k"), [(1e-4, 0.75, 1.0), (0.5, 0.75, 2.0), (2.0, 0.3, 0.1), (1.0, 1.0, 1.0)]
)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 13])
@pytest.mark.parametrize("shape", [(2, 7, 3, 5), (2, 7, 3), (2, 5, 2, 3, 2)])
def test_local_response_norm(torch, agree, shape, size, alpha, beta, k) -> None:
    agree(
        LocalResponseNorm(size, alpha, beta, k),
        lambda x0: torch.nn.functional.local_response_norm(x0, size, alpha, beta, k), distinct(shape),
    )  # fmt: skip


@pytest.mark.parametrize("axis", [1, 2, 3, -1])
def test_softmax(torch, agree, axis) -> None:
    agree(Softmax(axis), lambda x0: torch.softmax(x0, axis), distinct((3, 5, 7, 11), low=-20, high=20))
    agree(LogSoftmax(axis), lambda x0: torch.log_softmax(x0, axis), distinct((3, 5, 7, 11), low=-20, high=20))
