"""Lowering: comprehensions that belong to their layers, and statistics that follow in training only."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet.compiler import graph_for
from graphnet.ir.comprehension import Comprehension
from graphnet.ir.verify import verify
from graphnet.testing.evaluate import evaluate
from graphnet.transforms.lower import lower


def network(*, freeze: bool = False) -> gn.Network:
    net = gn.Network("statistics")
    x = net.input("x", (5, 3))
    h = gn.batch_norm(gn.flatten(x), name="norm", freeze=freeze)
    h = gn.linear(gn.dropout(h, 0.5), 2, name="fc")
    net.output("y", h)
    net.loss(gn.mse(h, "t"))
    return net


@pytest.mark.parametrize("training", [True, False])
def test_everything_becomes_a_comprehension_of_its_layer(training: bool) -> None:
    graph = verify(lower(graph_for(network().graph, "gradients"), training=training), "lower")
    assert all(isinstance(node.op, Comprehension) for node in graph.nodes)
    layers = {node.layer for node in graph.nodes}
    assert {"norm", "fc", "flatten1", "mse1"} <= layers
    for node in graph.nodes:
        if node.layer == "norm":
            assert node.name.startswith("norm/")
            assert node.span is not None
            assert node.span.file.endswith("test_lower.py")


def test_training_updates_running_statistics_and_draws() -> None:
    graph = lower(network().graph, training=True)
    assert [buffer.name for buffer, _ in graph.updates] == ["norm.running_mean", "norm.running_var"]
    assert any(node.comprehension.is_random for node in graph.nodes)


@pytest.mark.parametrize(("freeze", "training"), [(False, False), (True, True)])
def test_predictions_and_frozen_layers_change_nothing(freeze: bool, training: bool) -> None:
    graph = lower(network(freeze=freeze).graph, training=training)
    assert graph.updates == ()
    read = {v.name for node in graph.nodes for v in node.inputs}
    assert "norm.running_mean" in read
    if not training:
        assert not any(node.comprehension.is_random for node in graph.nodes)


def test_a_layer_applied_twice_updates_its_statistics_twice() -> None:
    """The second application goes on from the statistics of the first, and one new value is written back."""
    net = gn.Network("twice")
    first = gn.batch_norm(net.input("x", (3,)), name="norm")
    net.output("y", gn.share(first, net.input("z", (3,))))
    graph = lower(net.graph, training=True)
    assert len(graph.updates) == 2
    x, z = np.random.default_rng(0).standard_normal((2, 7, 3))
    given = {v.name: v for v in (*graph.inputs, *(p.value for p in graph.parameters))}
    arrays = {
        "x": x, "z": z, "norm.weight": np.ones(3), "norm.bias": np.zeros(3), "norm.running_mean": np.zeros(3),
        "norm.running_var": np.ones(3),
    }  # fmt: skip
    known = evaluate(graph.nodes, {given[name]: array for name, array in arrays.items()}, 7)
    mean, variance = (known[new] for _, new in graph.updates)
    np.testing.assert_allclose(mean, 0.9 * (0.1 * x.mean(0)) + 0.1 * z.mean(0))
    np.testing.assert_allclose(variance, 0.9 * (0.9 + 0.1 * x.var(0, ddof=1)) + 0.1 * z.var(0, ddof=1))
