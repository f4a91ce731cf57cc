"""What the README shows is so."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import graphnet as gn
from graphnet.cli import COMMANDS
from graphnet.core import environment
from graphnet.ir.operator import REGISTRY
from graphnet.testing.samples import TRAINING, gradient_errors, run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def table(heading: str) -> list[str]:
    """The first cells of the table below a heading."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [line.split("|")[1].strip(" `") for line in section.splitlines() if line.startswith("| `")]


@pytest.fixture
def in_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A working directory that has the specs of the checkout, and takes what examples write."""
    (tmp_path / "specs").symlink_to(ROOT / "specs")
    monkeypatch.chdir(tmp_path)


def test_the_spec_is_the_one_in_the_repository() -> None:
    (spec,) = blocks("yaml")
    assert spec == (ROOT / "specs" / "digits.yaml").read_text(encoding="utf-8")


def test_the_summary_is_what_is_printed() -> None:
    shown = blocks("text")[0]
    printed = str(gn.load(ROOT / "specs" / "digits.yaml").summary())
    assert shown.split() == printed.split()


def test_the_error_is_what_is_printed(tmp_path: Path) -> None:
    shown = next(block for block in blocks("text") if "error[" in block)
    lines = ["graphnet: 1", "inputs: {image: [1, 8, 8]}", "name: net", "layers:"]
    (line,) = re.findall(r"^    5 \| (.*)$", shown, re.MULTILINE)
    with pytest.raises(gn.SpecError) as caught:
        gn.loads("\n".join([*lines, line, ""]), name="net.yaml")
    assert shown.rstrip("\n") in [str(diagnostic) for diagnostic in caught.value.diagnostics]


@pytest.mark.parametrize("place", [0, 1])
def test_the_python_examples_run(in_checkout: None, capsys: pytest.CaptureFixture[str], place: int) -> None:
    code = blocks("python")[place]
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    if place == 0:
        assert names["logits"].shape == (5, 10)
        assert set(names["gradients"]) <= set(names["model"].parameters)
        assert "agree with finite differences" in printed
        assert Path("digits.safetensors").exists()
    else:
        again = gn.loads(printed)
        assert [str(p.value) for p in again.graph.parameters] == [str(p.value) for p in names["net"].graph.parameters]


@pytest.fixture
def squareplus(tmp_path: Path) -> Iterator[ModuleType]:
    """The README's operator, as if its file lay among the others; gives the module of its test."""
    modules = {}
    for name, code in zip(("graphnet.ops.squareplus", "test_squareplus"), blocks("python")[2:], strict=True):
        path = tmp_path / f"{name}.py"
        path.write_text(code)
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(modules[name])
    yield modules["test_squareplus"]
    for name in modules:
        del sys.modules[name]
    del REGISTRY["squareplus"]


def test_the_operator_is_one(squareplus: ModuleType) -> None:
    for sample in squareplus.SAMPLES:
        np.testing.assert_allclose(run(sample).output, sample.expected(TRAINING), rtol=1e-12)
        assert all(error < 1e-7 for error in gradient_errors(sample, TRAINING).values())


def test_the_operator_works_in_specs(squareplus: ModuleType) -> None:
    layers = "[{linear: 7}, {squareplus: 0.5}, {linear: 3}]"
    net = gn.loads(f"graphnet: 1\nname: n\ninputs: {{x: [5]}}\nlayers: {layers}\nloss: [cross_entropy: label]\n")
    model = gn.compile(net, batch_size=3)
    assert model.check_gradients().passed
    assert any("squareplus" in kernel.name for kernel in model.kernels)


def test_the_tables_are_complete() -> None:
    assert [cell.split()[1] for cell in table("The command line")] == list(COMMANDS)
    assert set(table("Environment")) == set(re.findall(r"GRAPHNET_[A-Z_]+", environment.__doc__ or ""))


def test_every_path_exists() -> None:
    folders = re.findall(r"\b(?:specs|tools|graphnet|tests)/[\w/.]*\w\.(?:yaml|py|svg)\b", README)
    assert len(folders) > 5
    assert all((ROOT / path).exists() for path in folders if "squareplus" not in path)
