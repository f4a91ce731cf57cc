"""The networks of torchvision, by the path of the spec that describes the same one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

if find_spec("torchvision") is None:
    pytest.skip("torchvision, of the `oracle` extra, is not there", allow_module_level=True)

_OPERATORS = ("nms", "qnms")


def _models() -> ModuleType:
    """`torchvision.models`, also where torchvision is built for CUDA, as in the package index, and PyTorch is not.

    Its compiled operators cannot be loaded then, no network here needs them, but two must have been declared.
    """
    try:
        return import_module("torchvision.models")
    except RuntimeError:  # operator torchvision::nms does not exist
        for name in _OPERATORS:
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        return import_module("torchvision.models")


models = _models()

NETWORKS: Mapping[str, Callable[..., nn.Module]] = {
    "alexnet/alexnet": models.alexnet,
    "densenet/densenet121": models.densenet121,
    "googlenet/googlenet": partial(models.googlenet, aux_logits=False, init_weights=False),
    "mobilenet/mobilenet_v2": models.mobilenet_v2,
    "resnet/resnet18": models.resnet18,
    "resnet/resnet34": models.resnet34,
    "resnet/resnet50": models.resnet50,
    "resnet/resnet101": models.resnet101,
    "resnet/resnet152": models.resnet152,
    "resnet/resnext50_32x4d": models.resnext50_32x4d,
    "resnet/resnext101_32x8d": models.resnext101_32x8d,
    "squeezenet/squeezenet1_1": models.squeezenet1_1,
    "vgg/vgg11": models.vgg11,
    "vgg/vgg16": models.vgg16,
    "vgg/vgg19": models.vgg19,
}


def resnet(depths: Sequence[int], **settings: Any) -> nn.Module:
    """A network of bottlenecks, with other depths than those that have a name."""
    made: nn.Module = models.ResNet(models.resnet.Bottleneck, depths, **settings)
    return made


def narrow(make: Callable[..., nn.Module], hidden: int, **settings: Any) -> nn.Module:
    """AlexNet or a VGG with fewer units in its fully connected layers."""
    module = make(**settings)
    classifier = module.get_submodule("classifier")
    assert isinstance(classifier, nn.Sequential)
    places = [k for k, layer in enumerate(classifier) if isinstance(layer, nn.Linear)]
    widths = classifier[places[0]].in_features, hidden, hidden, classifier[places[-1]].out_features
    for place, (inputs, outputs) in zip(places, pairwise(widths), strict=True):
        classifier[place] = nn.Linear(inputs, outputs)
    return module
