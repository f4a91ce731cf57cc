"""cosine: the learning rate falls along half a cosine."""

from __future__ import annotations

import math

from graphnet.ir.definitions import SCHEDULES
from graphnet.ir.learning_rate import Clock, LearningRateSchedule
from graphnet.ir.settings import Share


@SCHEDULES.register("cosine", primary="min_factor")
class Cosine(LearningRateSchedule):
    """min_factor + (1 - min_factor) * (1 + cos(pi * progress)) / 2, where progress goes from 0 after the warm-up to 1.

    Example:
        `schedule: {cosine: {warmup_epochs: 1}}`

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017 (without restarts).

    Attributes:
        min_factor: factor at the end of the run.
    """

    min_factor: Share = 0.0

    def curve(self, clock: Clock) -> float:
        return self.min_factor + (1 - self.min_factor) * (1 + math.cos(math.pi * clock.progress)) / 2
