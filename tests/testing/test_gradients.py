"""The gradient check: right gradients pass, wrong ones are found and named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.compiler import compile_graph
from graphnet.runtime.module import Module
from graphnet.testing.gradients import check_gradients

Array = np.ndarray[Any, Any]


def network() -> gn.Network:
    net = gn.Network("small")
    x = net.input("x", (2, 5, 3))
    h = gn.relu(gn.batch_norm(gn.conv2d(x, 3, kernel_size=3, padding=1, name="conv"), name="norm"))
    h = gn.dropout(gn.max_pool2d(h, (2, 1)), 0.25)
    net.loss(gn.cross_entropy(gn.linear(gn.flatten(h), 4, name="logits"), "label"))
    return net


def interpreted(net: gn.Network) -> Module:
    return compile_graph(net, batch_size=2, device="python")


def altered(monkeypatch: pytest.MonkeyPatch, method: str, change: Callable[[dict[str, Array]], None]) -> None:
    """Make a compiled gradient wrong."""
    right = getattr(Module, method)

    def wrong(self: Module, batch: Any) -> tuple[float, dict[str, Array]]:
        loss, gradients = right(self, batch)
        change(gradients)
        return loss, gradients

    monkeypatch.setattr(Module, method, wrong)


def test_right_gradients_pass() -> None:
    module = interpreted(network())
    before = {path: array.copy() for path, array in module.parameters.items()}
    report = check_gradients(module)
    assert report.passed, str(report)
    assert set(report.parameters) == {
        "conv.weight", "conv.bias", "norm.weight", "norm.bias", "logits.weight", "logits.bias",
    }  # fmt: skip
    assert set(report.inputs) == {"x"}
    assert all(c.max_relative_error < 1e-6 and c.points >= 3 for c in report.all)
    assert report.parameters["norm.bias"].points == 3, "every element of a small parameter"
    assert str(report).startswith("gradients of 'small' agree with finite differences: 6 parameters and 1 input in")
    for path, array in before.items():
        np.testing.assert_array_equal(module.parameters[path], array)


def test_the_report_as_json() -> None:
    report = check_gradients(interpreted(network()), inputs=False)
    json = report.to_json()
    assert set(json) == {"passed", "parameters", "inputs"}
    assert json["passed"] is True
    assert json["inputs"] == {}
    assert json["parameters"]["conv.bias"] == {
        "max_relative_error": report.parameters["conv.bias"].max_relative_error, "points": 3,
    }  # fmt: skip


@pytest.mark.parametrize("factor", [0.0, 1.001, 1.00001, -1.0])
def test_one_wrong_element_of_many_is_found_and_named(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    place = (2, 1, 0, 2)

    def change(gradients: dict[str, Array]) -> None:
        gradients["conv.weight"][place] *= factor

    altered(monkeypatch, "loss_and_gradients", change)
    report = check_gradients(interpreted(network()), inputs=False)
    assert not report.passed
    (failure,) = report.failures
    assert (failure.name, failure.operator, failure.layer) == ("conv.weight", "conv2d", "conv")
    assert failure.worst is not None
    assert failure.worst.index == place
    assert failure.worst.analytic == pytest.approx(factor * failure.worst.numeric, rel=1e-5, abs=1e-9)
    text = str(report)
    assert "DISAGREE" in text
    assert "conv.weight" in text
    assert "test_gradients.py" in text, "where the layer was made"
    assert "[2, 1, 0, 2]" in text


def test_a_wrong_input_gradient_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(gradients: dict[str, Array]) -> None:
        gradients["x"][1] = 0

    altered(monkeypatch, "input_gradients", change)
    report = check_gradients(interpreted(network()))
    assert [failure.name for failure in report.failures] == ["x"]
    worst = report.failures[0].worst
    assert worst is not None
    assert worst.index[0] == 1
    assert worst.analytic == 0


def test_a_gradient_that_is_not_finite_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(gradients: dict[str, Array]) -> None:
        gradients["logits.bias"][1] = np.nan

    altered(monkeypatch, "loss_and_gradients", change)
    report = check_gradients(interpreted(network()), inputs=False)
    assert [failure.name for failure in report.failures] == ["logits.bias"]
    assert report.to_json()["parameters"]["logits.bias"]["max_relative_error"] == 2.0, "JSON has no infinity"


def kinked() -> tuple[gn.Network, dict[str, Array]]:
    """(relu(x) - 1)^2 at x = 0: its slope is 0 on one side, and -2 on the other."""
    net = gn.Network("kinked")
    x = net.input("x", (3,))
    net.loss(gn.squared_error(gn.relu(x), "t"))
    return net, {"x": np.array([[0.0, 0.5, -0.5]]), "t": np.array([[1.0, 1.0, 1.0]])}


def test_at_a_kink_any_subgradient_passes() -> None:
    net, batch = kinked()
    report = check_gradients(interpreted(net), batch)
    assert report.passed, str(report)


@pytest.mark.parametrize(("slope", "passes"), [(-2.0, True), (-1.0, True), (-2.1, False), (0.1, False)])
def test_at_a_kink_other_numbers_fail(slope: float, passes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def change(gradients: dict[str, Array]) -> None:
        gradients["x"][0, 0] = slope

    net, batch = kinked()
    altered(monkeypatch, "input_gradients", change)
    assert check_gradients(interpreted(net), batch).passed == passes


def test_frozen_parameters_are_left_out() -> None:
    net = gn.Network("frozen")
    h = gn.tanh(gn.linear(net.input("x", (5,)), 4, name="first", freeze=True))
    net.loss(gn.mse(gn.linear(h, 3, name="second"), "t"))
    report = check_gradients(interpreted(net))
    assert report.passed
    assert set(report.parameters) == {"second.weight", "second.bias"}


def test_the_batch_may_be_given() -> None:
    net = gn.Network("given")
    net.loss(gn.squared_error(gn.linear(net.input("x", (5,)), 2, name="fc"), "t"))
    module = interpreted(net)
    zeros = {"x": np.zeros((7, 5)), "t": np.zeros((7, 2))}
    report = check_gradients(module, zeros, shift=0.0)
    assert report.passed
    bias = module.parameters["fc.bias"]
    assert report.loss == pytest.approx(7 * (bias.astype(float) ** 2).sum()), "at the parameters as they are"


def test_without_a_loss_there_is_nothing_to_check() -> None:
    net = gn.Network("bare")
    gn.linear(net.input("x", (5,)), 2)
    with pytest.raises(gn.SpecError, match="has no loss"):
        check_gradients(interpreted(net))


def test_a_loss_that_is_not_finite_names_the_layer() -> None:
    net = gn.Network("broken")
    x = net.input("x", (5,))
    net.loss(gn.mse(gn.linear(gn.divide(x, x), 2), "t"))
    with pytest.raises(gn.RunError, match=r"the loss is nan.*'divide1' \(.*test_gradients.py:\d+"):
        check_gradients(interpreted(net), {"x": np.zeros((2, 5)), "t": np.zeros((2, 2))})
