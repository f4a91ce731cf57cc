"""constant: the learning rate as it is."""

from __future__ import annotations

from graphnet.ir.definitions import SCHEDULES
from graphnet.ir.learning_rate import Clock, LearningRateSchedule


@SCHEDULES.register("constant")
class Constant(LearningRateSchedule):
    """Factor 1 throughout, after the warm-up if there is one.

    Example:
        `schedule: constant` or `schedule: {constant: {warmup_epochs: 2}}`
    """

    def curve(self, clock: Clock) -> float:
        return 1.0
