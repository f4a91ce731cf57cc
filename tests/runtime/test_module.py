"""The module: what it takes and refuses, what a step changes, and what leaves everything as it was.

All on the interpreter in float64, where every number can be checked against NumPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.compiler import compile_graph
from graphnet.ir.definitions import OPTIMIZERS
from graphnet.runtime.module import Module
from graphnet.testing.batches import random_batch

Array = np.ndarray[Any, Any]

MOST = 5


def linear_network() -> gn.Network:
    net = gn.Network("linear")
    x = net.input("x", (3,))
    net.output("y", gn.linear(x, 2, name="fc"))
    net.loss(gn.squared_error(net["fc"], "t"))
    return net


def deep_network(dropout: float = 0.5) -> gn.Network:
    net = gn.Network("deep")
    x = net.input("x", (4, 3))
    h = gn.batch_norm(gn.flatten(x), name="norm")
    h = gn.dropout(gn.tanh(gn.linear(h, 6, name="hidden")), dropout)
    net.loss(gn.mse(gn.linear(h, 2, name="out"), "t"))
    return net


def interpreted(net: gn.Network, **options: Any) -> Module:
    options.setdefault("dtype", "float64")
    return compile_graph(net, batch_size=MOST, device="python", **options)


def everything(module: Module) -> dict[str, Array]:
    """All that lasts from step to step."""
    return {**module.parameters, **module.optimizer_state(), "made": np.array(module.step)}


def assert_equal(found: dict[str, Array], wanted: dict[str, Array]) -> None:
    assert found.keys() == wanted.keys()
    for name, array in found.items():
        np.testing.assert_array_equal(array, wanted[name], err_msg=name)


# -- predictions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 3, MOST, MOST + 1, 2 * MOST + 3])
def test_predictions_of_any_number_of_samples(samples: int) -> None:
    module = interpreted(linear_network())
    x = np.random.default_rng(0).standard_normal((samples, 3))
    y = module(x)
    assert isinstance(y, np.ndarray)
    np.testing.assert_allclose(y, x @ module.parameters["fc.weight"].T + module.parameters["fc.bias"])


def test_inputs_by_position_by_name_and_in_a_mapping() -> None:
    net = gn.Network("two")
    net.output("sum", gn.add(net.input("a", (3,)), net.input("b", (3,))))
    net.output("product", gn.multiply(net["a"], net["b"]))
    module = interpreted(net)
    a, b = np.random.default_rng(0).standard_normal((2, 4, 3))
    batch = {"a": a, "b": b}
    for outputs in (module(batch), module(a=a, b=b), module({"a": a}, b=b), module.predict(batch)):
        assert isinstance(outputs, dict)
        np.testing.assert_allclose(outputs["sum"], a + b)
        np.testing.assert_allclose(outputs["product"], a * b)


def test_outputs_are_copies() -> None:
    module = interpreted(linear_network())
    first = module(np.ones((2, 3)))
    kept = first.copy()
    module(np.zeros((2, 3)))
    np.testing.assert_array_equal(first, kept)


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ({}, "lacks 'x'"),
        ({"xx": np.zeros((2, 3)), "t": np.zeros((2, 2))}, "rename 'xx'"),
        ({"x": np.zeros((2, 3))}, "lacks 't'"),
        ({"x": np.zeros((2, 4)), "t": np.zeros((2, 2))}, "another shape"),
        ({"x": np.zeros(3), "t": np.zeros((2, 2))}, "another shape"),
        ({"x": np.zeros((2, 3)), "t": np.zeros((3, 2))}, "another number of samples"),
        ({"x": np.zeros((MOST + 1, 3)), "t": np.zeros((MOST + 1, 2))}, f"1 to {MOST} samples"),
        ({"x": np.zeros((0, 3)), "t": np.zeros((0, 2))}, "the batch is empty"),
    ],
)
def test_batches_that_do_not_fit_are_explained(batch: dict[str, Array], words: str) -> None:
    module = interpreted(linear_network())
    for compute in (module.loss_and_gradients, module.train_step, module.evaluate_batch, module.training_loss):
        with pytest.raises(gn.SpecError, match=words):
            compute(batch)


@pytest.mark.parametrize(
    ("token", "dtype"), [(-1, np.int32), (7, np.int32), (2**32, np.int64), (2.5, np.float64), (np.nan, np.float32)]
)
def test_tokens_that_are_none_are_refused_before_the_step(token: float, dtype: type) -> None:
    net = gn.Network("tokens")
    x = net.input("x", (3,), dtype="int32")
    net.loss(gn.squared_error(gn.flatten(gn.embedding(x, num_embeddings=7, embedding_dim=2)), "t"))
    module = interpreted(net)
    batch = {"x": np.array([[0, 1, 6], [3, 2, 1]], dtype), "t": np.zeros((2, 6))}
    before = everything(module)
    module.training_loss(batch)
    batch["x"][1, 2] = token
    for compute in (module.predict, module.loss_and_gradients, module.train_step, module.evaluate_batch):
        with pytest.raises(gn.SpecError, match=r"whole numbers from 0 to 6\n.*at \[1, 2\]"):
            compute(batch)
    assert_equal(everything(module), before)


def test_nothing_but_predictions_without_a_loss() -> None:
    net = gn.Network("bare")
    gn.linear(net.input("x", (3,)), 2)
    module = interpreted(net)
    assert module(np.zeros((1, 3))).shape == (1, 2)
    for compute in (module.loss_and_gradients, module.train_step, module.evaluate_batch, module.input_gradients):
        with pytest.raises(gn.SpecError, match="has no loss"):
            compute({"x": np.zeros((1, 3))})


# -- parameters --------------------------------------------------------------------------------------------------


def test_parameters_are_read_as_copies_by_their_paths() -> None:
    module = interpreted(deep_network())
    assert list(module.parameters) == [p.path for p in module.graph.parameters]
    module.parameters["hidden.weight"][:] = 7
    assert not (module.parameters["hidden.weight"] == 7).any()
    with pytest.raises(KeyError, match=r"did you mean hidden\.weight"):
        module.parameters["hiden.weight"]


def test_parameters_come_back_as_they_were_loaded() -> None:
    module = interpreted(deep_network())
    rng = np.random.default_rng(0)
    arrays = {path: rng.standard_normal(array.shape) for path, array in module.parameters.items()}
    arrays["norm.num_batches_tracked"] = np.array(12)
    module.load_parameters(arrays)
    assert_equal(dict(module.parameters), arrays)


def test_parameters_that_do_not_fit_change_nothing() -> None:
    module = interpreted(linear_network())
    before = everything(module)
    good = {"fc.weight": np.ones((2, 3)), "fc.bias": np.ones(2)}
    for arrays, words in (
        ({"fc.weight": good["fc.weight"]}, "fc.bias"), ({**good, "fd.bias": np.ones(2)}, "fd.bias"),
        ({**good, "fc.weight": np.ones((3, 2))}, r"\(2, 3\)"),
    ):  # fmt: skip
        with pytest.raises(gn.SpecError, match=words):
            module.load_parameters(arrays)
    assert_equal(everything(module), before)
    module.load_parameters({"fc.bias": good["fc.bias"], "other": np.ones(7)}, strict=False)
    np.testing.assert_array_equal(module.parameters["fc.bias"], 1)
    np.testing.assert_array_equal(module.parameters["fc.weight"], before["fc.weight"])


def test_a_parameter_keeps_its_first_values_when_others_are_added() -> None:
    small, large = interpreted(linear_network(), seed=3), gn.Network("larger")
    gn.linear(gn.linear(large.input("x", (3,)), 2, name="fc"), 7, name="more")
    weights = small.parameters["fc.weight"]
    np.testing.assert_array_equal(interpreted(large, seed=3).parameters["fc.weight"], weights)
    assert not np.array_equal(interpreted(linear_network(), seed=4).parameters["fc.weight"], weights)


# -- gradients ---------------------------------------------------------------------------------------------------


def test_gradients_of_a_linear_map() -> None:
    module = interpreted(linear_network())
    batch = random_batch(module.graph, 4)
    w, b = module.parameters["fc.weight"], module.parameters["fc.bias"]
    gy = 2 * (batch["x"] @ w.T + b - batch["t"])
    loss, gradients = module.loss_and_gradients(batch)
    assert loss == pytest.approx((gy**2).sum() / 4)
    np.testing.assert_allclose(gradients["fc.weight"], gy.T @ batch["x"])
    np.testing.assert_allclose(gradients["fc.bias"], gy.sum(0))
    same, by_input = module.input_gradients(batch)
    assert same == pytest.approx(loss)
    np.testing.assert_allclose(by_input["x"], gy @ w)
    assert module.training_loss(batch) == pytest.approx(loss)


def test_gradients_change_nothing() -> None:
    module = interpreted(deep_network())
    before = everything(module)
    batch = random_batch(module.graph, 3)
    first, _ = module.loss_and_gradients(batch)
    module.input_gradients(batch)
    module.evaluate_batch(batch)
    assert module.loss_and_gradients(batch)[0] == first, "dropout draws the same numbers until a step is made"
    assert_equal(everything(module), before)


# -- steps -------------------------------------------------------------------------------------------------------


def test_a_step_of_gradient_descent() -> None:
    module = interpreted(linear_network(), optimizer=OPTIMIZERS["sgd"](lr=0.01))
    batch = random_batch(module.graph, 4)
    before = dict(module.parameters)
    loss, gradients = module.loss_and_gradients(batch)
    assert module.train_step(batch) == loss
    for path, array in module.parameters.items():
        np.testing.assert_allclose(array, before[path] - 0.01 * gradients[path], rtol=1e-12)
    assert module.step == 1
    assert module.training_loss(batch) < loss


def test_a_step_moves_statistics_and_counts() -> None:
    module = interpreted(deep_network())
    batch = random_batch(module.graph, 4)
    module.train_step(batch)
    flat = batch["x"].reshape(4, -1)
    np.testing.assert_allclose(module.parameters["norm.running_mean"], 0.1 * flat.mean(0))
    np.testing.assert_allclose(module.parameters["norm.running_var"], 0.9 + 0.1 * flat.var(0, ddof=1))
    assert module.parameters["norm.num_batches_tracked"] == 1
    module.train_step(batch)
    assert module.parameters["norm.num_batches_tracked"] == 2


def test_dropout_draws_anew_each_step() -> None:
    module = interpreted(deep_network(), optimizer=OPTIMIZERS["sgd"](lr=0.0))
    batch = random_batch(module.graph, 4)
    losses = [module.train_step(batch) for _ in range(3)]
    assert len(set(losses)) == 3
    module.step = 0
    assert module.train_step(batch) == losses[0], "the numbers belong to the step"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_step_whose_loss_is_not_finite_leaves_no_trace(value: float) -> None:
    module = interpreted(deep_network(), optimizer=OPTIMIZERS["sgd"](lr=0.1, momentum=0.9), gradient_clip=1.0)
    batch = random_batch(module.graph, 3)
    module.train_step(batch)
    before = everything(module)
    broken = {**batch, "x": batch["x"].copy()}
    broken["x"][1, 2, 0] = value
    assert not np.isfinite(module.train_step(broken))
    assert_equal(everything(module), before)
    assert np.isfinite(module.train_step(batch)), "nor does memory keep any"
    assert module.first_nonfinite(batch) is None
    found = module.first_nonfinite(broken)
    assert found is not None
    assert found[0] == "flatten1"


def test_frozen_layers_stay() -> None:
    net = gn.Network("frozen")
    x = net.input("x", (3,))
    h = gn.batch_norm(gn.linear(x, 4, name="first", freeze=True), name="norm", freeze=True)
    net.loss(gn.mse(gn.linear(h, 2, name="second"), "t"))
    module = interpreted(net)
    before = everything(module)
    module.train_step(random_batch(module.graph, 4))
    after = everything(module)
    changed = {name for name, array in after.items() if not np.array_equal(array, before[name])}
    assert changed == {"second.weight", "second.bias", "step", "made"}


def test_gradients_are_clipped_by_their_global_norm() -> None:
    module = interpreted(linear_network(), optimizer=OPTIMIZERS["sgd"](lr=1.0), gradient_clip=0.5)
    batch = random_batch(module.graph, 4)
    before, (_, gradients) = dict(module.parameters), module.loss_and_gradients(batch)
    norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
    assert norm > 0.5
    module.train_step(batch)
    for path, array in module.parameters.items():
        np.testing.assert_allclose(array, before[path] - gradients[path] * 0.5 / (norm + 1e-6), rtol=1e-9)


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_accumulated_batches_are_one_large_one(optimizer: str, dropout: float) -> None:
    """Random numbers belong to samples, so even dropout drops the same."""

    def network() -> gn.Network:
        net = gn.Network("accumulated")
        h = gn.dropout(gn.tanh(gn.linear(net.input("x", (3,)), 6, name="hidden")), dropout)
        net.loss(gn.mse(gn.linear(h, 2, name="out"), "t"))
        return net

    definition = OPTIMIZERS[optimizer](lr=0.01)
    whole, parts = interpreted(network(), optimizer=definition), interpreted(network(), optimizer=definition)
    for seed in (1, 2):
        batch = random_batch(whole.graph, 5, seed=seed)
        loss = whole.train_step(batch)
        losses = [
            parts.accumulate_step({n: a[part] for n, a in batch.items()}, share, last=last)
            for part, share, last in ((slice(0, 3), 0.6, False), (slice(3, 5), 0.4, True))
        ]
        assert loss == pytest.approx(0.6 * losses[0] + 0.4 * losses[1])
    assert parts.step == whole.step == 2
    for path, array in whole.parameters.items():
        np.testing.assert_allclose(parts.parameters[path], array, rtol=1e-9, err_msg=path)


# -- optimizers --------------------------------------------------------------------------------------------------


def test_the_optimizers_state_can_be_kept() -> None:
    definition = OPTIMIZERS["sgd"](lr=0.01, momentum=0.9)
    first, second = (interpreted(linear_network(), optimizer=definition) for _ in range(2))
    batch = random_batch(first.graph, 4)
    for _ in range(3):
        first.train_step(batch)
    second.load_parameters(first.parameters)
    second.load_optimizer_state(first.optimizer_state())
    second.step = first.step
    first.train_step(batch)
    second.train_step(batch)
    assert_equal(everything(second), everything(first))
    with pytest.raises(gn.RunError, match="does not fit"):
        interpreted(linear_network()).load_optimizer_state(first.optimizer_state())


def test_another_optimizer_starts_afresh_from_the_same_parameters() -> None:
    module = interpreted(deep_network(), optimizer=OPTIMIZERS["sgd"](lr=0.01, momentum=0.9))
    batch = random_batch(module.graph, 4)
    module.train_step(batch)
    before = dict(module.parameters)
    module.set_optimizer(OPTIMIZERS["sgd"](lr=0.1))
    assert_equal(dict(module.parameters), before)
    assert set(module.optimizer_state()) == {"step"}
    gradients = module.loss_and_gradients(batch)[1]
    module.train_step(batch)
    moved = before["out.weight"] - 0.1 * gradients["out.weight"]
    np.testing.assert_allclose(module.parameters["out.weight"], moved, rtol=1e-12)


def test_the_rate_can_be_set_before_a_step() -> None:
    module = interpreted(linear_network(), optimizer=OPTIMIZERS["sgd"](lr=0.1))
    batch = random_batch(module.graph, 4)
    before, (_, gradients) = dict(module.parameters), module.loss_and_gradients(batch)
    module.set_hyper(lr=0.001)
    module.train_step(batch)
    np.testing.assert_allclose(module.parameters["fc.bias"], before["fc.bias"] - 0.001 * gradients["fc.bias"])


# -- modules -----------------------------------------------------------------------------------------------------


def test_a_module_compiled_again_is_one_of_its_own() -> None:
    module = interpreted(deep_network(), dtype="float32", seed=3)
    batch = random_batch(module.graph, 3)
    module.train_step(batch)
    again = module.recompiled(dtype="float64", batch_size=3)
    assert (again.dtype, again.batch_size, again.device, again.seed, again.step) == ("float64", 3, "python", 3, 1)
    assert module.training_loss(batch) == pytest.approx(again.training_loss(batch), rel=1e-5), "the same numbers drop"
    before = dict(module.parameters)
    again.train_step(batch)
    assert_equal(dict(module.parameters), before)


def test_programs_are_compiled_when_they_are_needed() -> None:
    module = interpreted(linear_network())
    assert not module.programs
    module(np.zeros((1, 3)))
    assert set(module.programs) == {"predict"}
    module.prepare("train")
    assert set(module.programs) == {"predict", "train"}


def test_the_listing_names_layers_and_sources() -> None:
    kernels = interpreted(deep_network()).kernels
    assert {kernel.program for kernel in kernels} == {"train"}
    assert {kernel.target for kernel in kernels} == {"python"}
    assert any(kernel.backward for kernel in kernels)
    assert {"contraction", "reduction", "pointwise"} <= {kernel.family for kernel in kernels}
    hidden = next(kernel for kernel in kernels if "hidden/linear" in kernel.nodes)
    assert any("test_module.py" in layer for layer in hidden.layers)
    assert "def kernel(args, worker, workers):" in hidden.source
