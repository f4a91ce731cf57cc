"""Networks of all operators, fused and not, and one that the gradient check once found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

import graphnet as gn
from graphnet.compiler import compile_graph
from graphnet.frontend.network import Network
from graphnet.testing.batches import random_batch
from graphnet.testing.gradients import check_gradients
from graphnet.testing.strategies import networks


@settings(max_examples=25)
@given(networks(max_layers=4))
def test_fusion_changes_nothing(network: Network) -> None:
    batch = random_batch(network.graph, 3, seed=7)
    losses, gradients = [], []
    for fusion in (True, False):
        module = compile_graph(network, batch_size=3, device="python", dtype="float64", fusion=fusion)
        loss, found = module.loss_and_gradients(batch)
        losses.append(loss)
        gradients.append(found)
    assert losses[0] == pytest.approx(losses[1], rel=1e-12, nan_ok=True)
    for path, gradient in gradients[0].items():
        np.testing.assert_allclose(gradient, gradients[1][path], rtol=1e-9, atol=1e-11, err_msg=path)


def test_a_tile_without_any_tap() -> None:
    """The input gradient along an axis on which no window falls at a whole position."""
    net = gn.Network("untouched")
    x = net.input("x", (3, 7, 5))
    y = gn.conv2d(x, 5, kernel_size=(1, 1), stride=(1, 7), padding=(0, 1), name="thin")
    net.loss(gn.cross_entropy(gn.linear(gn.flatten(y), 3), "label"))
    report = check_gradients(compile_graph(net, batch_size=2, device="python"))
    assert report.passed, str(report)
