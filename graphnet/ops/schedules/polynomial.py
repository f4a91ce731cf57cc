"""polynomial: the learning rate falls to its end along a power."""

from __future__ import annotations

from graphnet.ir.definitions import SCHEDULES
from graphnet.ir.learning_rate import Clock, LearningRateSchedule
from graphnet.ir.settings import PositiveNumber, Share


@SCHEDULES.register("polynomial", primary="power")
class Polynomial(LearningRateSchedule):
    """min_factor + (1 - min_factor) * (1 - progress) ^ power, where progress goes from 0 after the warm-up to 1.

    Example:
        `schedule: {polynomial: 0.9}`; power 1 is a straight line.

    Attributes:
        power: of the curve.
        min_factor: factor at the end of the run.
    """

    power: PositiveNumber = 1.0
    min_factor: Share = 0.0

    def curve(self, clock: Clock) -> float:
        return float(self.min_factor + (1 - self.min_factor) * (1 - clock.progress) ** self.power)
