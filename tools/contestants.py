"""What is compared: the same training step, or prediction, by graphnet and by its rivals.

Every contestant starts from the same weights and NumPy arrays and gives an array: the loss, or the prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import graphnet
from graphnet.model import Model
from graphnet.network import Network
from graphnet.ops.families.dropping import Dropping
from graphnet.testing.batches import random_batch

Array = np.ndarray[Any, Any]
Batch = Mapping[str, Array]
Step = Callable[[], Array]

SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 5e-4}
"""The optimizer of every contestant."""


@dataclass(frozen=True)
class Contestant:
    """One way to make the step.

    Attributes:
        step: makes it, and returns the loss of a training step, or the first output of a prediction.
    """

    name: str
    step: Step


def float32_batch(network: Network, samples: int) -> dict[str, Array]:
    """A random batch for a network: numbers in float32, and what is counted as it is."""
    batch = random_batch(network.graph, samples)
    return {name: array.astype(np.float32) if array.dtype.kind == "f" else array for name, array in batch.items()}


def graphnet_model(network: Network, batch: int, threads: int) -> Model:
    """The network, compiled for the comparison, with weights that are its own."""
    network.train = None  # it may start from a file
    return graphnet.compile(network, batch_size=batch, threads=threads, optimizer={"sgd": SGD}, gradient_clip=None)


def graphnet_contestant(model: Model, batch: Batch, *, train: bool, threads: int | None = None) -> Contestant:
    """A step of a compiled network.

    Args:
        model: the compiled network.
        batch: inputs and targets.
        train: whether to make a training step; else a prediction.
        threads: that run it; by default as the model was compiled for.
    """
    workers = threads or model.threads
    inputs = {value.name: batch[value.name] for value in model.graph.inputs}

    def step() -> Array:
        model.threads = workers
        return np.asarray(model.train_step(batch)) if train else next(iter(model.predict(inputs).values()))

    return Contestant("graphnet", step)


def drops_at_random(network: Network) -> bool:
    """Whether a training step draws random numbers, which no two frameworks share."""
    return any(isinstance(node.op, Dropping) and node.op.p > 0 for node in network.graph.nodes)
