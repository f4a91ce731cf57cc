"""A run while it goes on: what callbacks see, and what a checkpoint keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from graphnet.frontend.training import TrainConfig
from graphnet.ir.graph import Graph
from graphnet.train.augmenting import Pipeline
from graphnet.train.dataset import Dataset
from graphnet.train.history import History, Row
from graphnet.train.module import Array, TrainableModule


@dataclass(frozen=True)
class Plan:
    """The length of a run.

    Attributes:
        samples: in the training data.
        batch_size: samples of a batch.
        accumulate: batches of an update.
        total_steps: updates in all.
        epochs: epochs that are at least begun.
    """

    samples: int
    batch_size: int
    accumulate: int
    total_steps: int
    epochs: int

    @classmethod
    def of(cls, config: TrainConfig, samples: int) -> Plan:
        per_update = config.batch_size * config.accumulate
        return cls(samples, config.batch_size, config.accumulate, *config.duration(-(-samples // per_update)))

    @property
    def per_update(self) -> int:
        """Samples of an update; the last one of an epoch may have fewer."""
        return self.batch_size * self.accumulate

    def parts(self, order: Array, position: int) -> Iterator[Array]:
        """The batches of an epoch.

        Args:
            order: the places of all samples.
            position: updates of the epoch that were made already.
        """
        for update in range(position * self.per_update, self.samples, self.per_update):
            end = min(update + self.per_update, self.samples)
            for start in range(update, end, self.batch_size):
                yield order[start : min(start + self.batch_size, end)]

    @property
    def steps_per_epoch(self) -> int:
        return -(-self.samples // self.per_update)


@dataclass
class Progress:
    """Where a run stands; with the module's own state, all that it takes to go on exactly.

    Attributes:
        epoch: the running epoch, from 0.
        position: updates made in it.
        step: updates made in all.
        loss_sum: of the running epoch's samples.
        seen: samples of the running epoch.
        seconds: that the running epoch's training took.
        lr: learning rate of the last step.
    """

    epoch: int = 0
    position: int = 0
    step: int = 0
    loss_sum: float = 0.0
    seen: int = 0
    seconds: float = 0.0
    lr: float = 0.0

    @property
    def mean_loss(self) -> float:
        """Of the running epoch so far."""
        return self.loss_sum / self.seen

    def next_epoch(self) -> None:
        self.epoch, self.position = self.epoch + 1, 0
        self.loss_sum, self.seen, self.seconds = 0.0, 0, 0.0


@dataclass
class Run:
    """A run of `fit`.

    Attributes:
        module: is trained.
        config: how.
        data: what with.
        validation: what it is judged by, if anything.
        pipeline: what samples go through on their way to the module.
        plan: how long.
        progress: how far.
        history: what was reported.
        out: the folder that receives files, if any.
    """

    module: TrainableModule
    config: TrainConfig
    data: Dataset
    validation: Dataset | None
    pipeline: Pipeline
    plan: Plan
    out: Path | None = None
    progress: Progress = field(default_factory=Progress)
    history: History = field(default_factory=History)

    @property
    def graph(self) -> Graph:
        return self.module.network.graph

    @property
    def is_done(self) -> bool:
        return self.progress.step >= self.plan.total_steps or self.history.stopped is not None

    def stop(self, reason: str) -> None:
        """End the run after the running epoch's callbacks."""
        self.history.stopped = reason


class Callback:
    """Something that happens along a run; each method does nothing unless it is overridden."""

    def started(self, run: Run) -> None:
        """Before the first step, after a checkpoint was loaded."""

    def stepped(self, run: Run) -> None:
        """After each update."""

    def epoch_ended(self, run: Run, row: Row) -> None:
        """After each epoch; `row` is the last one of the history."""

    def finished(self, run: Run) -> None:
        """At the end, also an early one; not after an error."""

    def closed(self) -> None:
        """At the very end, after an error too."""
