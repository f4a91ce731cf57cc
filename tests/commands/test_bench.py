"""`graphnet bench`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from graphnet.commands.bench_report import BenchReport, StepTimes, lines, serves
from graphnet.core.source import SourceSpan
from graphnet.runtime.profile import KernelTiming

Call = Callable[..., tuple[int, str, str]]
PLAIN = """graphnet: 1
name: plain
inputs: {image: [1, 9, 7]}
layers:
  - {conv2d: {out_channels: 3, kernel_size: 3}, name: conv}
  - {tanh, name: act}
  - flatten
  - {linear: 3, name: fc}
loss: [cross_entropy: label]
"""
FIRST, LAST = 3 * 7 * 5 * 9, 105 * 3
"""Multiply-adds of its two layers, for one sample."""
QUICK = ("--batch", 2, "--seconds", 0, "--threads", 1)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.yaml"
    path.write_text(PLAIN)
    return path


def timing(*layers: tuple[str, int | None], macs: int = 0, size: int = 0, seconds: float = 1.0) -> KernelTiming:
    """A kernel for layers with their lines."""
    spans = {layer: line and SourceSpan("specs/net.yaml", line, 1, line, 9) for layer, line in layers}
    return KernelTiming("use", "form", tuple(spans.items()), "pointwise", "nest", False, seconds, macs, size)


def test_kernels_account_for_all_multiply_adds(call: Call, plain: Path) -> None:
    status, out, err = call("bench", plain, "--predict", "--json", *QUICK)
    found = json.loads(out)
    assert (status, err) == (0, "")
    assert (found["network"], found["purpose"], found["batch"], found["threads"]) == ("plain", "predict", 2, 1)
    assert found["macs"] == sum(kernel["macs"] for kernel in found["kernels"]) == 2 * (FIRST + LAST)
    assert found["limit"] * found["peak_macs_per_second"] == pytest.approx(found["macs"])
    assert found["share_of_limit"] * found["step"]["median"] == pytest.approx(found["limit"])
    assert 0 < found["step"]["best"] <= found["step"]["median"]


def test_a_training_step_computes_no_gradient_of_the_image(call: Call, plain: Path) -> None:
    found = json.loads(call("bench", plain, "--json", *QUICK)[1])
    assert found["purpose"] == "train"
    assert found["macs"] == 2 * (2 * FIRST + 3 * LAST)
    served = {(layer["layer"], layer["line"]) for kernel in found["kernels"] for layer in kernel["serves"]}
    assert {("conv", 5), ("act", 6), ("fc", 8)} <= served
    assert any(kernel["backward"] for kernel in found["kernels"])


def test_tables_name_kernels_layers_and_lines(call: Call, plain: Path) -> None:
    status, out, _ = call("bench", plain, *QUICK, "--all")
    assert status == 0
    assert out.startswith("plain: training step of 2 samples, 1 thread\n")
    assert any("conv, act" in line and "plain.yaml:5–6" in line for line in out.splitlines())
    rows = [line.split() for line in out.splitlines()]
    (count,) = [int(row[0]) for row in rows if row[1:2] == ["kernels"]]
    assert sum(row[-1:] == ["cache"] or row[-1:][0].endswith("%") for row in rows[4:] if row) == count + 1
    _, out, _ = call("bench", plain, *QUICK, "--top", 2)
    assert f" {count - 2} more (`--all`) " in out
    _, out, _ = call("bench", plain, *QUICK, "--predict")
    assert out.startswith("plain: prediction of 2 samples")
    assert " more (" not in out


def test_a_network_without_loss_predicts(call: Call, tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("graphnet: 1\nname: net\ninputs: {x: [5]}\nlayers: [{linear: 7}]\n")
    assert json.loads(call("bench", spec, "--json", *QUICK)[1])["purpose"] == "predict"


def test_mistakes_are_json_too(call: Call, tmp_path: Path) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("graphnet: 1\nname: net\ninputs: {x: [5]}\nlayers: [{liner: 7}]\n")
    status, out, _ = call("bench", spec, "--json")
    assert status == 2
    assert json.loads(out)["errors"][0]["hint"] == "did you mean `linear`?"


def test_shares_are_of_the_limit_that_binds() -> None:
    kernels = timing(macs=300, size=80, seconds=2.0), timing(size=80, seconds=0.5)
    report = BenchReport("net", "train", 4, 2, StepTimes(5.0, 4.0, 1.0), kernels, peak=600.0, bandwidth=400.0)
    assert [report.share_of_limit(kernel) for kernel in kernels] == [0.25, 0.4]
    assert (report.macs, report.limit) == (300, 0.5)


def test_layers_and_lines_are_short() -> None:
    kernel = timing(("b1.conv", 14), ("b1.bn", 15), ("b1.act", 16), ("pool", 23), ("sgd", None))
    assert serves(kernel) == "b1.conv, bn, act, 2 more"
    assert lines(kernel) == "net.yaml:14–16, 23"
    assert (serves(timing()), lines(timing())) == ("", "")
    assert serves(timing(("a", 1), ("b", 2))) == "a, b"
    assert lines(timing(("a", 3), ("b", 3), ("c", 5))) == "net.yaml:3, 5"
