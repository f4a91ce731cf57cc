"""one_cycle: the learning rate rises to its top and falls far below its start."""

from __future__ import annotations

import math
from typing import Literal

from graphnet.ir.definitions import SCHEDULES
from graphnet.ir.learning_rate import Clock, LearningRateSchedule
from graphnet.ir.settings import PositiveNumber, Share


@SCHEDULES.register("one_cycle", primary="pct_start")
class OneCycle(LearningRateSchedule):
    """From 1 / div_factor up to 1, then down to 1 / (div_factor * final_div_factor) at the last step.

    The learning rate of the optimizer is the top of the cycle. The momentum stays as it is.

    Example:
        `schedule: {one_cycle: {pct_start: 0.3}}`

    Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates",
    2017; settings and curve are those of PyTorch's OneCycleLR.

    Attributes:
        pct_start: part of the run in which the rate rises.
        div_factor: top over start.
        final_div_factor: start over end.
        anneal_strategy: `cos` or `linear`.
    """

    pct_start: Share = 0.3
    div_factor: PositiveNumber = 25.0
    final_div_factor: PositiveNumber = 1e4
    anneal_strategy: Literal["cos", "linear"] = "cos"

    def curve(self, clock: Clock) -> float:
        start, end = 1 / self.div_factor, 1 / (self.div_factor * self.final_div_factor)
        length = clock.total_steps - clock.warmup
        step, top, last = max(0, clock.step - clock.warmup), self.pct_start * length - 1, length - 1
        if step <= top:
            return self._between(start, 1.0, step / top if top > 0 else 1.0)
        return self._between(1.0, end, min(1.0, (step - top) / (last - top)) if last > top else 1.0)

    def _between(self, a: float, b: float, part: float) -> float:
        """The value after `part` of the way from a to b."""
        if self.anneal_strategy == "linear":
            return a + (b - a) * part
        return b + (a - b) * (1 + math.cos(math.pi * part)) / 2
