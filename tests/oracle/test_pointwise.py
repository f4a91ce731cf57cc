"""Activations and arithmetic, at ordinary numbers and at the ends of the range."""

import numpy as np
import pytest

from graphnet.ops.arctan import Arctan
from graphnet.ops.elu import ELU
from graphnet.ops.leaky_relu import LeakyReLU
from graphnet.ops.maximum import Maximum
from graphnet.ops.minimum import Minimum
from graphnet.ops.relu import ReLU
from graphnet.ops.sigmoid import Sigmoid
from graphnet.ops.softplus import Softplus
from graphnet.ops.tanh import Tanh
from graphnet.testing.arrays import distinct

pytestmark = pytest.mark.oracle

X = np.concatenate([distinct((3, 97)), distinct((3, 11), low=-50, high=50), np.array([[0.0, -1e4, 1e4]] * 3)], axis=1)
CASES = {
    "relu": (ReLU(), lambda torch, x: torch.relu(x)),
    "leaky_relu": (LeakyReLU(), lambda torch, x: torch.nn.functional.leaky_relu(x)),
    "leaky_relu 0.3": (LeakyReLU(0.3), lambda torch, x: torch.nn.functional.leaky_relu(x, 0.3)),
    "elu": (ELU(), lambda torch, x: torch.nn.functional.elu(x)),
    "elu 0.3": (ELU(0.3), lambda torch, x: torch.nn.functional.elu(x, 0.3)),
    "sigmoid": (Sigmoid(), lambda torch, x: torch.sigmoid(x)),
    "tanh": (Tanh(), lambda torch, x: torch.tanh(x)),
    "arctan": (Arctan(), lambda torch, x: torch.arctan(x)),
    "softplus": (Softplus(), lambda torch, x: torch.nn.functional.softplus(x, threshold=40)),
    "softplus 3": (Softplus(3.0), lambda torch, x: torch.nn.functional.softplus(x, 3, threshold=40)),
}


@pytest.mark.parametrize("name", CASES)
def test_activation(torch, agree, name: str) -> None:
    operator, function = CASES[name]
    agree(operator, lambda x0: function(torch, x0), X)


def test_equal_operands_share_as_pytorchs(torch, agree) -> None:
    left, right = distinct((3, 5)), distinct((3, 5), seed=1)
    right[:, :2] = left[:, :2]
    agree(Maximum(), lambda x0, x1: torch.maximum(x0, x1), left, right)
    agree(Minimum(), lambda x0, x1: torch.minimum(x0, x1), left, right)
