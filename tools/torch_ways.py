"""PyTorch's ways to make the step: eager or compiled, contiguous or channels_last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from contestants import SGD, Array, Batch, Contestant, Step
from counterparts import make_counterpart
from torch import Tensor, nn

from graphnet.network import Network


def torch_contestants(
    network: Network, weights: Mapping[str, Array] | None, batch: Batch, threads: int, *, train: bool, compiled: bool
) -> Iterator[Contestant]:
    """PyTorch's ways: eager, channels_last where there are images, and each of them through torch.compile.

    Args:
        network: whose counterpart to run.
        weights: to start from, by path.
        batch: inputs, then one target of labels.
        threads: of PyTorch's operators.
        train: whether to make a training step, with the fused SGD; else a prediction.
        compiled: whether to try torch.compile.

    Raises:
        NoCounterpartError: PyTorch has no such network.
    """
    forms = [False, True] if any(batch[value.name].ndim == 4 for value in network.graph.inputs) else [False]
    for is_compiled in (False, True) if compiled else (False,):
        for channels_last in forms:
            yield torch_contestant(
                network, weights, batch, threads, train=train, compiled=is_compiled, channels_last=channels_last
            )


def torch_contestant(
    network: Network, weights: Mapping[str, Array] | None, batch: Batch, threads: int, *, train: bool,
    compiled: bool = False, channels_last: bool = False,
) -> Contestant:  # fmt: skip
    """One of PyTorch's ways.

    Args:
        weights: to start from; None for weights of its own.
        compiled: whether torch.compile makes the step.
        channels_last: the order of images in memory.

    Raises:
        NoCounterpartError: PyTorch has no such network.
    """
    torch.set_num_threads(threads)
    name = f"PyTorch {'compile' if compiled else 'eager'}{', channels_last' if channels_last else ''}"
    form = torch.channels_last if channels_last else torch.contiguous_format
    module = torch_module(network, weights).to(memory_format=form).train(train)
    forward = torch.compile(module) if compiled else module
    make = _training_step if train else _prediction
    return Contestant(name, make(network, module, forward, form, batch))


def torch_module(network: Network, weights: Mapping[str, Array] | None) -> nn.Module:
    """The counterpart of a network, with these weights."""
    module = make_counterpart(network.name, network.params)
    if weights is not None:
        module.load_state_dict({path: torch.from_numpy(np.asarray(array)) for path, array in weights.items()})
    return module


def _training_step(
    network: Network, module: nn.Module, forward: Callable[..., Tensor], form: torch.memory_format, batch: Batch
) -> Step:
    optimizer = torch.optim.SGD(module.parameters(), **SGD, fused=True)
    (target,) = (value.name for value in network.graph.targets)
    labels = torch.from_numpy(batch[target].astype(np.int64))

    def step() -> Array:
        loss = nn.functional.cross_entropy(forward(*tensors_of(network, form, batch)), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return np.asarray(loss.item())

    return step


def _prediction(
    network: Network, module: nn.Module, forward: Callable[..., Tensor], form: torch.memory_format, batch: Batch
) -> Step:
    def step() -> Array:
        with torch.inference_mode():
            found: Array = forward(*tensors_of(network, form, batch)).numpy()
        return found

    return step


def tensors_of(network: Network, form: torch.memory_format, batch: Batch) -> list[Any]:
    """The input arrays as tensors, without a copy where the memory format is NumPy's."""
    tensors = (torch.from_numpy(batch[value.name]) for value in network.graph.inputs)
    return [t.contiguous(memory_format=form) if t.dim() == 4 else t for t in tensors]
