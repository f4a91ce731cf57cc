"""The contract of learning rate schedules, and the warm-up that all of them share."""

from __future__ import annotations

from dataclasses import dataclass

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import Definition
from graphnet.ir.settings import NonNegativeCount, NonNegativeNumber


@dataclass(frozen=True)
class Clock:
    """Where a run stands when a step begins.

    Attributes:
        step: updates made before this one.
        steps_per_epoch: updates in an epoch.
        total_steps: updates in the whole run.
        warmup: updates of the warm-up.
    """

    step: int
    steps_per_epoch: int
    total_steps: int
    warmup: int = 0

    @property
    def epoch(self) -> int:
        """The running epoch, counted from 0 at the start of the run, warm-up included."""
        return self.step // self.steps_per_epoch

    @property
    def progress(self) -> float:
        """The part that is done of what follows the warm-up, from 0 to 1."""
        after = self.total_steps - self.warmup
        return min(1.0, max(0.0, (self.step - self.warmup) / after)) if after > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class LearningRateSchedule(Definition):
    """A factor of the learning rate for each step; subclasses are registered in `SCHEDULES`, one file each.

    Subclasses say `curve`. Warm-up multiplies it by a line that rises to 1: of W steps, step s has (s + 1) / (W + 1).
    Source: Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.

    Attributes:
        warmup_epochs: length of the warm-up in epochs, which need not be whole.
        warmup_steps: the same in steps; only one of the two is given.
    """

    warmup_epochs: NonNegativeNumber = 0.0
    warmup_steps: NonNegativeCount = 0

    def __post_init__(self) -> None:
        if self.warmup_epochs and self.warmup_steps:
            raise AttributeProblem(
                "the warm-up is given twice", attribute="warmup_steps", code="value",
                expected="`warmup_epochs` or `warmup_steps`",
                found=f"warmup_epochs: {self.warmup_epochs}, warmup_steps: {self.warmup_steps}",
            )  # fmt: skip

    def curve(self, clock: Clock) -> float:
        """The factor without its warm-up."""
        raise NotImplementedError

    def factor(self, step: int, steps_per_epoch: int, total_steps: int) -> float:
        """What multiplies the optimizer's learning rate.

        Args:
            step: updates made before this one.
            steps_per_epoch: updates in an epoch, at least 1.
            total_steps: updates in the whole run.
        """
        warmup = self.warmup_steps or round(self.warmup_epochs * steps_per_epoch)
        rise = (step + 1) / (warmup + 1) if step < warmup else 1.0
        return rise * self.curve(Clock(step, steps_per_epoch, total_steps, warmup))
