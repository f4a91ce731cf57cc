"""The training loop, with a module written in NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from graphnet.core.diagnostics import RunError, SpecError
from graphnet.frontend.training import TrainConfig
from graphnet.train.dataset import Dataset
from graphnet.train.evaluation import evaluate
from graphnet.train.history import Row
from graphnet.train.loading import as_dataset
from graphnet.train.loop import fit
from graphnet.train.run import Callback, Run

Make = Callable[..., Any]
RECIPE = TrainConfig.parse(
    {"epochs": 5, "optimizer": {"sgd": {"lr": 0.3, "momentum": 0.9}}, "schedule": {"cosine": {"warmup_epochs": 1}}}
)


def digits(module: Any, count: int = 1797) -> Dataset:
    data = as_dataset("digits", module.network.graph)
    return Dataset(data.arrays, data.rows[:count])


def test_it_learns_digits(make_module: Make) -> None:
    module = make_module()
    history = fit(module, digits(module), 0.2, config=RECIPE)
    assert history["val_accuracy"][-1] > 0.94
    assert history["val_top_k"][-1] > 0.98
    assert history["loss"][-1] < history["loss"][0] / 5
    assert history["epoch"] == [1, 2, 3, 4, 5]
    assert history["step"] == [23, 46, 69, 92, 115]
    assert (history.stopped, history.interrupted) == (None, False)
    assert module.prepared == {"train", "evaluate"}


def test_the_same_seed_gives_the_same_run(make_module: Make) -> None:
    runs = []
    for seed in (3, 3, 4):
        module = make_module()
        history = fit(module, digits(module, 300), config=RECIPE.changed(seed=seed))
        runs.append((history["loss"], module.parameters["fc.weight"]))
    assert runs[0][0] == runs[1][0] != runs[2][0]
    np.testing.assert_array_equal(runs[0][1], runs[1][1])
    assert not np.array_equal(runs[0][1], runs[2][1])


def test_every_sample_is_seen_once_an_epoch_in_batches_of_the_size(make_module: Make) -> None:
    module = make_module(batch_size=64)
    data = digits(module, 150)
    seen: list[np.ndarray] = []
    step = module.train_step
    module.train_step = lambda batch: (seen.append(batch["image"].reshape(-1, 64)), step(batch))[1]
    fit(module, data, config=RECIPE.changed(epochs=2))
    assert [len(batch) for batch in seen] == [64, 64, 22] * 2
    for epoch in (seen[:3], seen[3:]):
        np.testing.assert_array_equal(
            np.unique(np.concatenate(epoch), axis=0), np.unique(data.arrays["image"][:150].reshape(-1, 64), axis=0)
        )
    assert not np.array_equal(seen[0], seen[3])


def test_the_rate_follows_the_schedule_and_the_clip_is_passed_on(make_module: Make) -> None:
    module = make_module()
    config = RECIPE.changed(epochs=3, gradient_clip=2.5)
    history = fit(module, digits(module, 150), config=config)
    expected = [0.3 * config.schedule.factor(step, 3, 9) for step in range(9)]
    assert module.rates == expected
    assert history["lr"] == expected[2::3]
    assert module.clip == 2.5


def test_the_loss_of_an_epoch_is_the_mean_over_its_samples(make_module: Make) -> None:
    module = make_module()
    losses: list[tuple[float, int]] = []
    step = module.train_step

    def noting(batch: dict[str, Any]) -> float:
        losses.append((step(batch), len(batch["label"])))
        return losses[-1][0]

    module.train_step = noting
    history = fit(module, digits(module, 150), config=RECIPE.changed(epochs=1))
    assert history["loss"][0] == pytest.approx(sum(loss * n for loss, n in losses) / 150, rel=1e-14)


def test_steps_end_a_run_within_an_epoch(make_module: Make) -> None:
    module = make_module()
    history = fit(module, digits(module, 150), config=RECIPE.changed(steps=7))
    assert history["step"] == [3, 6, 7]
    assert len(module.rates) == 7


def test_accumulated_batches_make_the_same_updates_as_large_ones(make_module: Make) -> None:
    """Also where the last ones are smaller. (Without the noise, which follows from the step.)"""
    results = []
    for accumulates, settings in [(True, {"batch_size": 16, "accumulate": 4}), (False, {"batch_size": 64})]:
        module = make_module(accumulates=accumulates)
        forward = module._forward
        module._forward = lambda batch, noise, forward=forward: forward(batch, 0.0)
        history = fit(module, digits(module, 150), config=RECIPE.changed(epochs=2, **settings))
        results.append((history["loss"], module.parameters["fc.weight"], module.rates))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-12)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-9, atol=1e-12)
    assert module.prepared == {"train"}
    assert results[0][2] == results[1][2]


def test_what_the_module_cannot_do_is_refused(make_module: Make) -> None:
    module = make_module(batch_size=32)
    with pytest.raises(SpecError, match="batch_size up to 32"):
        fit(module, digits(module, 50), config=RECIPE)
    with pytest.raises(SpecError, match="cannot accumulate"):
        fit(module, digits(module, 50), config=RECIPE.changed(batch_size=8, accumulate=2))
    with pytest.raises(SpecError, match=r"'fc\.weights' matches no"):
        fit(module, digits(module, 50), config=RECIPE.changed(
            batch_size=8, optimizer={"sgd": {"groups": [{"match": "fc.weights", "lr_scale": 2}]}}
        ))  # fmt: skip
    assert module.step == 0


def test_evaluation_does_not_depend_on_the_size_of_batches(make_module: Make) -> None:
    module = make_module()
    data = digits(module, 300)
    fit(module, data, config=RECIPE.changed(epochs=1))
    results = []
    for size in (300, 64, 7):
        module.batch_size = size
        results.append(evaluate(module, data))
    assert set(results[0]) == {"loss", "accuracy", "top_k"}
    for other in results[1:]:
        assert other == pytest.approx(results[0], rel=1e-12)
    x, t = data.arrays["image"][:300].reshape(300, -1), data.arrays["label"][:300]
    logits = x @ module.parameters["fc.weight"].T + module.parameters["fc.bias"]
    assert results[0]["accuracy"] == (logits.argmax(axis=1) == t).mean()


def test_a_loss_that_is_not_finite_names_the_layer_and_its_line(make_module: Make) -> None:
    module = make_module()
    module.explode_at = 4
    with pytest.raises(RunError, match=r"loss is nan at epoch 2, step 5: layer 'fc' \(digits\.yaml:7:5\)"):
        fit(module, digits(module, 150), config=RECIPE)
    module.load_parameters({**module.parameters, "fc.bias": np.full(10, np.inf)})
    with pytest.raises(RunError, match=r"step 1: the last update left 'fc\.bias' not finite"):
        module.explode_at = module.step
        fit(module, digits(module, 150), config=RECIPE)
    module = make_module()
    module.explode_at, module.first_nonfinite = 0, lambda batch: None
    with pytest.raises(RunError, match="every layer is finite"):
        fit(module, digits(module, 150), config=RECIPE)


def test_training_stops_when_nothing_gets_better(make_module: Make) -> None:
    module = make_module()
    values = iter([0.9, 0.5, 0.6, 0.45, 0.449, 0.448, 0.447])
    module.evaluate_batch = lambda batch: (next(values), {"fc": np.zeros((len(batch["label"]), 10))})
    config = RECIPE.changed(epochs=7, early_stopping={"patience": 2, "min_delta": 0.01}, batch_size=64)
    history = fit(module, digits(module, 90), digits(module, 30), config=config)
    assert history["val_loss"] == [0.9, 0.5, 0.6, 0.45, 0.449, 0.448]
    assert history.stopped == "val_loss has not become better for 2 epochs"


def test_an_unknown_monitor_is_refused_before_the_first_step(make_module: Make) -> None:
    module = make_module()
    for settings in ({"early_stopping": {"patience": 1, "monitor": "acuracy"}}, {"checkpoint": {"monitor": "f1"}}):
        with pytest.raises(RunError, match="cannot monitor"):
            fit(module, digits(module, 90), config=RECIPE.changed(**settings))
    assert module.step == 0


class Recorder(Callback):
    """Writes down what happens."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def started(self, run: Run) -> None:
        self.events.append("started")

    def stepped(self, run: Run) -> None:
        self.events.append(f"step {run.progress.step}")

    def epoch_ended(self, run: Run, row: Row) -> None:
        self.events.append(f"epoch {row['epoch']}")
        if row["epoch"] == 2:
            run.stop("enough")

    def finished(self, run: Run) -> None:
        self.events.append("finished")

    def closed(self) -> None:
        self.events.append("closed")


def test_callbacks_follow_a_run_and_may_end_it(make_module: Make) -> None:
    module, recorder = make_module(), Recorder()
    history = fit(module, digits(module, 90), config=RECIPE, callbacks=[recorder])
    assert recorder.events == [
        "started", "step 1", "step 2", "epoch 1", "step 3", "step 4", "epoch 2", "finished", "closed",
    ]  # fmt: skip
    assert history.stopped == "enough"


def test_callbacks_are_closed_after_an_error(make_module: Make) -> None:
    module, recorder = make_module(), Recorder()
    module.explode_at = 1
    with pytest.raises(RunError):
        fit(module, digits(module, 90), config=RECIPE, callbacks=[recorder])
    assert recorder.events == ["started", "step 1", "closed"]


def test_a_config_may_name_the_validation(make_module: Make) -> None:
    module = make_module()
    history = fit(module, digits(module, 100), config=RECIPE.changed(epochs=1, validation=0.25))
    assert "val_accuracy" in history.columns
    assert history["step"] == [2]
    assert "val_loss" not in fit(module, digits(module, 100), config=RECIPE.changed(epochs=1)).columns
    assert all(math.isfinite(value) for value in history.rows[0].values())
