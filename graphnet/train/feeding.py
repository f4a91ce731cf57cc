"""Batches for a network: read, augmented and, where that takes time, made ready while the step before runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from graphnet.train.augmenting import Pipeline
from graphnet.train.dataset import Dataset
from graphnet.train.module import Array, Batch


def training_batches(
    data: Dataset, pipeline: Pipeline, parts: Iterable[Array], epoch: int
) -> Generator[Batch, None, None]:
    """Batches to train on.

    Args:
        data: where they come from.
        pipeline: what they go through.
        parts: places in the data, for each batch.
        epoch: in which they are used.
    """

    def made(places: Array) -> Batch:
        return pipeline.for_training(data.batch(places), data.rows[places], epoch)

    return _made(made, parts, ahead=pipeline.changes_training or data.is_read_late)


def judging_batches(data: Dataset, pipeline: Pipeline, size: int) -> Generator[Batch, None, None]:
    """Batches to judge a network by: all samples in their order, `size` at a time; the last may be smaller."""

    def made(places: Array) -> Batch:
        return pipeline.for_judging(data.batch(places), data.rows[places])

    parts = (np.arange(start, min(start + size, len(data))) for start in range(0, len(data), size))
    return _made(made, parts, ahead=pipeline.changes_judging or data.is_read_late)


def _made(make: Callable[[Array], Batch], parts: Iterable[Array], *, ahead: bool) -> Generator[Batch, None, None]:
    """What is made of parts; with `ahead`, each in a thread, while the one before is in use."""
    if not ahead:
        yield from map(make, parts)
        return
    waiting: deque[Future[Batch]] = deque()
    worker = ThreadPoolExecutor(1, thread_name_prefix="graphnet-batches")
    try:
        for part in parts:
            waiting.append(worker.submit(make, part))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        worker.shutdown(cancel_futures=True)
