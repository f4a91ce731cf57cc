"""What a profile says that kernels do."""

from __future__ import annotations

import itertools
from math import prod

import numpy as np
import pytest

import graphnet as gn
from graphnet.core.types import BATCH
from graphnet.frontend.loader import loads
from graphnet.ir.graph import Node
from graphnet.runtime.profile import profile, useful_macs
from graphnet.testing.batches import random_batch
from graphnet.transforms.differentiate import attach_loss, differentiate
from graphnet.transforms.lower import lower

SPEC = """graphnet: 1
name: small
inputs: {image: [2, 7, 5]}
layers:
  - {conv2d: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1}, name: strided}
  - {batch_norm, name: bn}
  - {relu, name: act}
  - {conv2d: {out_channels: 2, kernel_size: [3, 2], padding: [2, 1], dilation: [2, 1]}, name: dilated}
  - flatten
  - {linear: 3, name: fc}
loss: [cross_entropy: label]
"""
BATCH_SIZE = 2
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


def counted(node: Node) -> int:
    """Multiply-adds whose elements all exist, by walking all loops."""
    op = node.comprehension
    extents = {name: BATCH_SIZE if extent == BATCH else extent for name, extent in op.extents.items()}
    found = 0
    for position in itertools.product(*map(range, extents.values())):
        at = dict(zip(extents, position, strict=True))
        inside = True
        for read in op.reads:
            shape = [BATCH_SIZE if e == BATCH else e for e in node.inputs[read.operand].type.shape]
            for index, length in zip(read.index, shape, strict=True):
                numerator = index.at(at)
                inside &= numerator % index.divisor == 0 and 0 <= numerator // index.divisor < length
        found += inside
    return found


def test_useful_multiply_adds_are_those_of_existing_elements() -> None:
    graph = lower(differentiate(attach_loss(loads(SPEC).graph), inputs=True), training=True)
    contractions = [node for node in graph.nodes if node.comprehension.family == "contraction"]
    assert len(contractions) == 9
    for node in contractions:
        assert useful_macs(node, BATCH_SIZE) == counted(node), node.name
    all_taps = [prod(2 if e == BATCH else e for e in n.comprehension.extents.values()) for n in contractions]
    assert sum(map(counted, contractions)) < sum(all_taps)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_profile_has_every_kernel(workers: int) -> None:
    model = gn.compile(gn.loads(PLAIN), batch_size=BATCH_SIZE)
    batch = random_batch(model.graph, BATCH_SIZE)
    model.train_step(batch)
    executable = model.programs["train"].executable
    found = profile(executable, workers, seconds=0)
    assert [timing.name for timing in found] == [kernel.name for kernel in model.kernels]
    assert all(timing.seconds >= 0 and timing.bytes > 0 for timing in found)
    lines = {layer: span.line for timing in found for layer, span in timing.layers if span}
    assert {"conv": 5, "act": 6, "fc": 8}.items() <= lines.items()
    assert {timing.family for timing in found} >= {"contraction", "pointwise"}
    assert {timing.backward for timing in found} == {True, False}
    assert np.isfinite(model.train_step(batch)), "profiling must leave a program that runs"
