"""Counts of parameters and multiply-adds, of the specs that ship and of other members of their families."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import graphnet as gn

from .counts import COUNTS

SPECS = Path(__file__).parents[1] / "specs"
UNTRAINED = {"filters/image_filters"}
"""Specs without anything to learn."""

RESNEXT = {"groups": 32, "group_width": 4}


def test_every_spec_has_its_counts() -> None:
    assert {str(path.relative_to(SPECS).with_suffix("")) for path in SPECS.rglob("*.yaml")} == COUNTS.keys()


@pytest.mark.parametrize("name", COUNTS)
def test_counts(name: str) -> None:
    cost = gn.load(SPECS / f"{name}.yaml").summary().cost
    assert (cost.parameters, cost.macs) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_a_spec_has_a_doc_and_a_recipe(name: str) -> None:
    net = gn.load(SPECS / f"{name}.yaml")
    assert isinstance(net, gn.Network)
    assert net.path == SPECS / f"{name}.yaml"
    assert net.name == Path(name).name
    assert net.doc.endswith(".")
    if name not in UNTRAINED:
        assert net.train is not None
        assert net.train.data is not None
        assert net.graph.losses


@pytest.mark.parametrize(
    ("name", "params", "parameters", "macs"),
    [
        ("basics/linear_classifier", {"loss": "hinge"}, 30_730, 30_720),
        ("googlenet/googlenet", {"auxiliary": True}, 13_004_888, None),
        ("mobilenet/mobilenet_v2", {"width": 0.5}, 1_968_680, 97_131_840),
        ("mobilenet/mobilenet_v2", {"width": 1.4}, 6_108_776, 582_195_824),
        ("vgg/vgg", {"depths": [2, 2, 2, 2, 2]}, 133_047_848, 11_308_466_176),
        ("densenet/densenet121", {"depths": [6, 12, 32, 32]}, 14_149_480, 3_359_843_328),
    ],
    ids=["hinge", "GoogLeNet and its helpers", "MobileNetV2 x0.5", "MobileNetV2 x1.4", "VGG-13", "DenseNet-169"],
)
def test_counts_of_relatives(name: str, params: dict[str, Any], parameters: int, macs: int | None) -> None:
    cost = gn.load(SPECS / f"{name}.yaml", **params).summary().cost
    assert cost.parameters == parameters
    assert macs is None or cost.macs == macs


@pytest.mark.parametrize(
    ("spec", "params", "giga"),
    [
        ("vgg/vgg16", {}, 15.47),
        ("resnet/resnet50", {"stride_in": "conv1"}, 3.86),
        ("resnet/se_resnet50", {"stride_in": "conv1"}, 3.87),
        ("resnet/resnet101", {"stride_in": "conv1"}, 7.58),
        ("resnet/resnet152", {"stride_in": "conv1"}, 11.30),
        ("resnet/resnext50_32x4d", {}, 4.24),
        ("resnet/resnet101", RESNEXT, 7.99),
    ],
    ids=["VGG-16", "ResNet-50", "SE-ResNet-50", "ResNet-101", "ResNet-152", "ResNeXt-50", "ResNeXt-101"],
)
def test_the_cost_table_of_the_senet_paper(spec: str, params: dict[str, Any], giga: float) -> None:
    """Hu, Shen, Sun, "Squeeze-and-excitation networks", 2017, tables 2 and 3, in G multiply-adds.

    All its figures come out if batch normalisation counts one multiply-add an element, and decimals are cut off.
    Its ResNets take the stride in the first 1x1 convolution of a bottleneck, its ResNeXts in the 3x3.
    """
    summary = gn.load(SPECS / f"{spec}.yaml", **params).summary()
    normalisation = sum(math.prod(layer.shape) for layer in summary.layers if layer.operator == "batch_norm")
    assert math.floor((summary.cost.macs + normalisation) / 1e7) / 100 == giga


def test_the_stem_and_stages_of_resnet18() -> None:
    shapes = {layer.name: layer.shape for layer in gn.load(SPECS / "resnet" / "resnet18.yaml").summary().layers}
    assert shapes["conv1"] == (64, 112, 112)
    ends = {name.split(".")[0]: shape for name, shape in shapes.items() if name.startswith("layer")}
    assert ends == {"layer1": (64, 56, 56), "layer2": (128, 28, 28), "layer3": (256, 14, 14), "layer4": (512, 7, 7)}
