"""Loss and metrics over a data set."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.ir.data import demand_of
from graphnet.ir.graph import Metric
from graphnet.ir.metric import Measured
from graphnet.train.augmenting import Pipeline
from graphnet.train.dataset import Dataset
from graphnet.train.feeding import judging_batches
from graphnet.train.module import Array, Batch, TrainableModule


def evaluate(
    module: TrainableModule, data: Dataset, pipeline: Pipeline | None = None, *, tables: bool = True
) -> dict[str, Measured]:
    """The mean loss over all samples, and each metric, in inference mode.

    Args:
        module: is judged.
        data: by which.
        pipeline: what the data goes through before, if anything.
        tables: whether to measure what is a table, too.

    Returns:
        `loss`, and the metrics by their names.
    """
    metrics = [m for m in module.network.graph.metrics if tables or m.definition.higher_is_better is not None]
    pipeline = pipeline or Pipeline((), demand_of(module.network.graph))
    states: dict[str, Array] = {}
    total = 0.0
    for batch in judging_batches(data, pipeline, module.batch_size):
        loss, values = module.evaluate_batch(batch)
        total += loss * len(next(iter(batch.values())))
        for metric in metrics:
            states[metric.name] = _updated(metric, states.get(metric.name), values, batch)
    results: dict[str, Measured] = {metric.name: metric.definition.result(states[metric.name]) for metric in metrics}
    return {"loss": total / len(data), **results}


def _updated(metric: Metric, state: Array | None, values: Mapping[str, Array], batch: Batch) -> Array:
    *predictions, target = (values[v.name] if v.name in values else batch[v.name] for v in metric.values)
    updated: Array = metric.definition.update(state, *predictions, target=target)
    return updated
