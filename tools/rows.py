"""The rows of the benchmark: networks with their batches, and how fast each must be beside the fastest rival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SPECS = Path(__file__).parents[1] / "specs"


@dataclass(frozen=True)
class Goal:
    """How many times as long the fastest rival takes.

    Attributes:
        least: below it, the row fails.
        aim: what there is to reach.
    """

    least: float
    aim: float

    def verdict(self, ratio: float | None) -> str:
        """`aim`, `least`, `missed` or `not compared`."""
        if ratio is None:
            return "not compared"
        return "aim" if ratio >= self.aim else "least" if ratio >= self.least else "missed"


@dataclass(frozen=True)
class Row:
    """What to measure.

    Attributes:
        spec: its path.
        batch: samples of a step.
        params: of the spec.
        goal: None where there is no claim.
    """

    spec: str
    batch: int
    params: Mapping[str, Any] = field(default_factory=dict)
    goal: Goal | None = None


def _row(spec: str, batch: int, least: float, aim: float, **params: Any) -> Row:
    return Row(str(SPECS / f"{spec}.yaml"), batch, params, Goal(least, aim))


TRAINING: Mapping[str, Row] = {
    "mlp": _row("basics/mlp", 64, 1.5, 2.2),
    "lenet5": _row("lenet/lenet5", 64, 4.0, 8.0),
    "alexnet": _row("alexnet/alexnet", 32, 1.2, 1.7),
    "vgg16": _row("vgg/vgg16", 8, 2.0, 3.0),
    "googlenet": _row("googlenet/googlenet", 16, 1.3, 1.8),
    "resnet18": _row("resnet/resnet18", 16, 1.5, 2.2),
    "resnet50": _row("resnet/resnet50", 16, 1.3, 1.7),
    "resnext50_32x4d": _row("resnet/resnext50_32x4d", 8, 1.3, 2.0),
    "densenet121": _row("densenet/densenet121", 8, 1.3, 1.8),
    "mobilenet_v2": _row("mobilenet/mobilenet_v2", 16, 1.3, 2.5),
    "unet_padded": _row("unet/unet_padded", 2, 2.0, 3.0, size=256),
}
"""Training steps, by the network's name."""

PREDICTION = Goal(1.0, 1.5)
PREDICTION_BATCHES = (1, 32)

DEFAULT = ("lenet5", "mlp")
DEFAULT_BATCH = 64


def chosen(
    names: Sequence[str], *, predict: bool = False, batch: int | None = None, params: Mapping[str, Any] | None = None
) -> list[Row]:
    """The rows that were asked for.

    A row with another batch or other params than its own has no goal, and no more has a spec that is no row.

    Args:
        names: of rows, or paths of specs.
        predict: whether predictions are meant, each network at two batches.
        batch: takes the place of a row's own.
        params: take the place of a row's own.

    Raises:
        ValueError: a name is no row's, nor is it a file.
    """
    rows = []
    for name in names:
        known = TRAINING.get(name)
        if known is None and not Path(name).is_file():
            raise ValueError(f"'{name}' is no file, and no row: {', '.join(TRAINING)}")
        row = known or Row(name, DEFAULT_BATCH)
        goal = None if known is None or batch or params else PREDICTION if predict else known.goal
        own = PREDICTION_BATCHES if predict and known else (row.batch,)
        rows += [Row(row.spec, size, {**row.params, **(params or {})}, goal) for size in ([batch] if batch else own)]
    return rows
