import numpy as np
import pytest
from pydantic import ValidationError

from graphnet.ops.scale import Scale
from graphnet.testing.arrays import distinct
from graphnet.testing.samples import Sample


def reference(factor, offset):
    return lambda x: np.polyval([factor, offset], x)


X = distinct((3, 5, 7, 11))
SAMPLES = [
    Sample(Scale(0.5), (X,), reference(0.5, 0), title="factor"),
    Sample(Scale(factor=-2.0, offset=3.0), (X,), reference(-2, 3), title="factor and offset"),
    Sample(Scale(factor=1, offset=0.25), (X,), reference(1, 0.25), title="offset"),
    Sample(Scale(0), (X,), reference(0, 0), title="factor 0"),
]


@pytest.mark.parametrize("factor", [float("nan"), float("inf"), "2", True])
def test_the_factor_is_a_finite_number(factor: object) -> None:
    with pytest.raises(ValidationError):
        Scale(factor=factor)
