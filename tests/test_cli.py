"""The command line as a whole: commands, exit statuses, what goes where."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet import __version__
from graphnet.cli import COMMANDS, run
from graphnet.commands import check
from graphnet.core.diagnostics import RunError
from graphnet.interop.weights import read_weights
from graphnet.ir.operator import REGISTRY
from graphnet.train.checkpoints import BEST, LAST

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
train: {data: {synthetic: {samples: 60}}, epochs: 2, batch_size: 16, optimizer: {sgd: {lr: 0.1}}}
"""
PARAMETERS = 5 * 7 + 7 + 7 * 3 + 3

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    path = Path("small.yaml")
    path.write_text(SPEC)
    return path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process; gives its exit status, standard output and standard error."""

    def called(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return called


# -- the program -------------------------------------------------------------------------------------------------------


def test_help_lists_every_command(call: Run) -> None:
    status, out, _ = call("--help")
    assert status == 0
    assert all(f" {command} " in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(call: Run, command: str) -> None:
    status, out, _ = call(command, "--help")
    assert status == 0
    assert f"graphnet {command}" in out
    assert "--help" in out


def test_version(call: Run) -> None:
    assert call("--version") == (0, f"graphnet {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ["sumary"], ["--nope"], ["check"], ["summary", "small.yaml", "--nope"],
        ["summary", "small.yaml", "--batch", "0"],
        ["summary", "small.yaml", "--batch", "many"], ["check", "small.yaml", "--set", "units"],
        ["check", "small.yaml", "--set", "units=[1"], ["check", "small.yaml", "--set", "untis=3"],
        ["check", "small.yaml", "--set", "units=1", "--set", "units=2"], ["check", "missing.yaml"], ["check", "."],
        ["render", "small.yaml"], ["render", "small.yaml", "-o", "a.gif"],
        ["kernels", "small.yaml", "--target", "cuda"],
        ["render", "small.yaml", "-o", "a.svg", "--stage", "nope"], ["train", "small.yaml", "--device", "cuda"],
        ["train", "small.yaml", "--data", "nope"], ["train", "small.yaml", "--epochs", "0"],
        ["train", "small.yaml", "--seed", "-1"], ["eval", "small.yaml"], ["predict", "small.yaml", "x.npy"],
        ["ops", "conv9d"], ["data", "mnis"], ["data", "mnist", "--from", "ftp://x"],
    ],
)  # fmt: skip
def test_bad_input_ends_with_status_2_and_a_message(spec: Path, call: Run, arguments: list[str]) -> None:
    status, out, err = call(*arguments)
    assert status == 2
    assert err
    assert not out
    assert sorted(Path().iterdir()) == [spec], "something was written"


@pytest.mark.parametrize(
    "arguments",
    [
        ["eval", "small.yaml", "--weights", "missing.safetensors"], ["eval", "small.yaml", "--weights", "."],
        ["eval", "small.yaml", "--weights", "small.yaml"], ["train", "small.yaml", "--resume", "missing"],
        ["train", "small.yaml", "--data", "missing.npz"], ["render", "small.yaml", "-o", "missing/a.svg"],
    ],
)  # fmt: skip
def test_failures_end_with_status_1_and_a_message(spec: Path, call: Run, arguments: list[str]) -> None:
    status, _, err = call(*arguments)
    assert status == 1
    assert err.startswith("error: ")


def test_a_fault_of_graphnet_is_one_line(spec: Path, call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("seven\nlines")

    monkeypatch.setattr(check, "read_params", fail)
    status, out, err = call("check", spec)
    assert (status, out) == (1, "")
    assert err == "internal error: ZeroDivisionError: seven lines (GRAPHNET_DEBUG=1 shows where)\n"


def test_debug_shows_where_a_fault_is(
    spec: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(check, "read_params", fail)
    monkeypatch.setenv("GRAPHNET_DEBUG", "1")
    assert run(["check", str(spec)]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_too_little_memory_is_a_message(spec: Path, call: Run) -> None:
    status, _, err = call("train", spec, "--batch-size", 2**31 - 1, "--set", "units=100000")
    assert status == 1
    assert "not enough memory" in err


@pytest.mark.parametrize("arguments", [["--help"], ["check", "small.yaml"], ["ops", "relu"]])
def test_light_commands_do_not_wait_for_numba(spec: Path, arguments: list[str]) -> None:
    code = f"import sys\nfrom graphnet.cli import run\nassert run({arguments!r}) == 0, 'status'\n"
    code += "assert 'numba' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_module_is_the_program() -> None:
    done = subprocess.run([sys.executable, "-m", "graphnet", "--version"], check=True, capture_output=True, text=True)
    assert done.stdout == f"graphnet {__version__}\n"


# -- check, summary ----------------------------------------------------------------------------------------------------


def test_check_says_what_it_read(spec: Path, call: Run) -> None:
    status, out, err = call("check", spec)
    assert (status, err) == (0, "")
    assert out == f"small.yaml: 3 layers, {PARAMETERS} parameters, {5 * 7 + 7 * 3} MACs; nothing to complain about\n"


def test_check_reports_all_errors_of_all_specs_on_standard_error(spec: Path, call: Run) -> None:
    Path("one.yaml").write_text(SPEC.replace("tanh", "tan"))
    Path("two.yaml").write_text(SPEC.replace("loss:", "lost:"))
    status, out, err = call("check", "one.yaml", spec, "two.yaml")
    assert status == 2
    assert "one.yaml:8:5: error[unknown-operator]" in err
    assert "did you mean `tanh`?" in err
    assert "two.yaml:10:1: error[" in err
    assert out.startswith("small.yaml: ")


def test_check_prints_one_json_object(spec: Path, call: Run) -> None:
    broken = Path("broken.yaml")
    broken.write_text(SPEC.replace("tanh", "tan"))
    status, out, _ = call("check", broken, spec, "--json")
    found = json.loads(out)
    assert status == 2
    assert found["warnings"] == []
    assert [(e["file"], e["line"], e["column"], e["code"]) for e in found["errors"]] == [
        ("broken.yaml", 8, 5, "unknown-operator")
    ]


def test_warnings_go_to_standard_error_and_do_not_fail(spec: Path, call: Run) -> None:
    spec.write_text(SPEC.replace("  - tanh\n", "  - tanh\n  - {linear: 2, name: lost}\n  - {tanh, from: tanh1}\n"))
    status, out, err = call("check", spec)
    assert status == 0
    assert "warning[suspicious]" in err
    assert "1 warning" in out
    assert call("check", spec, "--quiet") == (0, "", "")
    status, out, err = call("check", spec, "--json")
    assert [w["line"] for w in json.loads(out)["warnings"]] == [9]


def test_check_holds_specs_to_their_memory(spec: Path, call: Run) -> None:
    spec.write_text(SPEC + 'assert: {training_memory: "< 100 B"}\n')
    status, _, err = call("check", spec)
    assert status == 2
    assert "error[budget]" in err
    assert "small.yaml:13:27" in err
    assert call("check", spec, "--set", "units=7")[0] == 0  # budgets speak of the spec as written


def test_summary_prints_a_table(spec: Path, call: Run) -> None:
    status, out, err = call("summary", spec, "--set", "units=11")
    assert (status, err) == (0, "")
    assert f"{5 * 11 + 11 + 11 * 3 + 3}" in out
    assert "to train on 16 samples" in out


def test_summary_as_json(spec: Path, call: Run) -> None:
    status, out, _ = call("summary", spec, "--batch", 3, "--json")
    found = json.loads(out)
    assert status == 0
    assert (found["name"], found["parameters"], found["macs"]) == ("small", PARAMETERS, 5 * 7 + 7 * 3)
    assert found["outputs"] == {"logits": [3]}
    assert [(layer["operator"], layer["shape"], layer["line"]) for layer in found["layers"]] == [
        ("linear", [7], 7), ("tanh", [7], 8), ("linear", [3], 9),
    ]  # fmt: skip
    assert 0 < found["memory"]["lower_bound_bytes"] <= found["memory"]["training_bytes"]
    assert found["memory"]["inference_bytes"] > 0


def test_failures_are_json_too(spec: Path, call: Run) -> None:
    spec.write_text(SPEC.replace("tanh", "tan"))
    for command in (["summary", spec], ["gradcheck", spec], ["eval", spec, "--weights", "missing"]):
        status, out, err = call(*command, "--json")
        assert status == 2
        assert [e["line"] for e in json.loads(out)["errors"]] == [8]
        assert "small.yaml:8:5" in err


# -- render, kernels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph")]
)
def test_render_writes_what_the_ending_says(spec: Path, call: Run, ending: str, start: bytes) -> None:
    status, out, err = call("render", spec, "-o", f"small.{ending}")
    assert (status, out, err) == (0, f"small.{ending}: graph of small\n", "")
    content = Path(f"small.{ending}").read_bytes()
    assert start in content[:200]
    assert b"logits" in content or ending in ("png", "pdf")


@pytest.mark.parametrize("stage", ["training", "fused", "memory"])
def test_render_draws_every_stage(spec: Path, call: Run, stage: str) -> None:
    assert call("render", spec, "-o", "small.dot", "--stage", stage, "-q") == (0, "", "")
    assert "logits" in Path("small.dot").read_text()


def test_kernels_name_the_lines_that_they_serve(spec: Path, call: Run) -> None:
    status, out, err = call("kernels", spec)
    assert (status, err) == (0, "")
    assert "# serves linear1 (small.yaml:7), tanh1 (small.yaml:8)" in out
    assert "# serves logits (small.yaml:9)" in out
    assert "gradient" not in out
    ast.parse(out)


def test_kernels_of_a_training_step_are_those_that_run(spec: Path, call: Run) -> None:
    assert call("kernels", spec, "--backward", "-o", "kernels")[0] == 0
    files = sorted(Path("kernels").iterdir())
    assert [int(file.name[:2]) for file in files] == list(range(1, len(files) + 1))
    texts = ["".join(line for line in file.open() if not line.startswith("# ")) for file in files]
    run_kernels = gn.compile(spec).kernels
    assert set(texts) == {kernel.source for kernel in run_kernels}
    assert len(texts) == len(set(texts))
    served = "".join(file.read_text() for file in files)
    assert served.count("\n# serves ") == len(run_kernels)
    assert ": contraction, backward" in served


# -- train, eval, predict ----------------------------------------------------------------------------------------------


def test_train_writes_a_run_and_names_it(spec: Path, call: Run) -> None:
    status, out, _ = call("train", spec)
    assert status == 0
    assert "epoch 2/2" in out
    assert "runs/small/best.safetensors" in out
    assert {LAST, BEST, "log.csv", "curves.svg", "run.json"} <= {f.name for f in Path("runs/small").iterdir()}
    assert call("train", spec, "--quiet") == (0, "", "")
    assert Path("runs/small-2", BEST).exists()


def test_train_overwrites_no_run(spec: Path, call: Run) -> None:
    assert call("train", spec, "--out", "run", "-q")[0] == 0
    status, _, err = call("train", spec, "--out", "run")
    assert status == 2
    assert "--resume run" in err


def test_a_resumed_run_ends_as_if_it_had_not_stopped(spec: Path, call: Run) -> None:
    assert call("train", spec, "--epochs", 3, "--out", "whole", "-q")[0] == 0
    assert call("train", spec, "--epochs", 1, "--out", "parts", "-q")[0] == 0
    status, out, _ = call("train", spec, "--epochs", 3, "--resume", "parts")
    assert status == 0
    assert "resumed after 3 of 9 steps" in out
    whole, parts = (read_weights(Path(folder, LAST)) for folder in ("whole", "parts"))
    assert list(whole.arrays) == list(parts.arrays)
    for mine, theirs in ((whole.arrays, parts.arrays), (whole.optimizer, parts.optimizer)):
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_options_of_train_replace_what_the_spec_says(spec: Path, call: Run) -> None:
    np.savez("data.npz", x=np.ones((9, 5), np.float32), label=np.zeros(9, np.int32))
    status, out, _ = call(
        "train",
        spec,
        "--data",
        "data.npz",
        "--epochs",
        4,
        "--batch-size",
        3,
        "--seed",
        5,
        "--threads",
        1,
        "--out",
        "run",
    )
    assert status == 0
    assert "7 samples to train on, 2 to validate" in out
    assert "epoch 4/4" in out
    assert json.loads(Path("run/run.json").read_text())["steps"] == 4 * 3
    status, out, _ = call("train", spec, "--data", "{synthetic: {samples: 20}}", "--out", "other")
    assert "16 samples to train on, 4 to validate" in out


def test_other_batches_do_not_break_the_budgets_of_a_spec(spec: Path, call: Run) -> None:
    needed = json.loads(call("summary", spec, "--json")[1])["memory"]["training_bytes"]
    spec.write_text(SPEC + f"assert: {{training_memory: {needed}}}\n")
    assert call("train", spec, "--batch-size", 40, "--epochs", 1, "-q") == (0, "", "")


def test_eval_agrees_with_the_run_and_with_python(spec: Path, call: Run) -> None:
    call("train", spec, "--out", "run", "-q")
    status, out, _ = call("eval", spec, "--weights", "run", "--json")
    found = json.loads(out)
    best = json.loads(Path("run/run.json").read_text())["best"]
    assert status == 0
    assert found["samples"] == 12
    assert found["loss"] == pytest.approx(best["val_loss"], rel=1e-6)
    model = gn.compile(spec)
    model.load(Path("run", BEST))
    assert {"samples": 12, "split": "validation", **model.evaluate()} == found
    status, out, _ = call("eval", spec, "--weights", Path("run", BEST), "--data", "synthetic")
    assert status == 0
    assert "1,024" in out


def test_a_metric_that_is_a_table(spec: Path, call: Run) -> None:
    """It is printed by itself, and reported where data is judged once."""
    spec.write_text(SPEC.replace("metrics: [accuracy]", "metrics: [accuracy, confusion_matrix]"))
    assert call("train", spec, "--epochs", 1, "--out", "run", "-q")[0] == 0
    assert "confusion_matrix" not in Path("run/log.csv").read_text()
    found = json.loads(call("eval", spec, "--weights", "run", "--json")[1])
    counts = np.array(found["confusion_matrix"])
    assert counts.sum() == 12
    assert counts.trace() / 12 == found["accuracy"]
    status, out, _ = call("eval", spec, "--weights", "run")
    printed = out.partition("confusion_matrix\n")[2].splitlines()
    classes = [str(c) for c in range(len(counts))]
    assert status == 0
    assert printed[0].split() == ["meant", "\\", "predicted", *classes]
    assert [line.split() for line in printed[1:]] == [
        [c, *map(str, row)] for c, row in zip(classes, counts, strict=True)
    ]


def test_eval_prefers_data_that_no_run_has_seen(spec: Path, call: Run) -> None:
    spec.write_text(SPEC.replace("data: ", "test: 0.25, data: "))
    assert call("train", spec, "--out", "run", "-q")[0] == 0
    found = {
        split: json.loads(call("eval", spec, "--weights", "run", "--json", *(["--split", split] if split else []))[1])
        for split in ("", "train", "validation", "test")
    }
    assert found[""] == found["test"]
    assert [found[split]["split"] for split in ("train", "validation", "test")] == ["train", "validation", "test"]
    total = sum(found[split]["samples"] for split in ("train", "validation", "test"))
    assert found["test"]["samples"] == round(0.25 * total)
    assert len({found[split]["loss"] for split in found}) == 3
    assert "(held out for tests)" in call("eval", spec, "--weights", "run")[1]
    best = json.loads(Path("run/run.json").read_text())["best"]
    assert found["validation"]["loss"] == pytest.approx(best["val_loss"], rel=1e-6)
    status, _, err = call("eval", spec, "--weights", "run", "--split", "tset")
    assert (status, "train, validation, test" in err) == (2, True)


def test_predict_agrees_with_python(spec: Path, call: Run) -> None:
    model = gn.compile(spec)
    model.save("weights.safetensors")
    x = np.random.default_rng(3).normal(size=(23, 5)).astype(np.float32)
    np.savez("x.npz", x=x, label=np.zeros(23))
    np.save("x.npy", x)
    for inputs, out in (("x.npz", "y.npz"), ("x.npy", "y.npy"), ("x.npy", "z.npz")):
        status, printed, _ = call("predict", spec, inputs, "--weights", "weights.safetensors", "-o", out)
        assert (status, printed) == (0, f"{out}: logits (23, 3)\n")
        found = np.load(out)
        np.testing.assert_array_equal(found if out.endswith(".npy") else found["logits"], model(x))
    status, printed, err = call("predict", spec, "x.npz", "--weights", "weights.safetensors")
    assert status == 0
    rows = [line.split() for line in printed.splitlines()[3:] if line]
    assert [int(row[1]) for row in rows] == list(model(x)[:20].argmax(axis=1))
    assert "3 more samples" in err


IMAGES = """
graphnet: 1
name: images
inputs: {image: [1, 4, 4]}
layers: [flatten, {linear: 3, name: logits}]
loss: [cross_entropy: label]
train: {data: {shapes: 60}, epochs: 1, augment: [random_crop: 1, {normalize: {mean: 0.3, std: 0.2}}]}
"""


def test_inputs_of_predictions_are_normalized_as_those_of_training(spec: Path, call: Run) -> None:
    spec.write_text(IMAGES)
    model = gn.compile(spec)
    model.save("weights.safetensors")
    x = np.random.default_rng(3).uniform(size=(5, 1, 4, 4)).astype(np.float32)
    np.save("x.npy", x)
    assert call("predict", spec, "x.npy", "--weights", "weights.safetensors", "-o", "y.npy")[0] == 0
    np.testing.assert_allclose(np.load("y.npy"), model((x - 0.3) / 0.2), rtol=1e-5, atol=1e-5)
    out = call("eval", spec, "--weights", "weights.safetensors", "--json", "--split", "train")[1]
    whole = json.loads(out)["loss"]
    assert whole == pytest.approx(model.evaluate(split="train")["loss"], rel=1e-6)
    assert whole != model.fit(augment=[], quiet=True)["loss"][0]


def test_weights_of_another_network_are_bad_input(spec: Path, call: Run) -> None:
    gn.compile(spec, units=11).save("other.safetensors")
    status, _, err = call("eval", spec, "--weights", "other.safetensors")
    assert status == 2
    assert "linear1.weight is (11, 5), not (7, 5)" in err


# -- gradcheck ---------------------------------------------------------------------------------------------------------


def test_gradcheck_passes(spec: Path, call: Run) -> None:
    status, out, _ = call("gradcheck", spec, "--json")
    found = json.loads(out)
    assert status == 0
    assert found["passed"] is True
    assert set(found["parameters"]) == {"linear1.weight", "linear1.bias", "logits.weight", "logits.bias"}
    assert all(0 <= f["max_relative_error"] < 1e-6 and f["points"] > 0 for f in found["parameters"].values())
    assert set(found["inputs"]) == {"x"}
    status, out, _ = call("gradcheck", spec)
    assert status == 0
    assert "agree with finite differences" in out


def test_gradcheck_fails_for_a_wrong_gradient(spec: Path, call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(REGISTRY["tanh"], "backward", staticmethod(lambda gy, y: gy * (1 - y)))
    status, out, err = call("gradcheck", spec, "--json")
    found = json.loads(out)
    assert status == 1
    assert found["passed"] is False
    assert found["parameters"]["linear1.weight"]["max_relative_error"] > 1e-3
    assert found["parameters"]["logits.weight"]["max_relative_error"] < 1e-6  # behind the wrong one
    assert "small.yaml:7" in err


# -- schema ------------------------------------------------------------------------------------------------------------


def test_schema_is_json_and_knows_the_operators(spec: Path, call: Run) -> None:
    status, out, _ = call("schema")
    assert status == 0
    text = json.dumps(json.loads(out))
    assert all(f'"{name}"' in text for name in REGISTRY)
    assert call("schema", "-o", "schema.json") == (0, "", "")
    assert Path("schema.json").read_text() == out


def test_an_interrupted_command_has_failed(spec: Path, call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "read_params", interrupt)
    status, out, err = call("check", spec)
    assert (status, out) == (1, "")
    assert "interrupted" in err


def test_run_errors_reach_the_user(spec: Path, call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RunError("the disk is full")

    monkeypatch.setattr(check, "read_params", fail)
    assert call("check", spec) == (1, "", "error: the disk is full\n")
