"""`graphnet diff`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Call = Callable[..., tuple[int, str, str]]

SPEC = """graphnet: 1
name: small
params: {blocks: 2, units: 7, slope: 0.1}
inputs: {x: [5]}
layers:
  - {linear: $units, name: stem}
  - name: body
    sequential:
      - repeat: $blocks
        layers: [{linear: 7, name: fc$index}, {leaky_relu: $slope, name: act$index}]
  - {linear: 3, name: logits}
loss: [cross_entropy: label]
train: {optimizer: {sgd: {lr: 0.1}}, epochs: 2, batch_size: 16}
"""
BLOCKS = """graphnet: 1
name: blocks
params: {count: 2, after: 0}
inputs: {x: [7]}
blocks:
  pair:
    layers: [{linear: 7, name: fc}, relu]
layers:
  - name: body
    sequential:
      - repeat: $count
        layers: [pair]
  - {linear: 3, name: logits}
  - repeat: $after
    layers: [{softmax, name: squash$index}, {linear: 3, name: more$index}]
loss: [cross_entropy: label]
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Specs in a folder of its own, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    Path("blocks.yaml").write_text(BLOCKS)
    path = Path("small.yaml")
    path.write_text(SPEC)
    return path


def lines(out: str, mark: str) -> list[str]:
    """What stands behind a mark, with one space between words."""
    words = [line.split() for line in out.splitlines()]
    return [" ".join(rest) for start, *rest in filter(None, words) if start == mark]


def test_a_spec_is_the_same_as_itself(spec: Path, call: Call) -> None:
    status, out, err = call("diff", spec, spec)
    assert (status, err) == (0, "")
    assert "The networks are the same: 6 layers with equal attributes, equally wired.\n" in out
    assert not any(lines(out, mark) for mark in "+-~")


def test_what_a_spec_is_trained_with_is_told(spec: Path, call: Call) -> None:
    Path("other.yaml").write_text(spec.read_text().replace("lr: 0.1", "lr: 0.2").replace("epochs: 2", "steps: 9"))
    _, out, _ = call("diff", spec, "other.yaml")
    assert "The networks are the same: 6 layers with" in out
    assert "they are not trained alike" in out
    assert lines(out, "~") == ["train.optimizer.lr 0.1 → 0.2"]
    assert lines(out, "-") + lines(out, "+") == ["train.epochs 2", "train.steps 9"]


def test_renamed_specs_are_the_same(spec: Path, call: Call) -> None:
    Path("other.yaml").write_text(spec.read_text().replace("name: body", "name: trunk").replace("stem", "first"))
    _, out, _ = call("diff", spec, "other.yaml")
    assert "The networks are the same under other names (5 names differ)" in out
    assert [" ".join(line.split()) for line in out.splitlines()[-2:]] == ["stem → first", "body.* → trunk.* (4)"]
    _, out, _ = call("diff", spec, "other.yaml", "--all")
    assert out.splitlines()[-1].split() == ["body.act1", "→", "trunk.act1"]


def test_figures_of_both_and_their_difference(spec: Path, call: Call) -> None:
    _, out, _ = call("diff", spec, spec, "--set", "blocks=1", "--set-b", "units=11", "--batch", 3)
    before, after = 5 * 7 + 7 + 56 + 24, 5 * 11 + 11 + 7 * 11 + 7 + 24
    (row,) = [line.split() for line in out.splitlines() if line.lstrip().startswith("parameters")]
    assert row == ["parameters", str(before), str(after), f"+{after - before}", f"{(after - before) / before:+.1%}"]
    assert "memory to train 3 samples" in out
    changed = lines(out, "~")
    assert "params.units 7 → 11" in changed
    assert "stem linear out_features 7 → 11; gives 7 → 11 +24 +20" in changed
    assert "1 layer only follow: other shapes (+28 parameters, +28 MACs)" in changed


def test_params_of_either_side(spec: Path, call: Call) -> None:
    one = json.loads(call("diff", spec, spec, "--set-a", "blocks=3", "--set-b", "blocks=1", "--json")[1])
    assert (one["difference"]["layers"], one["settings"]) == (-4, {"params.blocks": [3, 1]})
    assert [node["name"] for node in one["removed"]] == ["body.fc1", "body.act1", "body.fc2", "body.act2"]
    status, _, err = call("diff", spec, spec, "--set-a", "nope=3")
    assert status == 2
    assert "nope" in err


def test_repeated_blocks_share_a_line(spec: Path, call: Call) -> None:
    _, out, _ = call("diff", "blocks.yaml", "blocks.yaml", "--set-b", "count=6")
    assert lines(out, "+") == ["body.2 – 5 pair × 4 2 layers; gives 7 +224 +196"]
    _, out, _ = call("diff", "blocks.yaml", "blocks.yaml", "--set-b", "count=4", "--all")
    assert [line.split()[0] for line in lines(out, "+")] == ["body.2.fc", "body.2.relu1", "body.3.fc", "body.3.relu1"]


def test_the_same_change_of_many_layers_shares_a_line(spec: Path, call: Call) -> None:
    _, out, _ = call("diff", spec, spec, "--set", "blocks=4", "--set-b", "slope=0.2")
    told = "4 layers leaky_relu negative_slope 0.1 → 0.2; in body.act0, body.act1, body.act2, …"
    assert told in lines(out, "~")
    _, out, _ = call("diff", spec, spec, "--set", "blocks=2", "--set-b", "slope=0.2")
    assert [line.split()[0] for line in lines(out, "~")] == ["params.slope", "body.act0", "body.act1"]


def test_layers_come_where_they_stand(spec: Path, call: Call) -> None:
    """Removed ones behind what stood before them."""
    first = "graphnet: 1\nname: n\ninputs: {x: [7]}\nlayers:\n  - {linear: 7, name: a}\n"
    Path("one.yaml").write_text(first + "  - {dropout: 0.5, name: drop}\n  - {linear: 7, name: b}\n")
    Path("two.yaml").write_text(first + "  - {linear: 7, name: b}\n  - {softmax, name: s}\n")
    _, out, _ = call("diff", "one.yaml", "two.yaml")
    marked = [line.split()[:2] for line in out.splitlines() if line[1:3] in ("- ", "+ ", "~ ")]
    assert marked == [["+", "output"], ["-", "output"], ["-", "drop"], ["+", "s"]]


def test_shapes_of_what_goes_in_come_with_their_types(spec: Path, call: Call) -> None:
    text = "graphnet: 1\nname: n\nparams: {size: 3}\ninputs: {x: [2, $size, 5]}\nlayers: [{conv2d: {out_channels: 7, "
    Path("maps.yaml").write_text(text + "kernel_size: 1}}]\nloss: [cross_entropy: mask]\n")
    _, out, _ = call("diff", "maps.yaml", "maps.yaml", "--set-b", "size=11")
    assert {"input x 2×3×5 → 2×11×5", "target mask 3×5 int32 → 11×5 int32"} <= set(lines(out, "~"))


def test_mistakes_of_either_spec_are_reported(spec: Path, call: Call) -> None:
    Path("broken.yaml").write_text(BLOCKS.replace("relu", "rleu"))
    for pair in (("broken.yaml", spec), (spec, "broken.yaml")):
        status, out, err = call("diff", *pair, "--json")
        assert status == 2
        assert "did you mean `relu`?" in err
        assert [error["code"] for error in json.loads(out)["errors"]] == ["unknown-operator"]
