"""The tools run and say what is so; how fast anything is, they alone decide."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import graphnet as gn

ROOT = Path(__file__).parents[1]
MLP, LENET = (str(ROOT / "specs" / name) for name in ("basics/mlp.yaml", "lenet/lenet5.yaml"))
QUICK = ["--rounds", "2", "--turn", "0.001", "--seconds", "0", "--no-torch-compile", "--no-start-up", "--no-memory"]

Tool = Callable[..., dict[str, Any]]
Modules = Callable[[str], ModuleType]


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Modules:
    """Imports one of the tools' modules."""
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    return importlib.import_module


@pytest.fixture
def tool(module: Modules, capsys: pytest.CaptureFixture[str]) -> Tool:
    """Runs a tool with `--json` and gives what it printed."""

    def call(name: str, *arguments: str) -> dict[str, Any]:
        module(name).main([*arguments, "--json"])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return call


# -- rows ------------------------------------------------------------------------------------------------------------


def test_rows_are_the_networks_that_ship(module: Modules) -> None:
    for name, row in module("rows").TRAINING.items():
        assert gn.load(row.spec, **row.params).name == name
        assert 1 <= row.goal.least < row.goal.aim


def test_predictions_are_of_one_sample_and_of_many(module: Modules) -> None:
    rows = module("rows").chosen(["resnet18"], predict=True)
    assert [(row.batch, row.goal.least, row.goal.aim) for row in rows] == [(1, 1.0, 1.5), (32, 1.0, 1.5)]


