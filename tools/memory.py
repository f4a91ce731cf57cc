"""How much memory steps take: graphnet's and PyTorch's, each in a process of its own, and graphnet's plan for it."""

from __future__ import annotations

from dataclasses import dataclass

from processes import Job

from graphnet.runtime.executable import Executable

STEPS = 2
"""The second one has all there is: PyTorch makes the optimizer's states at the end of the first."""


@dataclass(frozen=True)
class Memory:
    """Bytes.

    Attributes:
        graphnet, torch: the most that a process has had, beyond what its imports take: parameters, what a step
            computes, code. PyTorch's is of the eager way, without keeping what is freed, and graphnet's of kernels
            that are compiled already.
        arena: of all that a step of graphnet's computes on the way, as it was planned.
        arena_bound: the most of that which is live at one kernel; no plan for this order of kernels needs less.
    """

    graphnet: int
    torch: int | None
    arena: int
    arena_bound: int

    @property
    def ratio(self) -> float | None:
        """How many times as much PyTorch takes."""
        return self.torch / self.graphnet if self.torch is not None else None


def measure_memory(job: Job, executable: Executable, *, beside_torch: bool, channels_last: bool = False) -> Memory:
    """Start the processes.

    Args:
        job: the steps.
        executable: graphnet's program for them.
        beside_torch: whether PyTorch has the network.
        channels_last: PyTorch's order of images in memory.

    Raises:
        subprocess.CalledProcessError: a process fails.
    """
    steps = "--steps", str(STEPS)
    mine = job.run("first_step.py", *steps)["memory"]
    form = ["--channels-last"] if channels_last else []
    theirs = job.run("torch_steps.py", *steps, *form)["memory"] if beside_torch else None
    plans = [stage.schedule.plan for stage in executable.stages]
    return Memory(mine, theirs, sum(plan.peak for plan in plans), sum(plan.lower_bound for plan in plans))
