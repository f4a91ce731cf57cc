"""Sums of many terms: rounding errors do not add up from the first to the last."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet.compiler import compile_graph


@pytest.mark.parametrize("shape", [(4099,), (3, 4099), (3, 61, 67)], ids=["lanes", "one loop", "several loops"])
def test_rounding_does_not_add_up(shape: tuple[int, ...]) -> None:
    """One after the other, 4,000 terms of 0.1 in float32 are wrong in the fifth digit."""
    net = gn.Network("sums")
    net.output("total", gn.sum(net.input("x", shape), axis=-1 if len(shape) == 2 else None))
    x = np.full((1, *shape), 0.1, np.float32)
    total = compile_graph(net, batch_size=1, device="python", dtype="float32").predict({"x": x})["total"]
    np.testing.assert_allclose(total, x.sum(axis=-1 if len(shape) == 2 else None, dtype=np.float64), rtol=3e-6)


def test_one_after_the_other_they_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above would find."""
    monkeypatch.setattr("graphnet.codegen.cpu.nest.RUN", 10**6)
    with pytest.raises(AssertionError):
        test_rounding_does_not_add_up((3, 4099))
