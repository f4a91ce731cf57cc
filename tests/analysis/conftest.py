"""Networks to analyse."""

from __future__ import annotations

import pytest

from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph

RESNET18 = """
graphnet: 1
name: resnet18
inputs: {image: [3, 224, 224]}
blocks:
  basic_block:
    params: {width, stride: 1}
    layers:
      - add:
        - sequential:
            - {conv2d: {out_channels: $width, kernel_size: 3, stride: $stride, padding: 1, bias: false}, name: conv1}
            - {batch_norm, name: bn1}
            - relu
            - {conv2d: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}, name: conv2}
            - {batch_norm, name: bn2}
        - if: $(stride != 1 or input.channels != width)
          then:
            - name: downsample
              sequential:
                - conv2d: {out_channels: $width, kernel_size: 1, stride: $stride, bias: false}
                - batch_norm
      - relu
layers:
  - {conv2d: {out_channels: 64, kernel_size: 7, stride: 2, padding: 3, bias: false}, name: conv1}
  - {batch_norm, name: bn1}
  - relu
  - max_pool2d: {kernel_size: 3, stride: 2, padding: 1}
  - for: {stage: [1, 2, 3, 4]}
    layers:
      - name: layer$stage
        sequential:
          - repeat: 2
            layers:
              - basic_block:
                  width: $(64 * 2 ** (stage - 1))
                  stride: $(2 if stage > 1 and index == 0 else 1)
  - {global_avg_pool2d, name: embedding}
  - {linear: 1000, name: fc}
loss: [cross_entropy: label]
"""


@pytest.fixture(scope="session")
def resnet18() -> Graph:
    return loads(RESNET18).graph
