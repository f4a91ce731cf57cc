"""Parameters under torchvision's names, and to and from PyTorch's state_dict."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import graphnet as gn  # noqa: E402 - after the check that PyTorch is there

from .models.resnet18 import ResNet18  # noqa: E402
from .pairs import CASES, SPECS, Pair, arrays_of  # noqa: E402

pytestmark = pytest.mark.oracle

Shapes = dict[str, tuple[int, ...]]


def torchvision_shapes() -> Shapes:
    """The paths and shapes of torchvision's `resnet18().state_dict()`, as recorded from torchvision 0.29."""
    lines = Path(__file__).with_name("models").joinpath("torchvision_resnet18.txt").read_text().splitlines()
    pairs = (line.split() for line in lines)
    return {path: () if shape == "scalar" else tuple(map(int, shape.split("x"))) for path, shape in pairs}


def test_the_hand_written_resnet18_has_torchvisions_state_dict() -> None:
    found = {path: tuple(tensor.shape) for path, tensor in ResNet18().state_dict().items()}
    assert list(found.items()) == list(torchvision_shapes().items())


def test_resnet18_has_torchvisions_state_dict() -> None:
    network = gn.load(SPECS / "resnet" / "resnet18.yaml")
    found = {p.path: tuple(p.spec.shape) for p in network.graph.parameters}
    assert list(found.items()) == list(torchvision_shapes().items())


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
    pair = Pair(CASES["mlp"], "float32")
    torch.manual_seed(5)
    other = CASES["mlp"].oracle()
    pair.model.load_parameters(other.state_dict())
    np.testing.assert_array_equal(pair.model.parameters["linear1.weight"], other.linear1.weight.detach().numpy())


def test_batches_are_counted() -> None:
    pair = Pair(CASES["digits"], "float32")
    for _ in range(3):
        pair.model.train_step(pair.batch)
        pair.oracle_step()
    assert pair.model.parameters["block2.bn.num_batches_tracked"] == 3
    assert pair.oracle.state_dict()["block2.bn.num_batches_tracked"] == 3


def test_a_state_dict_of_another_network_is_refused() -> None:
    model = gn.compile(SPECS / "basics" / "mlp.yaml", batch_size=1)
    before = dict(model.parameters)
    with pytest.raises(gn.SpecError, match="do not fit"):
        model.load_parameters(arrays_of(CASES["lenet5"].oracle()))
    for path, array in before.items():
        np.testing.assert_array_equal(model.parameters[path], array)
