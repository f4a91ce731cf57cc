"""What is compared: the same training step, or prediction, by graphnet and by PyTorch in its several ways.

Every contestant starts from the same weights and NumPy arrays and gives the loss (of a training step) as a float.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from counterparts import make_counterpart

import graphnet
from graphnet.model import Model
from graphnet.network import Network
from graphnet.testing.batches import random_batch

Array = np.ndarray[Any, Any]
Batch = Mapping[str, Array]

SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}
"""The optimizer of every contestant."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's mallopt


@dataclass(frozen=True)
class Contestant:
    """One way to make the step.

    Attributes:
        step: makes it, and returns the loss of a training step, or 0.
    """

    name: str
    step: Callable[[], float]


def float32_batch(network: Network, samples: int) -> dict[str, Array]:
    """A random batch for a network: numbers in float32, and what is counted as it is."""
    batch = random_batch(network.graph, samples)
    return {name: array.astype(np.float32) if array.dtype.kind == "f" else array for name, array in batch.items()}


def graphnet_model(network: Network, batch: int, threads: int) -> Model:
    """The network, compiled for the comparison, with weights that are its own."""
    network.train = None  # it may start from a file
    return graphnet.compile(network, batch_size=batch, threads=threads, optimizer={"sgd": SGD}, gradient_clip=None)


def graphnet_contestant(model: Model, batch: Batch, *, train: bool) -> Contestant:
    """A step of a compiled network."""
    if train:
        return Contestant("graphnet", lambda: model.train_step(batch))
    inputs = {value.name: batch[value.name] for value in model.graph.inputs}

    def predict() -> float:
        model.predict(inputs)
        return 0.0

    return Contestant("graphnet", predict)


def torch_contestants(
    network: Network, weights: Mapping[str, Array], batch: Batch, threads: int, *, train: bool, compiled: bool = True
) -> Iterator[Contestant]:
    """PyTorch's ways: eager, channels_last where there are images, and each of them through torch.compile.

    Args:
        network: whose counterpart to run.
        weights: to start from, by path.
        batch: inputs, then one target of labels.
        threads: of PyTorch's operators.
        train: whether to make a training step, with the fused SGD; else a prediction.
        compiled: whether to try torch.compile.
    """
    import torch  # noqa: PLC0415 - graphnet can be measured without it

    torch.set_num_threads(threads)
    keep_freed_memory()
    images = any(batch[value.name].ndim == 4 for value in network.graph.inputs)
    for is_compiled in (False, True) if compiled else (False,):
        for form in [torch.contiguous_format, *([torch.channels_last] if images else [])]:
            names = [
                "compile" if is_compiled else "eager",
                *(["channels_last"] if form is torch.channels_last else []),
            ]
            model = make_counterpart(network.name, network.params)
            model.load_state_dict({path: torch.from_numpy(np.asarray(array)) for path, array in weights.items()})
            model = model.to(memory_format=form).train(train)
            forward = torch.compile(model) if is_compiled else model
            make = _training_step if train else _prediction
            yield Contestant(f"PyTorch {', '.join(names)}", make(torch, network, model, forward, form, batch))


def _training_step(
    torch: Any, network: Network, model: Any, forward: Any, form: Any, batch: Batch
) -> Callable[[], float]:
    optimizer = torch.optim.SGD(model.parameters(), **SGD, fused=True)
    loss_of = torch.nn.functional.cross_entropy
    (target,) = (value.name for value in network.graph.targets)
    labels = batch[target].astype(np.int64)

    def step() -> float:
        loss = loss_of(forward(*_inputs(torch, network, form, batch)), torch.from_numpy(labels))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss.item())

    return step


def _prediction(torch: Any, network: Network, model: Any, forward: Any, form: Any, batch: Batch) -> Callable[[], float]:
    def step() -> float:
        with torch.inference_mode():
            forward(*_inputs(torch, network, form, batch)).numpy()
        return 0.0

    return step


def _inputs(torch: Any, network: Network, form: Any, batch: Batch) -> list[Any]:
    """The arrays as tensors, without a copy where the memory format is NumPy's."""
    tensors = (torch.from_numpy(batch[value.name]) for value in network.graph.inputs)
    return [t.contiguous(memory_format=form) if t.dim() == 4 else t for t in tensors]


def keep_freed_memory() -> None:
    """Tell glibc to keep what is freed for the next step, which spares PyTorch most of its page faults."""
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.mallopt(_MMAP_THRESHOLD, 1 << 30)
        library.mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
