"""Products of matrices, and tables."""

import itertools

import pytest

from graphnet.core.types import TensorType
from graphnet.ops.attention import Attention
from graphnet.ops.bilinear import Bilinear
from graphnet.ops.embedding import Embedding
from graphnet.ops.linear import Linear
from graphnet.ops.locally_connected2d import LocallyConnected2d
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


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(3, 5), (2, 7, 5)])
def test_linear(torch, agree, shape, bias) -> None:
    agree(
        Linear(4, bias=bias),
        lambda x0, weight, bias=None: torch.nn.functional.linear(x0, weight, bias),
        distinct(shape),
    )


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize(("left", "right", "units"), [(5, 7, 3), (1, 4, 2), (3, 1, 1)])
def test_bilinear(torch, agree, left, right, units, bias) -> None:
    def theirs(x0, x1, weight, bias=None):
        return torch.nn.functional.bilinear(x0, x1, weight, bias)

    agree(Bilinear(units, bias=bias), theirs, distinct((4, left)), distinct((4, right), seed=1))


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation"),
    [*itertools.product([1, (2, 3)], [1, (3, 2)], [0, (2, 1)], [1, (2, 1)])],
)
def test_locally_connected2d(torch, agree, kernel, stride, padding, dilation) -> None:
    """PyTorch has no such operator; its `unfold` gives the windows, each of which a filter of its own sees."""

    def theirs(x0, weight, bias):
        windows = torch.nn.functional.unfold(x0, kernel, dilation, padding, stride)
        filters = weight.flatten(1, 3).flatten(2)
        return torch.einsum("nkp,okp->nop", windows, filters).unflatten(2, bias.shape[1:]) + bias

    agree(LocallyConnected2d(3, kernel, stride, padding, dilation), theirs, distinct((2, 2, 5, 6)))


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("heads", "features", "length"), [(1, 3, 2), (2, 6, 5), (3, 12, 7)])
def test_attention(torch, agree, heads, features, length, causal, bias) -> None:
    """Parameters go by PyTorch's names."""
    layer = torch.nn.MultiheadAttention(features, heads, bias=bias, batch_first=True).double()
    hidden = torch.ones(length, length).triu(1).bool() if causal else None
    x = distinct((2, length, features))
    specs = Attention(heads, causal, bias).parameters(TensorType.batched(length, features))
    assert {name: spec.shape for name, spec in specs.items()} == {
        name: tuple(array.shape) for name, array in layer.state_dict().items()
    }

    def theirs(x0, **parameters):
        options = {"attn_mask": hidden, "need_weights": False}
        return torch.func.functional_call(layer, parameters, (x0, x0, x0), options)[0]

    agree(Attention(heads, causal, bias), theirs, x)
