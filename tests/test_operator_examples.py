"""The examples in operators' docstrings are the reference that users copy from, so they must be valid."""

from __future__ import annotations

import re

import pytest

import graphnet.ops  # noqa: F401 - registers the operators
from graphnet.core.diagnostics import SpecError
from graphnet.frontend.loader import loads
from graphnet.ir.operator import REGISTRY

PLACES = [
    "{image: [8, 12, 12]}", "{features: [24]}", "{signal: [8, 24]}", "{volume: [8, 6, 6, 6]}",
    "{tokens: {shape: [9], dtype: int32}}",
]  # fmt: skip
"""Inputs of the networks that examples are put into."""


def examples() -> list[tuple[str, str]]:
    """(operator, example) pairs: entries of `layers` that begin with a dash, or a line of `loss`."""
    found = []
    for name, definition in REGISTRY.items():
        body = re.search(r"Example:\n((?: {8}.*\n?)+)", definition.__doc__ or "")
        texts = re.findall(r"`([^`]+)`", " ".join(body.group(1).split())) if body else []
        found += [(name, text) for text in texts if text.startswith(("- ", "loss:")) and name in text]
    return found


def spec_around(example: str, inputs: str) -> str:
    """A network that has the values an example reads by name, and parameters."""
    read = re.findall(r"(?:from|like): (\w+|\[[^\]]+)", example)
    named = [f"  - {{identity, name: {name.strip()}}}" for names in read for name in names.strip("[").split(",")]
    is_loss = example.startswith("loss:")
    width = 3 if "weights" in example else 1
    head = [
        f"  - {{conv2d: {{out_channels: {width}, kernel_size: 1}}}}" if "image" in inputs else f"  - linear: {width}"
    ]
    lines = ["graphnet: 1", "name: example", f"inputs: {inputs}", "layers:", *named]
    return "\n".join([*lines, *head, example] if is_loss else [*lines, f"  {example}"])


@pytest.mark.parametrize(("name", "example"), examples())
def test_example(name: str, example: str) -> None:
    problems = []
    for inputs in PLACES:
        try:
            network = loads(spec_around(example, inputs))
        except SpecError as error:
            problems.append(str(error))
        else:
            assert name in {node.op.name for node in network.graph.nodes}
            return
    pytest.fail("\n\n".join(problems))


def test_every_operator_has_an_example() -> None:
    assert {name for name, _ in examples()} == set(REGISTRY)
