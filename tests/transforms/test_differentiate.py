"""The reverse pass on graphs whose derivatives are known."""

from __future__ import annotations

import numpy as np

import graphnet as gn
from graphnet.ir.verify import verify
from graphnet.transforms.differentiate import attach_loss, backward_nodes, differentiate

from .networks import convolutional


def test_backward_nodes_come_after_forward_nodes_and_cite_their_layer() -> None:
    graph = differentiate(attach_loss(convolutional().graph))
    verify(graph, "differentiate")
    backward = backward_nodes(graph)
    assert graph.nodes[-len(backward) :] == backward
    assert all(node.span is not None and node.layer for node in backward if node.layer)


def test_every_trained_parameter_has_a_gradient_of_its_shape() -> None:
    graph = differentiate(attach_loss(convolutional().graph))
    trained = {p.path: p.value.type.shape for p in graph.parameters if p.trainable}
    assert {path: v.type.shape for path, v in graph.gradients.items()} == trained


def test_paths_that_meet_add_up() -> None:
    """loss = sum (w x + (w x) * (w x))^2 through one shared product: its derivative, by hand."""
    net = gn.Network("meet")
    x = net.input("x", (1,))
    y = gn.linear(x, 1, bias=False, name="w")
    z = y + y * y
    net.output("z", z)
    net.loss(gn.squared_error(z, "t"))
    model = gn.compile(net, batch_size=1, dtype="float64", device="python")
    model.load_parameters({"w.weight": np.array([[0.5]])})
    _, gradients = model.loss_and_gradients({"x": [[3.0]], "t": [[1.0]]})
    product = 0.5 * 3.0
    value = product + product**2
    np.testing.assert_allclose(gradients["w.weight"], [[2 * (value - 1.0) * (1 + 2 * product) * 3.0]], rtol=1e-14)


def test_what_the_loss_does_not_reach_has_a_gradient_of_zeros() -> None:
    net = gn.Network("apart")
    x = net.input("x", (3,))
    net.output("unused", gn.linear(x, 2, name="unused"))
    net.loss(gn.squared_error(gn.linear(x, 2, name="used"), "t"))
    model = gn.compile(net, batch_size=2, device="python")
    _, gradients = model.loss_and_gradients({"x": np.ones((2, 3)), "t": np.ones((2, 2))})
    assert not gradients["unused.weight"].any()
    assert gradients["used.weight"].any()
