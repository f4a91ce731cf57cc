"""The PyTorch models that graphnet's networks are compared with: torchvision's, and those of the tests.

Their parameters have the paths of the spec's, so weights are loaded as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))  # the models are those of the tests

from tests.parity.models.digits import Digits
from tests.parity.models.lenet5 import LeNet5
from tests.parity.models.mlp import MLP
from tests.parity.models.seresnet import SEResNet
from tests.parity.models.unet import UNet
from tests.parity.torchvision_models import models, narrow


class NoCounterpartError(Exception):
    """There is no PyTorch model of a network, or none with these params."""


def make_counterpart(network: str, params: Mapping[str, Any]) -> nn.Module:
    """The PyTorch model of a network, with weights of its own.

    Args:
        network: its name.
        params: of the spec, all of them.

    Raises:
        NoCounterpartError: there is none.
    """
    if network not in COUNTERPARTS:
        raise NoCounterpartError(f"{network} has no counterpart in PyTorch")
    return COUNTERPARTS[network](**{name: value for name, value in params.items() if name != "size"})


def _need(**fixed: tuple[Any, Any]) -> None:
    """Refuse params that a counterpart does not have: for each, what it is, and what alone it may be."""
    odd = [f"{name}={value}" for name, (value, only) in fixed.items() if value != only]
    if odd:
        raise NoCounterpartError(f"the counterpart in PyTorch knows no {', '.join(odd)}")


def _mlp(features: int, hidden: list[int], activation: str, classes: int) -> nn.Module:
    _need(activation=(activation, "relu"))
    return MLP(features, tuple(hidden), classes)


def _alexnet(hidden: int, classes: int) -> nn.Module:
    return _with_hidden(models.alexnet, hidden, num_classes=classes)


def _with_hidden(make: Callable[..., nn.Module], hidden: int, **settings: Any) -> nn.Module:
    return make(**settings) if hidden == 4096 else narrow(make, hidden, **settings)


def _vgg(depths: list[int], hidden: int, classes: int) -> nn.Module:
    sizes = {(1, 1, 2, 2, 2): models.vgg11, (2, 2, 3, 3, 3): models.vgg16, (2, 2, 4, 4, 4): models.vgg19}
    if tuple(depths) not in sizes:
        raise NoCounterpartError(f"torchvision has no VGG of depths {depths}")
    return _with_hidden(sizes[tuple(depths)], hidden, num_classes=classes, init_weights=False)


def _googlenet(auxiliary: bool, classes: int) -> nn.Module:
    _need(auxiliary=(auxiliary, False))
    return models.googlenet(num_classes=classes, aux_logits=False, init_weights=False)


def _resnet(
    block: str, depths: list[int], squeeze: bool, groups: int, group_width: int, stride_in: str, classes: int
) -> nn.Module:
    _need(stride_in=(stride_in, "conv2"))
    if squeeze:
        _need(block=(block, "bottleneck"), groups=(groups, 1), group_width=(group_width, 64))
        return SEResNet(depths=tuple(depths), classes=classes)
    kind = models.resnet.Bottleneck if block == "bottleneck" else models.resnet.BasicBlock
    return models.ResNet(kind, depths, num_classes=classes, groups=groups, width_per_group=group_width)


def _densenet(growth: int, depths: list[int], classes: int) -> nn.Module:
    return models.DenseNet(growth, tuple(depths), 2 * growth, num_classes=classes)


def _mobilenet(width: float, classes: int) -> nn.Module:
    return models.mobilenet_v2(width_mult=width, num_classes=classes)


def _squeezenet(classes: int) -> nn.Module:
    return models.squeezenet1_1(num_classes=classes)


COUNTERPARTS: Mapping[str, Callable[..., nn.Module]] = {
    "digits": Digits,
    "mlp": _mlp,
    "lenet5": LeNet5,
    "alexnet": _alexnet,
    **dict.fromkeys(("vgg", "vgg11", "vgg16", "vgg19"), _vgg),
    "googlenet": _googlenet,
    "squeezenet1_1": _squeezenet,
    **dict.fromkeys(("resnet", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152"), _resnet),
    **dict.fromkeys(("resnext50_32x4d", "resnext101_32x8d", "se_resnet50"), _resnet),
    "densenet121": _densenet,
    "mobilenet_v2": _mobilenet,
    **dict.fromkeys(("unet", "unet_padded"), UNet),
}
"""By the network's name; they take the spec's params but its size, which changes no layer."""
