"""Published counts of parameters and multiply-adds, for the specs that ship and for members of their families."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

import graphnet as gn

SPECS = Path(__file__).parents[1] / "specs"
RESNET = "resnet/resnet.yaml"
RESNEXT = {"groups": 32, "group_width": 4}
SHALLOW, DEEP, DEEPER = [3, 4, 6, 3], [3, 4, 23, 3], [3, 8, 36, 3]


@pytest.mark.parametrize(
    ("spec", "params", "parameters", "macs"),
    [
        ("lenet/lenet1.yaml", {}, 3_246, None),
        ("lenet/lenet5.yaml", {}, 61_706, None),
        ("basics/two_layer_net.yaml", {}, 101_000, 101_000),
        ("basics/linear_classifier.yaml", {}, 30_730, 30_720),
        ("basics/linear_classifier.yaml", {"loss": "hinge"}, 30_730, 30_720),
        ("basics/bump_approximator.yaml", {}, 10, None),
        ("resnet/resnet18.yaml", {}, 11_689_512, 1_814_073_344),
        ("resnet/resnet18.yaml", {"depths": [3, 4, 6, 3]}, 21_797_672, 3_663_761_408),
        (RESNET, {"depths": SHALLOW}, 25_557_032, 4_089_184_256),
        (RESNET, {"depths": DEEP}, 44_549_160, 7_801_405_440),
        (RESNET, {"depths": DEEPER}, 60_192_808, 11_513_626_624),
        (RESNET, {"depths": SHALLOW, **RESNEXT}, 25_028_904, 4_230_479_872),
        (RESNET, {"depths": DEEP, "groups": 32, "group_width": 8}, 88_791_336, 16_414_015_488),
        (RESNET, {"depths": SHALLOW, "squeeze": True}, 28_088_024, 4_091_699_200),
    ],
)
def test_published_counts(spec: str, params: dict[str, Any], parameters: int, macs: int | None) -> None:
    cost = gn.load(SPECS / spec, **params).summary().cost
    assert cost.parameters == parameters
    assert cost.trainable_parameters == parameters
    assert macs is None or cost.macs == macs


def vgg16() -> gn.Network:
    """VGG-16 of Simonyan and Zisserman, 2014."""
    net = gn.Network("vgg16")
    x = net.input("image", (3, 224, 224))
    for channels, depth in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
        for _ in range(depth):
            x = gn.relu(gn.conv2d(x, channels, kernel_size=3, padding=1))
        x = gn.max_pool2d(x, 2)
    x = gn.flatten(x)
    for features in (4096, 4096):
        x = gn.relu(gn.linear(x, features))
    gn.linear(x, 1000)
    return net


def test_vgg16() -> None:
    cost = vgg16().summary().cost
    assert (cost.parameters, cost.macs) == (138_357_544, 15_470_264_320)


@pytest.mark.parametrize(
    ("params", "giga"),
    [
        (None, 15.47),
        ({"depths": SHALLOW, "stride_in": "conv1"}, 3.86),
        ({"depths": SHALLOW, "stride_in": "conv1", "squeeze": True}, 3.87),
        ({"depths": DEEP, "stride_in": "conv1"}, 7.58),
        ({"depths": DEEPER, "stride_in": "conv1"}, 11.30),
        ({"depths": SHALLOW, **RESNEXT}, 4.24),
        ({"depths": DEEP, **RESNEXT}, 7.99),
    ],
    ids=["VGG-16", "ResNet-50", "SE-ResNet-50", "ResNet-101", "ResNet-152", "ResNeXt-50", "ResNeXt-101"],
)
def test_the_cost_table_of_the_senet_paper(params: dict[str, Any] | None, giga: float) -> None:
    """Hu, Shen, Sun, "Squeeze-and-excitation networks", 2017, tables 2 and 3, in G multiply-adds.

    All its figures come out if batch normalisation counts one multiply-add an element, and decimals are cut off.
    Its ResNets take the stride in the first 1x1 convolution of a bottleneck, its ResNeXts in the 3x3.
    """
    net = vgg16() if params is None else gn.load(SPECS / RESNET, **params)
    layers = net.summary().layers
    normalisation = sum(math.prod(layer.shape) for layer in layers if layer.operator == "batch_norm")
    assert math.floor((net.summary().cost.macs + normalisation) / 1e7) / 100 == giga


def test_the_stem_and_stages_of_resnet18() -> None:
    shapes = {layer.name: layer.shape for layer in gn.load(SPECS / "resnet" / "resnet18.yaml").summary().layers}
    assert shapes["conv1"] == (64, 112, 112)
    ends = {name.split(".")[0]: shape for name, shape in shapes.items() if name.startswith("layer")}
    assert ends == {"layer1": (64, 56, 56), "layer2": (128, 28, 28), "layer3": (256, 14, 14), "layer4": (512, 7, 7)}
