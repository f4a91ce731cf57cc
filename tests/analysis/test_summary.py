"""The summary: its JSON and its table."""

from __future__ import annotations

import json

import pytest

from graphnet.analysis.summary import MemoryFigures, summarise
from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph

SMALL = """graphnet: 1
name: small
inputs: {image: [1, 13, 11]}
layers:
  - conv2d: {out_channels: 5, kernel_size: 3}
  - relu
  - name: body
    sequential:
      - repeat: 3
        layers: [double]
  - global_avg_pool2d
  - {linear: 7, name: fc, freeze: true}
blocks:
  double:
    layers:
      - {conv2d: {out_channels: 5, kernel_size: 3, padding: 1}, name: conv}
      - batch_norm
loss: [cross_entropy: label]
"""

FIGURES = MemoryFigures(training_bytes=3 * 2**20, inference_bytes=2**20, lower_bound_bytes=2 * 2**20)


@pytest.fixture
def small() -> Graph:
    return loads(SMALL).graph


def test_json_has_the_promised_form(small: Graph) -> None:
    found = summarise(small, batch=32, memory=FIGURES).to_json()
    assert json.loads(json.dumps(found)) == found
    layers = found.pop("layers")
    repeated = 5 * 5 * 9 + 5
    assert found == {
        "name": "small",
        "parameters": 50 + 3 * (repeated + 10) + 42,
        "trainable_parameters": 50 + 3 * (repeated + 10),
        "macs": 45 * 99 + 3 * 225 * 99 + 35,
        "outputs": {"fc": [7]},
        "memory": {"training_bytes": 3 * 2**20, "inference_bytes": 2**20, "lower_bound_bytes": 2 * 2**20},
    }
    assert layers[0] == {
        "name": "conv2d1", "operator": "conv2d", "shape": [5, 11, 9], "parameters": 50, "macs": 45 * 99, "line": 5,
    }  # fmt: skip
    assert layers[3] == {
        "name": "body.0.batch_norm1", "operator": "batch_norm", "shape": [5, 11, 9], "parameters": 10, "macs": 0,
        "line": 17,
    }  # fmt: skip
    assert [layer["name"] for layer in layers][-2:] == ["global_avg_pool2d1", "fc"], "the loss is no layer"


def test_a_loss_with_a_parameter_is_listed() -> None:
    """So that the parameters add up; its multiply-adds are none of the network's."""
    text = """graphnet: 1
name: pair
inputs: {left: [5], right: [5]}
layers: [{linear: 7, name: a, from: left}, {linear: 7, name: b, from: right}]
loss: [{contrastive, from: [a, b], name: similarity}, {l2: "*.weight"}]
"""
    summary = summarise(loads(text).graph)
    found = summary.to_json()
    assert [layer["name"] for layer in found["layers"]] == ["a", "b", "similarity"]
    assert found["layers"][-1] == {
        "name": "similarity", "operator": "contrastive", "shape": [], "parameters": 1, "macs": 0, "line": 5,
    }  # fmt: skip
    assert found["parameters"] == sum(layer["parameters"] for layer in found["layers"]) == 85
    assert found["macs"] == sum(layer["macs"] for layer in found["layers"]) == 70
    (line,) = [line.split() for line in str(summary).splitlines() if "similarity" in line]
    assert line == ["similarity", "contrastive", "scalar", "1"]


def test_memory_is_null_where_nothing_was_compiled(small: Graph) -> None:
    assert summarise(small).to_json()["memory"] is None


def test_the_table_of_a_network(small: Graph) -> None:
    table = str(summarise(small, batch=32, memory=FIGURES))
    assert (
        table
        == """\
small

 layer                operator            output    parameters    MACs
 ─────────────────────────────────────────────────────────────────────
 image                input               1×13×11
 conv2d1              conv2d              5×11×9            50   4.46k
 relu1                relu                5×11×9
 body                 sequential                           720   66.8k
   0 – 2              double × 3                           720   66.8k
     conv             conv2d              5×11×9           230   22.3k
     batch_norm1      batch_norm          5×11×9            10
 global_avg_pool2d1   global_avg_pool2d   5
 fc                   linear              7                 42      35

parameters  812 (770 trained)
MACs        71,315 for one sample
output      fc 7
memory      3 MiB to train on 32 samples
            2 MiB of that at least, with any plan
            1 MiB to predict 32 samples"""
    )


def test_resnet18_has_its_published_size(resnet18: Graph) -> None:
    found = summarise(resnet18).to_json()
    assert found["parameters"] == sum(layer["parameters"] for layer in found["layers"]) == 11_689_512
    assert found["macs"] == sum(layer["macs"] for layer in found["layers"])
    assert found["outputs"] == {"fc": [1000]}
    assert len(found["layers"]) == 4 + 8 * 7 + 3 * 2 + 2
