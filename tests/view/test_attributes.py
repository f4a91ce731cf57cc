"""Attributes in few words."""

from __future__ import annotations

import pytest

from graphnet.frontend.loader import loads
from graphnet.view.attributes import describe_attributes


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("conv2d: {out_channels: 7, kernel_size: 3}", ["7", "3×3"]),
        (
            "conv2d: {kernel_size: [3, 5], out_channels: 7, stride: 2, padding: [1, 2], bias: false}",
            ["7", "3×5", "stride 2", "padding 1×2", "no bias"],
        ),
        ("conv2d: {out_channels: 7, kernel_size: 3, padding: same}", ["7", "3×3", "padding same"]),
        ("max_pool2d: {kernel_size: 2, ceil_mode: true}", ["2×2", "ceil mode"]),
        ("leaky_relu: 0.25", ["0.25"]),
        ("relu", []),
    ],
)
def test_what_the_user_chose_is_said(entry: str, words: list[str]) -> None:
    graph = loads(f"graphnet: 1\nname: one\ninputs: {{x: [2, 13, 11]}}\nlayers:\n  - {entry}\n").graph
    assert list(describe_attributes(graph.nodes[0])) == words
