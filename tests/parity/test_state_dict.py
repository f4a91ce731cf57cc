"""Parameters under torchvision's and timm's names, and to and from PyTorch's state_dict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import nn

import graphnet as gn

from .cases import TRAINED
from .models.alexnet_lecture import AlexNetLecture, ZFNet
from .models.resnet18 import ResNet18
from .models.seresnet import SEResNet
from .pairs import SPECS, Pair, arrays_of
from .torchvision_models import NETWORKS, models

pytestmark = pytest.mark.oracle

Shapes = list[tuple[str, tuple[int, ...]]]
"""Paths and shapes of parameters and buffers, in their order."""


def shapes_of(make: Callable[..., nn.Module], **settings: Any) -> Shapes:
    """Those of a module's `state_dict`, for which nothing is allocated."""
    with torch.device("meta"):
        module = make(**settings)
    return [(path, tuple(tensor.shape)) for path, tensor in module.state_dict().items()]


def shapes_in(spec: str, **params: Any) -> Shapes:
    """Those of a spec."""
    return [(p.path, tuple(p.spec.shape)) for p in gn.load(SPECS / f"{spec}.yaml", **params).graph.parameters]


def recorded(name: str) -> Shapes:
    """Those of a file, a line for each."""
    lines = Path(__file__).with_name("models").joinpath(f"{name}.txt").read_text().splitlines()
    pairs = (line.split() for line in lines)
    return [(path, () if shape == "scalar" else tuple(map(int, shape.split("x")))) for path, shape in pairs]


@pytest.mark.parametrize("spec", NETWORKS)
def test_specs_have_torchvisions_state_dicts(spec: str) -> None:
    assert shapes_in(spec) == shapes_of(NETWORKS[spec])


@pytest.mark.parametrize("width", [0.35, 0.5, 0.75, 1.3, 1.4])
def test_the_widths_of_mobilenet_are_torchvisions(width: float) -> None:
    expected = shapes_of(models.mobilenet_v2, width_mult=width, num_classes=7)
    assert shapes_in("mobilenet/mobilenet_v2", width=width, classes=7) == expected


def test_the_auxiliary_classifiers_of_googlenet_are_torchvisions() -> None:
    expected = shapes_of(models.googlenet, aux_logits=True, init_weights=False)
    assert shapes_in("googlenet/googlenet", auxiliary=True) == expected


def test_se_resnet50_has_timms_state_dict() -> None:
    """That of timm 1.0."""
    assert shapes_in("resnet/se_resnet50") == recorded("timm_seresnet50")
    assert shapes_of(SEResNet) == recorded("timm_seresnet50")


@pytest.mark.parametrize(
    ("spec", "make"),
    [("alexnet/alexnet_lecture", AlexNetLecture), ("alexnet/zfnet", ZFNet), ("resnet/resnet18", ResNet18)],
    ids=["alexnet_lecture", "zfnet", "resnet18"],
)
def test_the_modules_written_by_hand_have_the_specs_state_dict(spec: str, make: Callable[..., nn.Module]) -> None:
    assert shapes_of(make) == shapes_in(spec)


def test_a_state_dict_goes_in_and_comes_out() -> None:
    torch.manual_seed(3)
    first, second = ResNet18(), ResNet18()
    first.bn1.num_batches_tracked += 17
    model = gn.compile(SPECS / "resnet" / "resnet18.yaml", batch_size=1)
    model.load_parameters(arrays_of(first))
    second.load_state_dict({path: torch.from_numpy(array) for path, array in model.parameters.items()})
    for path, array in arrays_of(first).items():
        np.testing.assert_array_equal(second.state_dict()[path].numpy(), array, err_msg=path)


def test_tensors_are_taken_as_they_are() -> None:
    pair = Pair(TRAINED["mlp"], "float32")
    torch.manual_seed(5)
    other = TRAINED["mlp"].oracle()
    pair.model.load_parameters(other.state_dict())
    np.testing.assert_array_equal(pair.model.parameters["linear1.weight"], other.linear1.weight.detach().numpy())


def test_batches_are_counted() -> None:
    pair = Pair(TRAINED["digits"], "float32")
    for _ in range(3):
        pair.model.train_step(pair.batch)
        pair.oracle_step()
    assert pair.model.parameters["block2.bn.num_batches_tracked"] == 3
    assert pair.oracle.state_dict()["block2.bn.num_batches_tracked"] == 3


def test_a_state_dict_of_another_network_is_refused() -> None:
    model = gn.compile(SPECS / "basics" / "mlp.yaml", batch_size=1)
    before = dict(model.parameters)
    with pytest.raises(gn.SpecError, match="do not fit"):
        model.load_parameters(arrays_of(TRAINED["lenet5"].oracle()))
    for path, array in before.items():
        np.testing.assert_array_equal(model.parameters[path], array)
