"""Networks that hypothesis makes of all operators: their compiled gradients agree with finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings

import graphnet as gn
from graphnet.compiler import compile_graph
from graphnet.core.diagnostics import RunError
from graphnet.frontend.network import Network
from graphnet.testing.batches import random_batch
from graphnet.testing.gradients import check_gradients
from graphnet.testing.strategies import networks, specs

# Always the same networks, on every machine: no clock, no database. A failure prints its network; shrinking it would
# compile hundreds of others.
STEADY = settings(
    deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip


def differences(network: Network, device: str) -> str:
    """What is wrong with a network's gradients, with the network; nothing if all agree."""
    module = compile_graph(network, batch_size=2, device=device, dtype="float64")
    try:
        report = check_gradients(module, directions=1, elements=1)
    except RunError:  # a network that divides zero by zero has no gradient; another takes its place
        reject()
    return "" if report.passed else f"{report}\n\n{network.to_yaml()}"


@settings(STEADY, max_examples=100)
@given(networks())
def test_gradients_of_a_hundred_networks(network: Network) -> None:
    """The same source that is compiled, interpreted: hundreds of kernels that no other test shares."""
    assert not differences(network, "python")


def test_a_tile_without_any_tap() -> None:
    """The input gradient along an axis on which no window falls at a whole position, next to one where some do."""
    net = gn.Network("untouched")
    x = net.input("x", (3, 7, 5))
    y = gn.conv2d(x, 5, kernel_size=(1, 1), stride=(1, 7), padding=(0, 1), name="thin")
    net.loss(gn.cross_entropy(gn.linear(gn.flatten(y), 3), "label"))
    assert not differences(net, "python")


@settings(STEADY, max_examples=5)
@given(networks(max_layers=3))
def test_gradients_of_compiled_networks(network: Network) -> None:
    assert not differences(network, "cpu")


@settings(STEADY, max_examples=25)
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


@settings(STEADY, max_examples=50)
@given(specs(max_layers=5))
def test_specs_that_are_made_are_read(text: str) -> None:
    assert gn.loads(gn.loads(text).to_yaml()).to_yaml() == gn.loads(text).to_yaml()
