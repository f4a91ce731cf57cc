"""multi_step: the learning rate falls at given epochs."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import SCHEDULES
from graphnet.ir.learning_rate import Clock, LearningRateSchedule
from graphnet.ir.settings import Count, NonNegativeNumber


@SCHEDULES.register("multi_step", primary="milestones")
class MultiStep(LearningRateSchedule):
    """gamma ^ (number of milestones reached).

    Example:
        `schedule: {multi_step: {milestones: [30, 60, 80], warmup_epochs: 5}}`

    Attributes:
        milestones: epochs that begin with a fall, rising, counted from 0 at the start of the run, warm-up included.
        gamma: factor of each fall.
    """

    milestones: tuple[Count, ...]
    gamma: NonNegativeNumber = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(a >= b for a, b in pairwise(self.milestones)):
            raise AttributeProblem(
                "the milestones do not rise", attribute="milestones", code="value",
                expected="epochs in rising order, each once", found=str(list(self.milestones)),
            )  # fmt: skip

    def curve(self, clock: Clock) -> float:
        return float(self.gamma ** bisect_right(self.milestones, clock.epoch))
