"""The reverse pass: sums over paths, nothing for what is frozen, zeros for what the loss does not see."""

from __future__ import annotations

import numpy as np
import pytest

import graphnet as gn
from graphnet.ir.graph import Graph
from graphnet.testing.evaluate import evaluate
from graphnet.transforms.differentiate import attach_loss, backward_nodes, differentiate
from graphnet.transforms.lower import lower


def run(graph: Graph, batch: int, **arrays: np.ndarray) -> dict[str, np.ndarray]:
    """The loss and the gradients of a differentiated graph; parameters by path, with `_` for dots."""
    graph = lower(graph, training=True)
    given = {v.name: v for v in (*graph.inputs, *graph.targets, *(p.value for p in graph.parameters))}
    known = evaluate(graph.nodes, {given[name.replace("_", ".")]: a for name, a in arrays.items()}, batch)
    return {name: known[v] for name, v in {**graph.outputs, **graph.gradients, **graph.input_gradients}.items()}


def test_a_value_read_twice_gets_both_gradients() -> None:
    """d/dx of sum (x * x + x - t)^2 is 2 (x x + x - t) (2 x + 1)."""
    net = gn.Network("paths")
    x = net.input("x", (5,))
    net.loss(gn.squared_error(gn.multiply(x, x) + x, "t"))
    a, t = np.random.default_rng(0).standard_normal((2, 3, 5))
    found = run(differentiate(attach_loss(net.graph), inputs=True), 3, x=a, t=t)
    np.testing.assert_allclose(found["loss"], ((a * a + a - t) ** 2).sum())
    np.testing.assert_allclose(found["x"], 2 * (a * a + a - t) * (2 * a + 1))


def test_terms_are_weighted_and_add_up() -> None:
    net = gn.Network("terms")
    x = gn.identity(net.input("x", (5,)))
    net.loss(gn.squared_error(x, "t"), weight=0.25)
    net.loss(gn.squared_error(x, "u"), weight=3.0)
    a, t, u = np.random.default_rng(0).standard_normal((3, 3, 5))
    found = run(differentiate(attach_loss(net.graph), inputs=True), 3, x=a, t=t, u=u)
    np.testing.assert_allclose(found["loss"], 0.25 * ((a - t) ** 2).sum() + 3 * ((a - u) ** 2).sum())
    np.testing.assert_allclose(found["x"], 0.5 * (a - t) + 6 * (a - u))


def test_a_shared_parameter_gets_the_sum_over_its_uses() -> None:
    net = gn.Network("shared")
    first = gn.linear(net.input("x", (3,)), 3, bias=False, name="fc")
    net.loss(gn.squared_error(gn.share(first, first), "t"))
    rng = np.random.default_rng(0)
    x, t, w = rng.standard_normal((2, 3)), rng.standard_normal((2, 3)), rng.standard_normal((3, 3))
    found = run(differentiate(attach_loss(net.graph)), 2, x=x, t=t, fc_weight=w)
    gy = 2 * (x @ w.T @ w.T - t)
    np.testing.assert_allclose(found["fc.weight"], gy.T @ (x @ w.T) + (gy @ w).T @ x)


def test_what_the_loss_does_not_see_has_zeros() -> None:
    net = gn.Network("unseen")
    x = net.input("x", (3,))
    y = net.input("y", (2,))
    net.output("side", gn.linear(x, 4, name="side"))
    net.loss(gn.squared_error(gn.linear(x, 2, name="seen"), "t"))
    net.output("other", gn.tanh(y))
    graph = differentiate(attach_loss(net.graph), inputs=True)
    rng = np.random.default_rng(0)
    arrays = {"x": rng.standard_normal((2, 3)), "y": np.ones((2, 2)), "t": np.ones((2, 2))}
    arrays |= {p.path.replace(".", "_"): rng.standard_normal(p.spec.shape) for p in graph.parameters}
    found = run(graph, 2, **arrays)
    assert found["side.weight"].shape == (4, 3)
    assert not found["side.weight"].any()
    assert not found["y"].any()
    assert found["seen.weight"].all()


@pytest.mark.parametrize("freeze", [True, False])
def test_nothing_is_computed_for_what_is_frozen(freeze: bool) -> None:
    net = gn.Network("frozen")
    h = gn.tanh(gn.linear(net.input("x", (5,)), 4, name="first", freeze=freeze))
    net.loss(gn.mse(gn.linear(h, 3, name="second"), "t"))
    graph = differentiate(attach_loss(net.graph))
    trained = {"second.weight", "second.bias"} | (set() if freeze else {"first.weight", "first.bias"})
    assert set(graph.gradients) == trained
    lowered = lower(graph, training=True)
    behind = {node.layer for node in backward_nodes(lowered)}
    assert ("tanh1" in behind) == (not freeze), "gradients are not carried beyond the last parameter that wants one"


def test_a_loss_of_nothing_that_is_trained() -> None:
    net = gn.Network("fixed")
    net.loss(gn.mse(gn.tanh(net.input("x", (5,))), "t"))
    graph = differentiate(attach_loss(net.graph))
    assert graph.gradients == {}
    assert backward_nodes(graph) == ()
