"""The machine's limits, as far as they can be checked without a clock."""

from __future__ import annotations

import numpy as np
import pytest

from graphnet.runtime.peak import MemoryPeak, MultiplyAddPeak


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_best_rate_counts(dtype: str) -> None:
    peak = MultiplyAddPeak(dtype)
    assert peak.best == 0
    first = peak.measure(1)
    assert 0 < first <= peak.measure(1) == peak.best


def test_workers_stream_every_element_once() -> None:
    peak = MemoryPeak("float32", workers=2)
    x, y = peak.arrays
    x[:] = np.arange(len(x)) % 1009
    rates = [peak.measure(2), peak.measure(1)]
    np.testing.assert_array_equal(y, 3 * x)
    assert 0 < rates[0] <= rates[1]
