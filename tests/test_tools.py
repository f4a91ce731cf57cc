"""The tools run and say what is so; how fast anything is, they alone decide."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import graphnet as gn

ROOT = Path(__file__).parents[1]
MLP, LENET = (str(ROOT / "specs" / name) for name in ("basics/mlp.yaml", "lenet/lenet5.yaml"))

Tool = Callable[..., dict[str, Any]]


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tool:
    """Runs a tool with `--json` and gives what it printed."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))

    def call(name: str, *arguments: str) -> dict[str, Any]:
        module: ModuleType = importlib.import_module(name)
        module.main([*arguments, "--json"])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return call


def test_a_step_needs_no_gradient_of_its_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    step_macs = importlib.import_module("limit").step_macs
    graph = gn.load(LENET).graph
    first = 6 * 28 * 28 * 25
    assert step_macs(graph, train=False) == 416_520
    assert step_macs(graph, train=True) == 3 * 416_520 - first


@pytest.mark.oracle
def test_a_comparison_starts_from_the_same_weights(tool: Tool) -> None:
    pytest.importorskip("torch")
    quick = ["--rounds", "2", "--turn", "0.001", "--batch", "5", "--no-torch-compile", "--no-start-up"]
    found = tool("bench", LENET, MLP, *quick)["comparisons"]
    assert [c["network"] for c in found] == ["lenet5", "mlp"]
    for comparison in found:
        assert comparison["loss_difference"] < 1e-5
        assert comparison["torch_way"] in comparison["torch_ways"]
        low, high = comparison["ratio_quartiles"]
        assert low <= comparison["ratio"] <= high
        assert comparison["limit"] > 0
