"""What a person sees of a run."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

from rich.console import Console

from graphnet.frontend.training import TrainConfig
from graphnet.train.dataset import Dataset
from graphnet.train.display import Display, describe_epoch
from graphnet.train.loading import as_dataset
from graphnet.train.loop import fit

Make = Callable[..., Any]


def shown(module: Any, *, terminal: bool, **settings: Any) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=120, _environ={"TERM": "xterm"})
    data = as_dataset("digits", module.network.graph)
    config = TrainConfig(epochs=3).changed(**settings)
    fit(module, Dataset(data.arrays, data.rows[:150]), 0.2, config=config, display=Display(console))
    return text.getvalue()


def test_elsewhere_than_on_a_terminal_there_is_a_line_an_epoch(make_module: Make) -> None:
    lines = shown(make_module(), terminal=False).splitlines()
    assert len(lines) == 3
    pattern = (
        r"epoch \d/3  loss \d\.\d{4}  val_loss \d\.\d{4}  val_accuracy \d\.\d{4}  val_top_k \d\.\d{4}  [\d,]+ samples/s"
    )
    assert all(re.fullmatch(pattern, line) for line in lines)


def test_a_terminal_gets_a_bar_besides(make_module: Make) -> None:
    text = shown(make_module(), terminal=True)
    assert text.count("val_accuracy") == 3
    assert re.search(r"\d/6", text)
    assert "samples/s" in text


def test_an_early_end_gives_its_reason(make_module: Make) -> None:
    text = shown(make_module(), terminal=False, early_stopping={"patience": 1, "min_delta": 100})
    assert text.splitlines()[-1] == "stopped: val_loss has not become better for 1 epoch"


def test_epochs_are_aligned() -> None:
    row = {"epoch": 3, "loss": 0.12345, "samples_per_second": 10500.4, "lr": 0.1}
    assert describe_epoch(row, 20) == "epoch  3/20  loss 0.1235  10,500 samples/s"
