import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ops.channel_shuffle import ChannelShuffle
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(groups):
    return lambda x: x.reshape(len(x), groups, -1, *x.shape[2:]).swapaxes(1, 2).reshape(x.shape)


SAMPLES = [
    Sample(ChannelShuffle(2), (distinct((3, 38, 5, 7)),), reference(2), title="2"),
    Sample(ChannelShuffle(3), (distinct((3, 6)),), reference(3), title="features"),
]


def test_groups_divide_the_channels() -> None:
    with pytest.raises(AttributeProblem) as problem:
        ChannelShuffle(4).infer(TensorType.batched(6, 7, 11))
    assert problem.value.expected == "groups that divide 6"
    assert problem.value.attribute == "groups"
