"""A network twice: compiled by graphnet from its spec, and as a module of PyTorch, with the same weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import graphnet as gn
from graphnet.compiler import Purpose, graph_for
from graphnet.ir.graph import Graph, Value
from graphnet.model import Model
from graphnet.testing.batches import random_batch
from graphnet.testing.evaluate import evaluate, uniform
from graphnet.transforms.lower import lower
from graphnet.transforms.simplify import simplify

Array = np.ndarray[Any, Any]
Loss = Callable[..., Tensor]
"""The loss of a module, for its inputs and then its targets."""
Outputs = Callable[..., tuple[Tensor, ...]]
"""What a module predicts from its inputs, in the order of the spec's outputs."""

SPECS = Path(__file__).parents[2] / "specs"


def cross_entropy(module: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
    """The mean loss of a classifier, of images or of pixels."""
    return nn.functional.cross_entropy(module(inputs), labels)


def only_output(module: nn.Module, *inputs: Tensor) -> tuple[Tensor, ...]:
    """What a module gives."""
    return (module(*inputs),)


@dataclass(frozen=True)
class Case:
    """A network to compare.

    Attributes:
        spec: its path below `specs`.
        oracle: makes the module of PyTorch.
        samples: of a batch; the compiled model could take `room` more.
        params: of the spec.
        loss: what the spec minimises; None if nothing.
        outputs: what the spec predicts.
        seed: of the weights and the batch. A rectifier's input within rounding of zero may fall on either side in
            float32, and one element's gradient with it; for these seeds none lies below 1e-5.
        rate: at which it learns.
        rounded_steps: of training that are compared in float32. Some time a rectifier's input does fall on the other
            side of zero, and with few elements to a normalisation all numbers change from then on.
    """

    spec: str
    oracle: Callable[[], nn.Module]
    samples: int
    room: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    loss: Loss | None = cross_entropy
    outputs: Outputs = only_output
    seed: int = 0
    rate: float = 0.01
    rounded_steps: int = 10


class Pair:
    """Both models of a case, with equal weights.

    Args:
        dtype: `float32` or `float64`.
        optimizer: the settings of SGD, which both know by the same names.
        is_compiled: whether graphnet's predictions and gradients are those of compiled kernels. Otherwise they are
            those of a direct evaluation in float64, which is soon done for networks of many different kernels.
    """

    def __init__(
        self, case: Case, dtype: str, optimizer: Mapping[str, Any] | None = None, *, is_compiled: bool = True
    ) -> None:
        self.case, self.dtype, self.is_compiled = case, getattr(torch, dtype), is_compiled
        settings = {"lr": case.rate, **(optimizer or {})}
        network = gn.load(SPECS / case.spec, **case.params)
        network.train = None  # it may start from a file of weights
        self.model: Model = gn.compile(
            network, batch_size=case.samples + case.room, dtype=dtype, optimizer={"sgd": settings}
        )
        torch.manual_seed(case.seed)
        self.oracle = case.oracle().to(self.dtype)
        _spread_statistics(self.oracle)
        _share_dropout(self.oracle, self.model)
        if case.loss is not None:  # else all numbers are the spec's
            self.model.load_parameters(arrays_of(self.oracle))
        self.optimizer = torch.optim.SGD(self.oracle.parameters(), **settings) if case.loss else None
        given = random_batch(self.model.graph, case.samples, seed=case.seed)
        self.batch: dict[str, Array] = {
            name: array.astype(dtype) if array.dtype.kind == "f" else array for name, array in given.items()
        }
        tensors = {name: torch.from_numpy(array) for name, array in self.batch.items()}
        whole = {name: tensor if tensor.is_floating_point() else tensor.long() for name, tensor in tensors.items()}
        self.inputs = [whole[value.name] for value in self.model.graph.inputs]
        self.targets = [whole[value.name] for value in self.model.graph.targets]

    def outputs(self) -> list[Array]:
        """graphnet's predictions."""
        if self.is_compiled:
            return list(self.model.predict({v.name: self.batch[v.name] for v in self.model.graph.inputs}).values())
        graph, known = self._evaluated("predict")
        return [known[value] for value in graph.outputs.values()]

    def loss_and_gradients(self) -> tuple[float, dict[str, Array]]:
        """graphnet's loss in training mode, and the gradients of the trained parameters."""
        if self.is_compiled:
            return self.model.loss_and_gradients(self.batch)
        graph, known = self._evaluated("gradients")
        return float(known[graph.outputs["loss"]]), {path: known[value] for path, value in graph.gradients.items()}

    def _evaluated(self, purpose: Purpose) -> tuple[Graph, dict[Value, Array]]:
        """What a purpose needs of the network, lowered and simplified, and the arrays of all its values."""
        graph = simplify(lower(graph_for(self.model.graph, purpose), training=purpose == "gradients"))
        bindings = {value: self.batch[value.name] for value in (*graph.inputs, *graph.targets)}
        bindings |= {parameter.value: self.model.parameters[parameter.path] for parameter in graph.parameters}
        known = evaluate(graph.nodes, bindings, self.case.samples, seed=self.model.seed, step=self.model.step)
        return graph, known

    def oracle_outputs(self) -> list[Array]:
        """PyTorch's predictions."""
        with torch.no_grad():
            return [output.numpy() for output in self.case.outputs(self.oracle.eval(), *self.inputs)]

    def oracle_loss(self) -> Tensor:
        """PyTorch's loss in training mode."""
        assert self.case.loss is not None
        return self.case.loss(self.oracle.train(), *self.inputs, *self.targets)

    def oracle_step(self) -> float:
        """One update by PyTorch; the loss before it."""
        assert self.optimizer is not None
        self.optimizer.zero_grad()
        loss = self.oracle_loss()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return float(loss.item())


class SharedDropout(nn.Module):
    """Drops the elements that a model of graphnet drops in its next step.

    Args:
        p: the probability of an element to be dropped.
        model: whose next step is meant.
        stream: the number of the model's dropout layer, from 1 on.
    """

    def __init__(self, p: float, model: Model, stream: int) -> None:
        super().__init__()
        self.p, self.model, self.stream = p, model, stream

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        numbers = uniform(self.model.seed, self.model.step, self.stream, np.arange(x.numel()))
        kept = (numbers >= self.p) / (1 - self.p)
        return x * torch.from_numpy(kept.reshape(x.shape)).to(x.dtype)


def arrays_of(module: nn.Module) -> dict[str, Array]:
    """Copies of a module's parameters and buffers."""
    return {path: tensor.detach().numpy().copy() for path, tensor in module.state_dict().items()}


def relative_error(found: Array, wanted: Array, floor: float = 0.0) -> float:
    """The norm of the difference, in parts of the wanted array's norm, or of `floor` where that is larger."""
    return float(np.linalg.norm(np.subtract(found, wanted, dtype=np.float64)) / max(np.linalg.norm(wanted), floor))


def _spread_statistics(module: nn.Module) -> None:
    """Give normalisation layers numbers that differ from channel to channel, as if they had been trained."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None and layer.running_var is not None
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.1)
            nn.init.normal_(layer.running_mean, std=0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)


def _share_dropout(module: nn.Module, model: Model) -> None:
    """Have a module drop the elements that a model of graphnet drops; both have these layers in the same order."""
    paths = [
        path for path, layer in module.named_modules() if isinstance(layer, nn.Dropout)
    ]  # not those of whole channels
    for stream, path in enumerate(paths, 1):
        parent, _, name = path.rpartition(".")
        layer = module.get_submodule(path)
        setattr(module.get_submodule(parent), name, SharedDropout(layer.p, model, stream))
