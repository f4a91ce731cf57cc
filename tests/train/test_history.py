"""Histories, and which epoch was the best."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from graphnet.core.diagnostics import RunError
from graphnet.frontend.network import Network
from graphnet.ir.definitions import METRICS
from graphnet.train.history import History, Monitor
from graphnet.train.log import to_csv

ROWS = [
    {"epoch": 1, "loss": 0.5, "val_accuracy": 0.25},
    {"epoch": 2, "loss": 0.1, "val_accuracy": math.nan},
    {"epoch": 3, "loss": 1 / 3, "val_accuracy": 0.25},
]


def test_columns_and_rows() -> None:
    history = History([*ROWS, {"epoch": 4, "loss": 0.2, "extra": 1.0}])
    assert len(history) == 4
    assert history["loss"] == [0.5, 0.1, 1 / 3, 0.2]
    assert history.columns == ["epoch", "loss", "val_accuracy", "extra"]
    assert math.isnan(history["extra"][0])
    with pytest.raises(KeyError):
        history["lr"]


def test_the_log_loses_no_digit() -> None:
    lines = to_csv(History(ROWS)).splitlines()
    assert lines[0] == "epoch,loss,val_accuracy"
    assert [float(line.split(",")[1]) for line in lines[1:]] == [0.5, 0.1, 1 / 3]


def test_the_best_epoch_goes_by_the_monitors_direction() -> None:
    assert Monitor("loss", higher_is_better=False).best(ROWS) is ROWS[1]
    assert Monitor("val_accuracy", higher_is_better=True).best(ROWS) is ROWS[0]
    assert Monitor("val_accuracy", higher_is_better=True).best(ROWS[1:2]) is None
    assert Monitor("loss", higher_is_better=False, min_delta=0.45).best(ROWS) is ROWS[0]


def test_a_monitor_is_found_by_name(network: Network) -> None:
    graph = network.graph
    assert Monitor.of(None, graph, validates=True) == Monitor("val_loss", higher_is_better=False)
    assert Monitor.of(None, graph, validates=False) == Monitor("loss", higher_is_better=False)
    assert Monitor.of("accuracy", graph, validates=True) == Monitor("val_accuracy", higher_is_better=True)
    assert Monitor.of("loss", graph, validates=True).column == "loss"
    for name, validates, words in [
        ("acuracy", True, "did you mean"), ("accuracy", False, "reports loss"), ("val_loss", False, "reports loss"),
    ]:  # fmt: skip
        with pytest.raises(RunError, match=words):
            Monitor.of(name, graph, validates=validates)


def test_a_table_tells_no_best_epoch(network: Network) -> None:
    graph = network.graph
    table = replace(graph.metrics[0], name="confusion_matrix", definition=METRICS["confusion_matrix"]())
    with pytest.raises(RunError, match=r"reports loss, val_loss, val_accuracy(?!.*matrix)"):
        Monitor.of("confusion_matrix", replace(graph, metrics=(graph.metrics[0], table)), validates=True)
