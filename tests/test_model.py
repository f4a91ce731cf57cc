"""`gn.compile` and the model that it makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.model import Model
from graphnet.network import Network
from graphnet.stages import memory_of, step_kernels

SPEC = """
graphnet: 1
name: small
params: {units: 7}
inputs: {x: [5]}
layers:
  - linear: $units
  - tanh
  - {linear: 3, name: logits}
loss: [cross_entropy: label]
metrics: [accuracy]
train:
  data: {synthetic: {samples: 60}}
  epochs: 3
  batch_size: 16
  seed: 11
  optimizer: {sgd: {lr: 0.25}}
  gradient_clip: 2.5
"""
REGRESSION = """
graphnet: 1
name: regression
inputs: {x: [3]}
layers: [{linear: 2, name: fc}]
loss: [squared_error: y]
"""


@pytest.fixture
def net() -> Network:
    return gn.loads(SPEC)


def batch_of(count: int, features: int = 5, classes: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(count)
    return {
        "x": rng.normal(size=(count, features)).astype(np.float32),
        "label": rng.integers(0, classes, count).astype(np.int32),
    }


# -- compile -----------------------------------------------------------------------------------------------------------


def test_a_spec_says_how_to_compile(net: Network) -> None:
    model = gn.compile(net)
    assert isinstance(model, Model)
    assert (model.batch_size, model.seed, model.dtype, model.device) == (16, 11, "float32", "cpu")
    assert (model.optimizer.name, model.optimizer.lr, model.gradient_clip) == ("sgd", 0.25, 2.5)


def test_options_take_the_place_of_what_a_spec_says(net: Network) -> None:
    model = gn.compile(
        net, batch_size=5, seed=3, dtype="float64", threads=1, optimizer={"adam": 0.01}, gradient_clip=1.0
    )
    assert (model.batch_size, model.seed, model.dtype, model.threads) == (5, 3, "float64", 1)
    assert (model.optimizer.name, model.optimizer.lr, model.gradient_clip) == ("adam", 0.01, 1.0)


def test_a_network_without_train_compiles_too() -> None:
    model = gn.compile(gn.loads(REGRESSION))
    assert (model.batch_size, model.seed, model.gradient_clip) == (64, 0, None)


def test_a_path_works_too_with_params(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SPEC)
    assert gn.compile(path, units=11).parameters["linear1.weight"].shape == (11, 5)
    assert gn.compile(str(path)).parameters["linear1.weight"].shape == (7, 5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"device": "cuda"}, "no CUDA target"),
        ({"device": "pyton"}, "did you mean 'python'?"),
        ({"dtype": "float16"}, "float32 or float64"),
        ({"batch_size": 0}, "a whole number from 1"),
        ({"batch_size": 2.0}, "a whole number from 1"),
        ({"batch_size": True}, "a whole number from 1"),
        ({"threads": 0}, "a whole number from 1"),
        ({"seed": -1}, "a whole number from 0"),
        ({"optimizer": "sdg"}, "did you mean `sgd`?"),
        ({"optimizer": {"sgd": {"lr": -1}}}, "greater than or equal to 0"),
        ({"gradient_clip": 0}, "greater than 0"),
        ({"units": 3}, "gn.load(path, units=...)"),
    ],
)
def test_bad_options_are_explained(net: Network, options: dict[str, Any], words: str) -> None:
    with pytest.raises(gn.SpecError) as caught:
        gn.compile(net, **options)
    assert words in str(caught.value)


def test_all_bad_options_are_named_at_once(net: Network) -> None:
    with pytest.raises(gn.SpecError) as caught:
        gn.compile(net, device="tpu", dtype="int8", threads=-1)
    assert len(caught.value.diagnostics) == 3


def test_only_networks_and_paths_can_be_compiled() -> None:
    with pytest.raises(gn.SpecError, match="cannot be compiled"):
        gn.compile(7)


def test_the_seed_decides_the_parameters(net: Network) -> None:
    one, same, other = (gn.compile(net, seed=seed).parameters for seed in (1, 1, 2))
    assert all(np.array_equal(one[path], same[path]) for path in one)
    assert not any(np.array_equal(one[path], other[path]) for path in one)


def test_too_large_a_batch_is_an_error_not_a_crash(net: Network) -> None:
    model = gn.compile(gn.loads(SPEC, units=100_000), batch_size=2**31 - 1)
    with pytest.raises(gn.RunError, match="not enough memory"):
        model.train_step(batch_of(3))


# -- memory ------------------------------------------------------------------------------------------------------------


def asserting(budget: str) -> str:
    return SPEC + f"assert: {{{budget}}}\n"


def test_memory_figures_are_those_of_the_compiled_programs(net: Network) -> None:
    model = gn.compile(net)
    figures = memory_of(net.graph, 16)
    step = model.prepare("train").executable.stages[0].schedule.plan
    assert (figures.training_bytes, figures.lower_bound_bytes) == (step.peak, step.lower_bound)
    assert figures.inference_bytes == model.prepare("predict").executable.arena_bytes


def test_memory_without_a_loss_is_that_of_predictions() -> None:
    graph = gn.loads("graphnet: 1\nname: plain\ninputs: {x: [5]}\nlayers: [{linear: 3}, tanh]\n").graph
    figures = memory_of(graph, 7)
    assert figures.training_bytes is None
    assert 0 < figures.lower_bound_bytes <= figures.inference_bytes


def test_a_network_must_keep_to_its_memory(net: Network) -> None:
    needed = memory_of(net.graph, 16)
    gn.compile(gn.loads(asserting(f"training_memory: {needed.training_bytes}")))
    gn.compile(gn.loads(asserting(f'inference_memory: "<= {needed.inference_bytes} B"')))
    tight = asserting(f'training_memory: "< {needed.training_bytes} B", inference_memory: "< 1 B"')
    with pytest.raises(gn.SpecError) as caught:
        gn.compile(gn.loads(tight))
    assert [d.found for d in caught.value.diagnostics] == [
        f"{needed.training_bytes:,} bytes", f"{needed.inference_bytes:,} bytes",
    ]  # fmt: skip
    assert all(d.span is not None for d in caught.value.diagnostics)


def test_budgets_hold_at_the_batch_size_of_the_spec(net: Network) -> None:
    needed = memory_of(net.graph, 16).training_bytes
    bounded = asserting(f"training_memory: {needed}")
    assert gn.compile(gn.loads(bounded), batch_size=640).batch_size == 640
    gn.compile(gn.loads(bounded, units=70))  # budgets speak of the spec as written


# -- computing ---------------------------------------------------------------------------------------------------------


def test_predictions_are_those_of_numpy(net: Network) -> None:
    model = gn.compile(net, batch_size=4)
    p, x = model.parameters, batch_of(11)["x"]
    hidden = np.tanh(x @ p["linear1.weight"].T + p["linear1.bias"])
    wanted = hidden @ p["logits.weight"].T + p["logits.bias"]
    np.testing.assert_allclose(model(x), wanted, rtol=1e-5, atol=1e-6)
    assert set(model.predict({"x": x})) == {"logits"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_python_device_agrees(net: Network, dtype: str) -> None:
    compiled, interpreted = (gn.compile(net, device=device, dtype=dtype) for device in ("cpu", "python"))
    batch = batch_of(3)
    loss, gradients = compiled.loss_and_gradients(batch)
    other_loss, other_gradients = interpreted.loss_and_gradients(batch)
    assert loss == pytest.approx(other_loss, rel=1e-5)
    for path, gradient in gradients.items():
        np.testing.assert_allclose(gradient, other_gradients[path], rtol=1e-4, atol=1e-6)


def test_a_step_is_that_of_the_chosen_optimizer() -> None:
    net = gn.loads(REGRESSION)
    rng = np.random.default_rng(5)
    batch = {"x": rng.normal(size=(7, 3)), "y": rng.normal(size=(7, 2))}
    model = gn.compile(net, dtype="float64", optimizer={"sgd": {"lr": 0.125}})
    before, (_, gradients) = dict(model.parameters), model.loss_and_gradients(batch)
    model.train_step(batch)
    for path, gradient in gradients.items():
        np.testing.assert_allclose(model.parameters[path], before[path] - 0.125 * gradient, rtol=1e-12)


def test_gradients_pass_the_check(net: Network) -> None:
    report = gn.compile(net).check_gradients()
    assert report.passed, str(report)
    assert set(report.parameters) == {"linear1.weight", "linear1.bias", "logits.weight", "logits.bias"}


def test_the_listing_has_the_kernels_that_run(net: Network) -> None:
    model = gn.compile(net)
    listed = step_kernels(net.graph, "train", 16, "float32", model.optimizer, model.gradient_clip)
    assert [kernel.source for kernel in listed] == [kernel.source for kernel in model.kernels]


# -- training ----------------------------------------------------------------------------------------------------------


def test_fit_trains_with_what_the_spec_says(net: Network, tmp_path: Path) -> None:
    model = gn.compile(net)
    before = model.evaluate()
    history = model.fit(out=tmp_path / "run", quiet=True)
    assert len(history) == 3
    assert history["step"] == [3, 6, 9]  # 48 of 60 samples, 16 at a time
    after = model.evaluate()
    assert after["loss"] < before["loss"]
    assert after["loss"] == pytest.approx(history["val_loss"][-1])
    assert after["accuracy"] == pytest.approx(history["val_accuracy"][-1])
    assert (tmp_path / "run" / "best.safetensors").exists()


def test_fit_takes_arrays_and_settings(net: Network, capsys: pytest.CaptureFixture[str]) -> None:
    model = gn.compile(net)
    batch = batch_of(20)
    history = model.fit((batch["x"], batch["label"]), validation=batch, epochs=2, batch_size=5, optimizer="adam")
    assert history["step"] == [4, 8]
    assert model.optimizer.name == "adam"
    assert "val_loss" in history.columns
    assert "epoch 2/2" in capsys.readouterr().out
    model.fit(batch, epochs=1, quiet=True)
    assert capsys.readouterr().out == ""


def test_fit_holds_out_what_it_is_told(net: Network) -> None:
    model = gn.compile(net)
    assert model.fit(batch_of(20), 0.25, epochs=1, batch_size=1, quiet=True)["step"] == [15]
    assert model.fit(validation=batch_of(20), epochs=1, batch_size=1, quiet=True)["step"] == [60]
    assert model.fit(validation=0.5, epochs=1, batch_size=1, quiet=True)["step"] == [30]


def test_fit_uses_no_larger_batches_than_compiled(net: Network) -> None:
    assert gn.compile(net, batch_size=7).fit(batch_of(20), epochs=1, quiet=True)["step"] == [3]
    with pytest.raises(gn.SpecError, match="smaller batches"):
        gn.compile(net, batch_size=7).fit(batch_of(20), batch_size=8, quiet=True)


def test_without_a_loss_there_is_nothing_to_train_or_judge() -> None:
    model = gn.compile(gn.loads("graphnet: 1\nname: plain\ninputs: {x: [5]}\nlayers: [tanh]\n"))
    for attempt in (
        lambda: model.fit({"x": np.ones((3, 5))}, quiet=True),
        lambda: model.evaluate({"x": np.ones((3, 5))}),
    ):
        with pytest.raises(gn.SpecError, match="'plain' has no loss"):
            attempt()
    np.testing.assert_allclose(model(np.ones((3, 5))), np.tanh(1), rtol=1e-6)


def test_fit_refuses_settings_that_do_not_exist(net: Network) -> None:
    with pytest.raises(gn.SpecError, match="did you mean `epochs`"):
        gn.compile(net).fit(batch_of(20), epoch=3)


def test_the_same_seed_trains_the_same(net: Network) -> None:
    one, same = (gn.compile(net, seed=4) for _ in range(2))
    for model in (one, same):
        model.fit(epochs=2, quiet=True)
    assert all(np.array_equal(one.parameters[path], same.parameters[path]) for path in one.parameters)


# -- files -------------------------------------------------------------------------------------------------------------


def test_weights_survive_a_file(net: Network, tmp_path: Path) -> None:
    model, other = gn.compile(net, seed=1), gn.compile(net, seed=2)
    model.save(tmp_path / "weights.safetensors")
    other.load(str(tmp_path / "weights.safetensors"))
    assert all(np.array_equal(model.parameters[path], other.parameters[path]) for path in model.parameters)


def test_weights_that_do_not_fit_change_nothing(net: Network, tmp_path: Path) -> None:
    file = tmp_path / "weights.safetensors"
    gn.compile(gn.loads(SPEC.replace("name: logits", "name: fc"))).save(file)
    model = gn.compile(net, seed=1)
    before = dict(model.parameters)
    with pytest.raises(gn.SpecError, match=r"logits\.weight"):
        model.load(file)
    assert all(np.array_equal(model.parameters[path], before[path]) for path in before)
    model.load(file, strict=False)
    assert not np.array_equal(model.parameters["linear1.weight"], before["linear1.weight"])
    assert np.array_equal(model.parameters["logits.weight"], before["logits.weight"])


def test_a_spec_starts_from_the_weights_that_it_names(tmp_path: Path) -> None:
    source = gn.compile(gn.loads(SPEC), seed=5)
    source.save(tmp_path / "small.safetensors")
    spec = tmp_path / "again.yaml"
    spec.write_text(SPEC.replace("train:", "train:\n  weights: small.safetensors"))
    model = gn.compile(spec)
    assert all(np.array_equal(model.parameters[path], source.parameters[path]) for path in model.parameters)


def test_a_part_starts_from_weights_of_its_own(tmp_path: Path) -> None:
    """An encoder out of another network, frozen, under a new head."""
    (tmp_path / "nets").mkdir()
    body = SPEC.replace("  - {linear: 3, name: logits}\n", "").partition("loss:")[0].replace("small", "body")
    (tmp_path / "nets" / "body.yaml").write_text(body)
    (tmp_path / "nets" / "tuned.yaml").write_text(
        "graphnet: 1\nname: tuned\nimport: {body: body.yaml}\ninputs: {x: [5]}\n"
        "layers: [{body, name: encoder, freeze: true}, {linear: 3, name: head}]\nloss: [cross_entropy: label]\n"
        "train: {data: {synthetic: 40}, epochs: 1, weights: {encoder: ../body.safetensors}}\n"
    )
    source = gn.compile(tmp_path / "nets" / "body.yaml", seed=5)
    source.save(tmp_path / "body.safetensors")
    model = gn.compile(tmp_path / "nets" / "tuned.yaml")
    model.fit(quiet=True)
    for path, array in source.parameters.items():
        np.testing.assert_array_equal(model.parameters[f"encoder.{path}"], array)


def test_missing_weights_are_an_error(tmp_path: Path) -> None:
    spec = tmp_path / "again.yaml"
    spec.write_text(SPEC.replace("train:", "train:\n  weights: small.safetensors"))
    with pytest.raises(gn.RunError, match="no weights file"):
        gn.compile(spec)
