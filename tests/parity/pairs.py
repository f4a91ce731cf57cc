"""A network twice: compiled by graphnet from its spec, and written by hand in PyTorch, with the same weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import graphnet as gn
from graphnet.model import Model
from graphnet.testing.evaluate import uniform

from .models.digits import Digits
from .models.lenet5 import LeNet5
from .models.mlp import MLP
from .models.resnet18 import ResNet18

Array = np.ndarray[Any, Any]

SPECS = Path(__file__).parents[2] / "specs"
FIRST_STREAM = 1
"""The number of the first random layer's stream."""


@dataclass(frozen=True)
class Case:
    """A network to compare.

    Attributes:
        spec: its path below `specs`.
        oracle: makes the model in PyTorch.
        samples: of a batch; the compiled model could take `room` more.
        dropout: the probability of the model's one dropout layer, and how many elements of a sample it sees.
        seed: of the weights and the batch. A rectifier's input within rounding of zero may fall on either side in
            float32, and one element's gradient with it; for these seeds none lies below 1e-5.
    """

    spec: str
    oracle: Callable[[], nn.Module]
    samples: int
    room: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    dropout: tuple[float, int] | None = None
    seed: int = 0


CASES = {
    "mlp": Case("basics/mlp.yaml", MLP, samples=7, room=4),
    "lenet5": Case("lenet/lenet5.yaml", LeNet5, samples=7, room=4),
    "digits": Case("digits.yaml", Digits, samples=11, room=2, dropout=(0.3, 256), seed=47),
    "resnet18": Case("resnet/resnet18.yaml", ResNet18, samples=3, params={"size": 64}, seed=200),
}


class Pair:
    """Both models of a case, with equal weights.

    Args:
        dtype: `float32` or `float64`.
        optimizer: the settings of SGD, which both know by the same names.
    """

    def __init__(self, case: Case, dtype: str, optimizer: Mapping[str, Any] | None = None) -> None:
        self.case, self.dtype = case, getattr(torch, dtype)
        settings = {"lr": 0.01, **(optimizer or {})}
        self.model: Model = gn.compile(
            SPECS / case.spec, batch_size=case.samples + case.room, dtype=dtype, optimizer={"sgd": settings},
            **case.params,
        )  # fmt: skip
        torch.manual_seed(case.seed)
        self.oracle = case.oracle().to(self.dtype)
        _spread_statistics(self.oracle)
        self.model.load_parameters(arrays_of(self.oracle))
        self.optimizer = torch.optim.SGD(self.oracle.parameters(), **settings)
        rng = np.random.default_rng(case.seed)
        (image,) = self.model.graph.inputs
        shape = (case.samples, *image.type.sample_shape)
        classes = next(iter(self.model.graph.outputs.values())).type.size
        self.batch: dict[str, Array] = {
            image.name: rng.standard_normal(shape).astype(dtype),
            "label": rng.integers(0, classes, case.samples, np.int32),
        }
        self.image = torch.from_numpy(self.batch[image.name])
        self.label = torch.from_numpy(self.batch["label"]).long()

    def oracle_output(self) -> Array:
        """PyTorch's prediction."""
        with torch.no_grad():
            return np.asarray(self.oracle.eval()(self.image))

    def oracle_loss(self) -> Tensor:
        """PyTorch's loss in training mode, with the elements dropped that graphnet drops in its next step."""
        given = [self.image]
        if self.case.dropout is not None:
            probability, features = self.case.dropout
            counters = np.arange(self.case.samples * features)
            numbers = uniform(self.model.seed, self.model.step, FIRST_STREAM, counters)
            kept = (numbers >= probability).reshape(-1, features) / (1 - probability)
            given.append(torch.from_numpy(kept).to(self.dtype))
        return nn.functional.cross_entropy(self.oracle.train()(*given), self.label)

    def oracle_step(self) -> float:
        """One update by PyTorch; the loss before it."""
        self.optimizer.zero_grad()
        loss = self.oracle_loss()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return float(loss.item())


def arrays_of(module: nn.Module) -> dict[str, Array]:
    """Copies of a module's parameters and buffers."""
    return {path: tensor.detach().numpy().copy() for path, tensor in module.state_dict().items()}


def relative_error(found: Array, wanted: Array) -> float:
    """The norm of the difference, in parts of the wanted array's norm."""
    return float(np.linalg.norm(np.subtract(found, wanted, dtype=np.float64)) / np.linalg.norm(wanted))


def _spread_statistics(module: nn.Module) -> None:
    """Give normalisation layers numbers that differ from channel to channel, as if they had been trained."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None and layer.running_var is not None
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.1)
            nn.init.normal_(layer.running_mean, std=0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
