"""exponential: the learning rate falls by the same factor each epoch."""

from __future__ import annotations

from graphnet.ir.definitions import SCHEDULES
from graphnet.ir.learning_rate import Clock, LearningRateSchedule
from graphnet.ir.settings import PositiveNumber


@SCHEDULES.register("exponential", primary="gamma")
class Exponential(LearningRateSchedule):
    """gamma ^ epoch.

    Example:
        `schedule: {exponential: 0.95}`

    Attributes:
        gamma: factor of each epoch.
    """

    gamma: PositiveNumber

    def curve(self, clock: Clock) -> float:
        return float(self.gamma**clock.epoch)
