"""Checkpoints: resumed runs go on bit for bit, interruptions lose nothing, and files are what they say."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from graphnet.core.diagnostics import RunError
from graphnet.frontend.training import TrainConfig
from graphnet.interop.weights import read_weights, save_weights
from graphnet.train.dataset import Dataset
from graphnet.train.history import History
from graphnet.train.interruption import Interruption
from graphnet.train.loading import as_dataset
from graphnet.train.loop import fit

Make = Callable[..., Any]
CONFIG = TrainConfig.parse(
    {
        "epochs": 5, "validation": 0.3, "seed": 5, "schedule": {"one_cycle": {}},
        "optimizer": {"sgd": {"lr": 0.5, "momentum": 0.9, "dampening": 0.2}},
    }
)  # fmt: skip


def digits(module: Any, count: int = 300) -> Dataset:
    data = as_dataset("digits", module.network.graph)
    return Dataset(data.arrays, data.rows[:count])


def reported(history: History) -> list[dict[str, float]]:
    """What does not depend on the clock."""
    return [{k: v for k, v in row.items() if k not in {"seconds", "samples_per_second"}} for row in history.rows]


def send(number: int) -> Callable[[int], None]:
    """Sends the process a signal at the given step."""
    return lambda step: os.kill(os.getpid(), signal.SIGINT) if step == number else None


@pytest.mark.parametrize("at", [1, 4, 5, 8, 19])
def test_a_run_that_was_interrupted_goes_on_bit_for_bit(at: int, make_module: Make, tmp_path: Path) -> None:
    whole = make_module()
    expected = fit(whole, digits(whole), config=CONFIG)
    first = make_module()
    first.on_step = send(at)
    part = fit(first, digits(first), config=CONFIG, out=tmp_path)
    assert part.interrupted
    assert part.stopped == "interrupted by SIGINT"
    assert first.step == at
    second = make_module()
    resumed = fit(second, digits(second), config=CONFIG, resume=tmp_path)
    assert reported(resumed) == reported(expected)
    assert not resumed.interrupted
    assert second.step == whole.step
    for path, array in whole.parameters.items():
        np.testing.assert_array_equal(second.parameters[path], array)
    for name, array in whole.optimizer_state().items():
        np.testing.assert_array_equal(second.optimizer_state()[name], array)


def test_a_finished_run_can_be_made_longer(make_module: Make, tmp_path: Path) -> None:
    config = CONFIG.changed(schedule="constant")
    whole = make_module()
    expected = fit(whole, digits(whole), config=config.changed(epochs=7))
    first, second = make_module(), make_module()
    fit(first, digits(first), config=config.changed(epochs=3), out=tmp_path)
    again = fit(second, digits(second), config=config.changed(epochs=7), resume=tmp_path / "last.safetensors")
    assert reported(again) == reported(expected)
    np.testing.assert_array_equal(second.parameters["fc.weight"], whole.parameters["fc.weight"])
    with (tmp_path / "log.csv").open() as file:
        assert [row["epoch"] for row in csv.DictReader(file)] == [str(k) for k in range(1, 8)]
    done = make_module()
    assert reported(fit(done, digits(done), config=config.changed(epochs=7), resume=tmp_path)) == reported(expected)


def test_early_stopping_survives_a_resumption(make_module: Make, tmp_path: Path) -> None:
    config = CONFIG.changed(epochs=20, early_stopping={"patience": 2, "min_delta": 0.2})
    whole = make_module()
    expected = fit(whole, digits(whole), config=config)
    assert expected.stopped
    assert 3 <= len(expected) < 20
    first, second = make_module(), make_module()
    first.on_step = send(4 * (len(expected) - 1) + 2)
    fit(first, digits(first), config=config, out=tmp_path)
    resumed = fit(second, digits(second), config=config, resume=tmp_path)
    assert (reported(resumed), resumed.stopped) == (reported(expected), expected.stopped)
    third = make_module()
    assert len(fit(third, digits(third), config=config, resume=tmp_path)) == len(expected)
    assert third.rates == []


def test_a_run_leaves_its_files(make_module: Make, tmp_path: Path) -> None:
    module = make_module()
    history = fit(module, digits(module), config=CONFIG, out=tmp_path / "runs" / "1")
    out = tmp_path / "runs" / "1"
    assert sorted(path.name for path in out.iterdir()) == [
        "best.safetensors",
        "curves.svg",
        "last.safetensors",
        "log.csv",
        "run.json",
    ]
    with (out / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_accuracy"]) for row in rows] == history["val_accuracy"]
    ElementTree.parse(out / "curves.svg")
    summary = json.loads((out / "run.json").read_text())
    assert (summary["network"], summary["epochs"], summary["steps"]) == ("softmax", 5, 20)
    assert summary["best"]["val_loss"] == min(history["val_loss"])
    last = read_weights(out / "last.safetensors")
    assert set(last.arrays) == {"fc.weight", "fc.bias"}
    np.testing.assert_array_equal(last.arrays["fc.weight"], module.parameters["fc.weight"])


def test_the_best_weights_are_those_of_the_best_epoch(make_module: Make, tmp_path: Path) -> None:
    module = make_module()
    values = iter([0.5, 0.7, 0.6, 0.7, 0.1])
    kept: list[np.ndarray] = []

    def judged(batch: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        kept.append(module.parameters["fc.weight"])
        right = round(next(values) * 90)
        guess = np.where(np.arange(90) < right, batch["label"], (batch["label"] + 1) % 10)
        return 1.0, {"fc": np.eye(10)[guess]}

    module.evaluate_batch, module.batch_size = judged, 90
    fit(module, digits(module), config=CONFIG.changed(checkpoint={"monitor": "accuracy"}), out=tmp_path)
    np.testing.assert_array_equal(read_weights(tmp_path / "best.safetensors").arrays["fc.weight"], kept[1])


def test_checkpoints_are_written_every_so_many_epochs(make_module: Make, tmp_path: Path) -> None:
    module = make_module()
    module.explode_at = 4 * 4  # in the fifth epoch
    with pytest.raises(RunError, match="epoch 5"):
        fit(module, digits(module), config=CONFIG.changed(checkpoint=3), out=tmp_path)
    state = json.loads(read_weights(tmp_path / "last.safetensors").metadata["run"])
    assert state["progress"]["epoch"] == 3
    module = make_module()
    expected = make_module()
    fit(expected, digits(expected), config=CONFIG)
    fit(module, digits(module), config=CONFIG, resume=tmp_path)
    np.testing.assert_array_equal(module.parameters["fc.weight"], expected.parameters["fc.weight"])


@pytest.mark.parametrize(
    ("changes", "count", "words"),
    [
        ({"batch_size": 32}, 300, "batch size was 64, and is 32 now"),
        ({"seed": 6}, 300, "seed was 5, and is 6 now"),
        ({}, 280, "samples was 210, and is 196 now"),
    ],
)
def test_a_run_of_other_conditions_is_not_resumed(
    changes: dict[str, Any], count: int, words: str, make_module: Make, tmp_path: Path
) -> None:
    module = make_module()
    fit(module, digits(module), config=CONFIG.changed(epochs=1), out=tmp_path)
    other = make_module()
    with pytest.raises(RunError, match=words):
        fit(other, digits(other, count), config=CONFIG.changed(**changes), resume=tmp_path)
    assert not other.parameters["fc.weight"].any()


def test_what_is_no_checkpoint_is_named(make_module: Make, tmp_path: Path) -> None:
    module = make_module()
    save_weights(tmp_path / "weights.safetensors", module.parameters)
    save_weights(tmp_path / "odd.safetensors", module.parameters, metadata={"run": '{"progress": 3}'})
    for name, words in [
        ("weights.safetensors", "it can be loaded, not resumed"),
        ("odd.safetensors", "cannot read the state"),
        ("none.safetensors", "there is no weights file"),
        (".", "there is no weights file .*last.safetensors"),
    ]:
        with pytest.raises(RunError, match=words):
            fit(module, digits(module), config=CONFIG, resume=tmp_path / name)


def test_an_interruption_without_a_folder_ends_the_run_too(make_module: Make) -> None:
    module = make_module()
    module.on_step = send(3)
    history = fit(module, digits(module), config=CONFIG)
    assert (history.interrupted, module.step, len(history)) == (True, 3, 0)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises, as it does unless a shell started the process in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_second_signal_acts_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGINT)
        assert interruption.requested == "SIGINT"
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_request_to_terminate_is_granted_likewise() -> None:
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
    assert interruption.requested == "SIGTERM"
