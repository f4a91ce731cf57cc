"""Activations and arithmetic, at ordinary numbers and at the ends of the range."""

import numpy as np
import pytest

from graphnet.ops.abs import Abs
from graphnet.ops.arctan import Arctan
from graphnet.ops.celu import CELU
from graphnet.ops.clip import Clip
from graphnet.ops.elu import ELU
from graphnet.ops.exp import Exp
from graphnet.ops.gelu import GELU
from graphnet.ops.hard_sigmoid import HardSigmoid
from graphnet.ops.hard_swish import HardSwish
from graphnet.ops.hard_tanh import HardTanh
from graphnet.ops.leaky_relu import LeakyReLU
from graphnet.ops.log import Log
from graphnet.ops.maximum import Maximum
from graphnet.ops.minimum import Minimum
from graphnet.ops.mish import Mish
from graphnet.ops.power import Power
from graphnet.ops.prelu import PReLU
from graphnet.ops.relu import ReLU
from graphnet.ops.relu6 import ReLU6
from graphnet.ops.selu import SELU
from graphnet.ops.sigmoid import Sigmoid
from graphnet.ops.silu import SiLU
from graphnet.ops.softplus import Softplus
from graphnet.ops.softsign import Softsign
from graphnet.ops.sqrt import Sqrt
from graphnet.ops.square import Square
from graphnet.ops.tanh import Tanh
from graphnet.testing.arrays import distinct

pytestmark = pytest.mark.oracle

KINKS = np.array([[0.0, -1.0, 1.0, -3.0, 3.0, 6.0, -1e4, 1e4]] * 3)
X = np.concatenate([distinct((3, 97)), distinct((3, 11), low=-50, high=50), KINKS], axis=1)
POSITIVE = np.concatenate([distinct((3, 97), low=0.01, high=5), np.array([[1.0, 1e4]] * 3)], axis=1)
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
    "selu": (SELU(), lambda torch, x: torch.selu(x)),
    "celu": (CELU(), lambda torch, x: torch.nn.functional.celu(x)),
    "celu 0.25": (CELU(0.25), lambda torch, x: torch.nn.functional.celu(x, 0.25)),
    "celu 7": (CELU(7.0), lambda torch, x: torch.nn.functional.celu(x, 7)),
    "gelu": (GELU(), lambda torch, x: torch.nn.functional.gelu(x)),
    "gelu tanh": (GELU("tanh"), lambda torch, x: torch.nn.functional.gelu(x, approximate="tanh")),
    "silu": (SiLU(), lambda torch, x: torch.nn.functional.silu(x)),
    "mish": (Mish(), lambda torch, x: torch.nn.functional.mish(x)),
    "softsign": (Softsign(), lambda torch, x: torch.nn.functional.softsign(x)),
    "hard_sigmoid": (HardSigmoid(), lambda torch, x: torch.nn.functional.hardsigmoid(x)),
    "hard_swish": (HardSwish(), lambda torch, x: torch.nn.functional.hardswish(x)),
    "hard_tanh": (HardTanh(), lambda torch, x: torch.nn.functional.hardtanh(x)),
    "hard_tanh -3 1": (HardTanh(-3, 1), lambda torch, x: torch.nn.functional.hardtanh(x, -3, 1)),
    "relu6": (ReLU6(), lambda torch, x: torch.nn.functional.relu6(x)),
    "abs": (Abs(), lambda torch, x: torch.abs(x)),
    "square": (Square(), lambda torch, x: torch.square(x)),
    "clip": (Clip(-1, 3), lambda torch, x: torch.clip(x, -1, 3)),
    "clip min": (Clip(min=-3), lambda torch, x: torch.clip(x, min=-3)),
    "clip max": (Clip(max=1), lambda torch, x: torch.clip(x, max=1)),
    **{f"power {e}": (Power(e), lambda torch, x, e=e: torch.pow(x, e)) for e in (0, 1, 2, 3, -1)},
}
OF_POSITIVE = {
    "log": (Log(), lambda torch, x: torch.log(x)),
    "sqrt": (Sqrt(), lambda torch, x: torch.sqrt(x)),
    **{f"power {e}": (Power(e), lambda torch, x, e=e: torch.pow(x, e)) for e in (0.5, -2.5, 0.3, -1.7, 7, -4)},
}


@pytest.mark.parametrize("name", CASES)
def test_activation(torch, agree, name: str) -> None:
    operator, function = CASES[name]
    agree(operator, lambda x0: function(torch, x0), X)


@pytest.mark.parametrize("name", OF_POSITIVE)
def test_of_positive_numbers(torch, agree, name: str) -> None:
    operator, function = OF_POSITIVE[name]
    agree(operator, lambda x0: function(torch, x0), POSITIVE)


def test_exp(torch, agree) -> None:
    agree(Exp(), lambda x0: torch.exp(x0), X[:, :-2])


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 7), (3, 5, 7, 11)])
@pytest.mark.parametrize("count", [1, 5])
def test_prelu(torch, agree, shape: tuple[int, ...], count: int) -> None:
    x = distinct(shape)
    x[0, :2] = 0
    agree(PReLU(count), lambda x0, weight: torch.nn.functional.prelu(x0, weight), x)


def test_equal_operands_share_as_pytorchs(torch, agree) -> None:
    left, right = distinct((3, 5)), distinct((3, 5), seed=1)
    right[:, :2] = left[:, :2]
    agree(Maximum(), lambda x0, x1: torch.maximum(x0, x1), left, right)
    agree(Minimum(), lambda x0, x1: torch.minimum(x0, x1), left, right)
