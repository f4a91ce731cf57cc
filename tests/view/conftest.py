"""Networks to draw, and comparison with golden drawings."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph

GOLDEN = Path(__file__).parent / "golden"

LENET = """
graphnet: 1
name: lenet
inputs: {image: [1, 19, 17]}
layers:
  - conv2d: {out_channels: 5, kernel_size: 3}
  - tanh
  - max_pool2d: 2
  - flatten
  - {linear: 7, name: logits}
loss: [cross_entropy: label]
"""

RESIDUAL = """
graphnet: 1
name: residual
inputs: {image: [3, 13, 11]}
blocks:
  basic_block:
    params: {width}
    layers:
      - add:
        - sequential:
            - {conv2d: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}, name: conv1}
            - {batch_norm, name: bn1}
            - relu
            - {conv2d: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}, name: conv2}
        - if: $(input.channels != width)
          then: [{conv2d: {out_channels: $width, kernel_size: 1}, name: downsample}]
      - relu
layers:
  - {conv2d: {out_channels: 5, kernel_size: 3}, name: stem}
  - name: stage
    sequential:
      - repeat: 4
        layers: [basic_block: 7]
  - {global_avg_pool2d, name: pool}
  - {linear: 2, name: fc}
outputs: {logits: fc, embedding: pool}
loss: [{cross_entropy: label, from: fc, weight: 0.5}, {l2: "*.weight", weight: 1e-4}]
"""


@pytest.fixture
def lenet() -> Graph:
    return loads(LENET).graph


@pytest.fixture
def residual() -> Graph:
    return loads(RESIDUAL).graph


@pytest.fixture
def assert_golden() -> Callable[[str, str], None]:
    """Compare text with a golden file. GRAPHNET_UPDATE_GOLDEN=1 writes the files instead: read the difference."""

    def check(text: str, name: str) -> None:
        path = GOLDEN / name
        if os.environ.get("GRAPHNET_UPDATE_GOLDEN"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"the drawing differs from {path.name}"

    return check
