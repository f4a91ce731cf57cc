"""What training asks of a compiled module."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

from graphnet.core.source import SourceSpan
from graphnet.ir.graph import Graph
from graphnet.ir.optimizer import Optimizer

Array = np.ndarray[Any, Any]
Batch = Mapping[str, Array]


class HasGraph(Protocol):
    """A network, as far as training looks at it."""

    @property
    def graph(self) -> Graph:
        """The network with its inputs, targets, parameters and metrics, as the user wrote it."""
        ...


class TrainableModule(Protocol):
    """A compiled network that can be trained.

    Attributes:
        step: updates made so far. Random layers draw from (seed, step, place), so setting it resumes their numbers.
    """

    step: int

    @property
    def network(self) -> HasGraph: ...

    @property
    def batch_size(self) -> int:
        """The most samples a batch may have."""
        ...

    @property
    def parameters(self) -> Mapping[str, Array]:
        """Copies of parameters and buffers by path, in PyTorch's layouts."""
        ...

    def load_parameters(self, arrays: Mapping[str, Array], strict: bool = True) -> None:
        """Set parameters and buffers by path."""
        ...

    def set_optimizer(self, optimizer: Optimizer, gradient_clip: float | None = None) -> None:
        """Choose the update. An optimizer other than the one at work starts with fresh states.

        Args:
            optimizer: with its settings and groups.
            gradient_clip: largest global norm of the gradients, after accumulation.
        """
        ...

    def set_hyper(self, *, lr: float) -> None:
        """Set the scheduled learning rate of the steps to come."""
        ...

    def optimizer_state(self) -> Mapping[str, Array]:
        """Copies of all that the optimizer keeps between steps, by name, its own count of steps included."""
        ...

    def load_optimizer_state(self, arrays: Mapping[str, Array]) -> None:
        """Set what `optimizer_state` gave."""
        ...

    def prepare(self, purpose: str) -> object:
        """Compile now what would be compiled at its first use: `train`, `accumulate`, `apply` or `evaluate`."""
        ...

    def train_step(self, batch: Batch) -> float:
        """One update with the gradients of a batch; returns the loss before it.

        If the loss is not finite, parameters, buffers and states stay as they are.
        """
        ...

    def evaluate_batch(self, batch: Batch) -> tuple[float, Mapping[str, Array]]:
        """The loss, in inference mode, and the values that metrics read by name; targets need not be among them."""
        ...

    def first_nonfinite(self, batch: Batch) -> tuple[str, SourceSpan | None] | None:
        """The first layer whose output for a batch is not finite, and where it was written."""
        ...


@runtime_checkable
class AccumulatingModule(Protocol):
    """A module that can make one update of the gradients of several batches."""

    def accumulate_step(self, batch: Batch, share: float, *, last: bool) -> float:
        """Add `share` times the gradients of a batch; with the last one, update. Returns the batch's loss.

        Args:
            batch: samples.
            share: the part of the update's samples that the batch holds; shares of an update add up to 1.
            last: whether the update follows.
        """
        ...