def test_only_rows_as_they_are_have_goals(module: Modules) -> None:
    chosen = module("rows").chosen
    (own,) = chosen(["unet_padded"])
    assert (own.batch, own.params, own.goal.least) == (2, {"size": 256}, 2.0)
    (other,) = chosen(["unet_padded"], batch=3)
    assert (other.batch, other.params, other.goal) == (3, {"size": 256}, None)
    (narrow,) = chosen(["unet_padded"], params={"width": 8})
    assert (narrow.batch, narrow.params, narrow.goal) == (2, {"size": 256, "width": 8}, None)
    (path,) = chosen([MLP])
    assert (path.spec, path.batch, path.goal) == (MLP, 64, None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["resnet"], "'resnet' is no file, and no row: mlp, lenet5"),
        (["--all", "mlp"], "--all is all rows"),
        (["--batch", "0"], "0 is less than 1"),
        (["--set", "size"], "write it as name=value"),
    ],
    ids=["unknown", "all", "batch", "set"],
)
def test_wrong_options_are_named(
    arguments: list[str], told: str, module: Modules, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        module("bench").parse(arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


def test_all_is_all_rows(module: Modules) -> None:
    parse, training = module("bench").parse, module("rows").TRAINING
    assert [Path(row.spec).stem for row in parse(["--all"])[1]] == list(training)
    assert len(parse(["--all", "--predict"])[1]) == 2 * len(training)
    assert [Path(row.spec).stem for row in parse([])[1]] == ["lenet5", "mlp"]


# -- verdicts --------------------------------------------------------------------------------------------------------


@pytest.fixture
def made_up(module: Modules) -> Any:
    """A comparison with a goal that it reaches just so."""
    goal = module("rows").Goal(1.5, 2.2)
    return module("comparison").Comparison(
        network="net", batch=7, params={}, threads=2, graphnet=2e-3, graphnet_best=2e-3, rival=3.2e-3,
        rival_best=3.1e-3, rival_way="PyTorch eager", ways={"PyTorch eager": 3.1e-3, "PyTorch compile": "no compiler"},
        ratio=1.6, ratio_quartiles=(1.5, 1.7), rounds=5, goal=goal, difference=1e-7, peak=1e11, bandwidth=1e11,
        macs_limit=1e-3, kernels_limit=1.5e-3, idle_cores=0, others=0.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "verdict", "status"),
    [
        ({}, "least", 0),
        ({"ratio": 2.3, "rival": 4.6e-3, "rival_best": 4.5e-3}, "aim", 0),
        ({"ratio": 1.4}, "missed", 1),
        ({"rival_best": 2.9e-3}, "missed", 1),
        ({"others": 0.9}, "disturbed", 1),
        ({"others": 0.9, "idle_cores": 1}, "least", 0),
        ({"others": None, "rival": 99e-3}, "disturbed", 1),
        ({"ratio": None, "rival": None, "rival_best": None, "rival_way": None}, "not compared", 1),
        ({"ratio": 0.9, "goal": None}, "", 0),
    ],
    ids=["least", "aim", "missed", "best turns", "others", "a core for others", "median", "no rival", "no goal"],
)  # fmt: skip
def test_a_row_that_does_not_reach_its_least_ratio_is_a_failure(
    changes: dict[str, Any], verdict: str, status: int, made_up: Any, module: Modules, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    found = iter([replace(made_up, ratio=9.9, rival=2e-2, rival_best=2e-2), replace(made_up, **changes)])
    bench = module("bench")
    monkeypatch.setattr(bench, "compare", lambda row, choice: next(found))
    assert bench.main(["lenet5", "mlp", "--json"]) == status
    first, second = json.loads(capsys.readouterr().out)["comparisons"]
    assert (first["verdict"], second["verdict"]) == ("aim", verdict or None)


def test_a_report_has_all_that_was_measured(made_up: Any, module: Modules) -> None:
    memory = module("memory").Memory(graphnet=2**20, torch=3 * 2**20, arena=2**19, arena_bound=2**18)
    start_up = module("startup").StartUp(31.25, 30.5, 1.75, 0.25)
    full = replace(made_up, memory=memory, start_up=start_up, one_thread=6e-3, all_threads=4e-3, ratio=1.4)
    text = io.StringIO()
    module("report").report([made_up, full], Console(file=text, width=150), train=True)
    lines = [" ".join(line.replace("│", " ").split()) for line in text.getvalue().splitlines()]
    assert "net, 7 2.000 3.200 1.60 1.50 to 1.70 1.55 1.5 2.2 least" in lines
    assert "net, 7 2.000 3.200 1.40 1.50 to 1.70 1.55 1.5 2.2 missed" in lines
    assert "PyTorch eager: 3.100 ms at best <- compared with" in lines
    assert "PyTorch compile: no compiler" in lines
    assert "net, 7 2.000 1.000 50% 1.500 75%" in lines
    assert "net, 7 1.0 3.0 3.00 0.5 0.2" in lines
    assert "net, 7 6.000 4.000 1.50 2" in lines
    assert "net, 7 31.25 30.50 1.75 0.25" in lines


# -- measuring -------------------------------------------------------------------------------------------------------


def test_a_step_needs_no_gradient_of_its_inputs(module: Modules) -> None:
    step_macs = module("limit").step_macs
    graph = gn.load(LENET).graph
    first = 6 * 28 * 28 * 25
    assert step_macs(graph, train=False) == 416_520
    assert step_macs(graph, train=True) == 3 * 416_520 - first


def test_each_kernel_waits_for_what_takes_longer(module: Modules) -> None:
    def kernel(macs: int, size: int) -> Any:
        return gn_profile.KernelTiming("", "", (), "", "", False, 1.0, macs, size)

    gn_profile = importlib.import_module("graphnet.runtime.profile")
    kernels = [kernel(700, 10), kernel(100, 90), kernel(0, 30)]
    assert module("limit").kernels_limit(kernels, 100, 10) == 7 + 9 + 3


@pytest.fixture
def clock(module: Modules, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The only element is the time, which steps move on."""
    now = [0.0]
    for name in ("paired", "rivals"):
        monkeypatch.setattr(module(name).time, "perf_counter", lambda: now[0])
    return now


@pytest.mark.parametrize(("seconds", "rounds", "calls"), [(4.0, 3, 1 + 3), (0.05, 5, 1 + 5 * (3 + 4))])
def test_slow_steps_take_short_turns(
    seconds: float, rounds: int, calls: int, module: Modules, clock: list[float]
) -> None:
    made: list[float] = []

    def step() -> None:
        clock[0] += seconds
        made.append(seconds)

    paired = module("paired")
    timing = paired.take_turns({"step": step}, paired.Pace(5, 0.21, 10.0))["step"]
    assert timing.seconds == pytest.approx([seconds] * rounds)
    assert len(made) == calls


def test_results_of_slow_steps_are_fewer(module: Modules, clock: list[float]) -> None:
    rivals = module("rivals")

    def slow() -> Any:
        clock[0] += 2.0
        return np.asarray(clock[0])

    assert len(rivals.first_results(lambda: np.zeros(3))) == 5
    few = rivals.first_results(slow)
    assert [float(result) for result in few] == [2.0, 4.0]
    assert rivals.largest_difference(few, [np.asarray(2.0), np.asarray(5.0)]) == pytest.approx(0.2)
    assert rivals.largest_difference([], few) is None


def test_a_process_does_not_count_the_memory_of_its_parent(module: Modules) -> None:
    held = np.ones(2**25)  # 256 MiB
    assert module("processes").peak_memory() > held.nbytes
    script = "import processes; print(processes.peak_memory())"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT / "tools", check=True, capture_output=True)
    assert 2**20 < int(found.stdout) < held.nbytes


def test_what_is_not_installed_is_named(module: Modules, monkeypatch: pytest.MonkeyPatch) -> None:
    rivals = module("rivals")
    monkeypatch.setattr(rivals, "find_spec", lambda package: None)
    choice = rivals.Choice(threads=1, train=True, pace=module("paired").Pace(1, 0.0, 0.0))
    (absent,) = rivals.rivals(gn.load(MLP), {}, {}, choice)
    assert (absent.name, absent.reason) == ("PyTorch", "needs PyTorch, torchvision and pytest, of the extra `bench`")


# -- beside PyTorch --------------------------------------------------------------------------------------------------


@pytest.mark.oracle
def test_every_row_has_a_counterpart_with_its_parameters(module: Modules) -> None:
    torch = pytest.importorskip("torch")
    make = module("counterparts").make_counterpart
    for row in module("rows").TRAINING.values():
        network = gn.load(row.spec, **row.params)
        with torch.device("meta"):
            wanted = {path: tuple(t.shape) for path, t in make(network.name, network.params).state_dict().items()}
        assert {p.path: tuple(p.spec.shape) for p in network.graph.parameters} == wanted, network.name


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("spec", "params", "told"),
    [
        ("basics/mlp", {"activation": "tanh"}, "activation=tanh"),
        ("googlenet/googlenet", {"auxiliary": True}, "auxiliary=True"),
        ("basics/perceptron", {}, "perceptron has no counterpart"),
    ],
    ids=["mlp", "googlenet", "perceptron"],
)
def test_what_a_counterpart_cannot_be_is_not_compared(
    spec: str, params: dict[str, Any], told: str, module: Modules
) -> None:
    pytest.importorskip("torch")
    counterparts = module("counterparts")
    network = gn.load(ROOT / "specs" / f"{spec}.yaml", **params)
    with pytest.raises(counterparts.NoCounterpartError, match=told):
        counterparts.make_counterpart(network.name, network.params)


@pytest.mark.oracle
def test_a_comparison_starts_from_the_same_weights(tool: Tool) -> None:
    pytest.importorskip("torch")
    found = tool("bench", LENET, MLP, *QUICK, "--batch", "5", "--scaling")["comparisons"]
    assert [c["network"] for c in found] == ["lenet5", "mlp"]
    for comparison in found:
        assert comparison["difference"] < 1e-5
        assert comparison["rival_way"] in comparison["ways"]
        low, high = comparison["ratio_quartiles"]
        assert low <= comparison["ratio"] <= high
        assert 0 < comparison["macs_limit"] <= comparison["kernels_limit"]
        assert comparison["one_thread"] > 0


@pytest.mark.oracle
def test_predictions_are_compared_with_all_that_is_installed(tool: Tool) -> None:
    pytest.importorskip("torch")
    (found,) = tool("bench", LENET, "--predict", *QUICK, "--batch", "5")["comparisons"]
    assert {"PyTorch eager", "PyTorch eager, channels_last", "ONNX Runtime"} <= set(found["ways"])
    assert found["difference"] < 1e-5
