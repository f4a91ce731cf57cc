"""Damaged specs: whatever is done to a spec, what comes out is a network or a SpecError."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.core.diagnostics import SpecError
from graphnet.frontend.loader import loads

FOLDER = Path(__file__).parent
VALID = """graphnet: 1
name: all
doc: Most of the language in one spec.
params: {width: 4, widths: [3, 5], deep: true, act: relu}
inputs: {image: [2, 7, 11]}
blocks:
  unit:
    params: {channels, stride: 1, grown: $(channels + input.channels)}
    layers:
      - add:
        - sequential:
            - {conv2d: {out_channels: $channels, kernel_size: 3, stride: $stride, padding: 1}, name: conv}
            - {batch_norm, name: bn}
        - if: $(input.channels != channels or stride != 1)
          then: [{conv2d: {out_channels: $channels, kernel_size: 1, stride: $stride}, name: project}]
      - relu
  level:
    params: {depth}
    layers:
      - {unit: 4, name: down}
      - if: $(depth > 0)
        then: [{level: $(depth - 1), name: inner}]
    outputs: {top: down}
  join: {inputs: [a, b], layers: [{add, from: [a, b]}]}
layers:
  - name: features
    init: {"*.weight": kaiming_normal}
    sequential:
      - for: {channels: $widths, stride: [1, 2]}
        layers: [{unit: {channels: $channels, stride: $stride}, name: u$channels}]
      - repeat: 2
        layers: [{unit: $width}, $act]
  - {level: 2, name: level, freeze: $deep}
  - {share: level, name: twin, from: level}
  - {join, from: [level.top, twin]}
  - {concat, from: [previous, level]}
  - max_pool2d: 2
  - flatten
  - {linear: "$(max(width, 3))", name: logits, init: {bias: zeros}}
outputs: {logits: logits, middle: features}
loss:
  - {cross_entropy: label, from: logits, weight: 0.5}
  - {l2: "*.weight", weight: 1e-4}
metrics: [{accuracy: label, from: logits}]
freeze: ["features.u3.*"]
assert: {parameters: "< 1M", shapes: {features: [4, 4, 6]}}
train: {epochs: 2, batch_size: 8, optimizer: {sgd: {lr: 0.1}}}
"""
PIECES = [
    "$", "$(", ")", "$width", "$(input.channels)", "$(1 // 0)", "$(2 ** 99)", "[", "]", "{", "}", ":", ",", "- ",
    "\n", "  ",
    "\t", "#", "'", '"', "&a", "*a", "!!str", "|", "?", "%", "@", "~", "null", "true", "-1", "0", "1e309", ".nan",
    ".inf",
    "999999999999", "é", "\u2028", "name", "from", "input", "previous", "sequential", "share", "if", "for",
    "repeat", "then",
    "layers", "add", "concat", "relu", "linear", "conv2d", "init", "freeze", "weight", "features.0", "level.inner",
    "<<",
]  # fmt: skip
WORD = re.compile(r"[\w.$]+")


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """The valid spec with a few pieces cut out, put in, moved or replaced."""
    text = VALID
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["cut", "insert", "replace", "swap", "line", "indent"]))
        place = draw(st.integers(0, len(text)))
        if kind == "cut":
            text = text[:place] + text[place + draw(st.integers(1, 20)) :]
        elif kind == "insert":
            text = text[:place] + draw(st.sampled_from(PIECES)) + text[place:]
        elif kind in ("replace", "swap"):
            words = list(WORD.finditer(text))
            if words:
                word = words[place % len(words)]
                other = words[draw(st.integers(0, len(words) - 1))].group()
                text = (
                    text[: word.start()]
                    + (draw(st.sampled_from(PIECES)) if kind == "replace" else other)
                    + text[word.end() :]
                )
        else:
            lines = text.split("\n")
            line = lines.pop(place % len(lines))
            line = " " * draw(st.integers(0, 8)) + line.lstrip() if kind == "indent" else line
            lines.insert(draw(st.integers(0, len(lines))) if kind == "line" else place % (len(lines) + 1), line)
            text = "\n".join(lines)
    return text


def test_the_undamaged_spec_loads() -> None:
    net = loads(VALID)
    assert {n.name for n in net.graph.nodes} >= {
        "features.u5.project",
        "level.inner.inner.down.conv",
        "twin.inner.down.bn",
    }


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_damage_is_diagnosed(text: str) -> None:
    try:
        loads(text, name="damaged.yaml")
    except SpecError as error:
        assert error.diagnostics
        assert "damaged.yaml:" in str(error)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_at_all(text: str) -> None:
    try:
        loads("graphnet: 1\ninputs: {x: [3]}\nlayers:\n  - relu\n  - " + text)
    except SpecError as error:
        assert error.diagnostics
