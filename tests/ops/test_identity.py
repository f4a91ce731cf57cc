from graphnet.core.types import TensorType
from graphnet.ops.identity import Identity
from graphnet.testing.arrays import distinct
from graphnet.testing.lowered import LoweredOperator
from graphnet.testing.samples import Sample


def reference(x):
    return x


SAMPLES = [Sample(Identity(), (distinct((3, 5)),), reference)]


def test_it_computes_nothing() -> None:
    assert LoweredOperator(Identity(), [TensorType.batched(5)]).forward_nodes == ()
