"""step: the learning rate falls every so many epochs."""

from __future__ import annotations

from graphnet.ir.definitions import SCHEDULES
from graphnet.ir.learning_rate import Clock, LearningRateSchedule
from graphnet.ir.settings import Count, NonNegativeNumber


@SCHEDULES.register("step", primary="step_size")
class Step(LearningRateSchedule):
    """gamma ^ floor(epoch / step_size).

    Example:
        `schedule: {step: {step_size: 30, gamma: 0.1}}`

    Attributes:
        step_size: epochs between falls, counted from the start of the run, warm-up included.
        gamma: factor of each fall.
    """

    step_size: Count
    gamma: NonNegativeNumber = 0.1

    def curve(self, clock: Clock) -> float:
        return float(self.gamma ** (clock.epoch // self.step_size))
