"""What a person sees of a run while it goes on."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from graphnet.train.history import Row
from graphnet.train.run import Callback, Run


class Display(Callback):
    """On a terminal, a bar with the loss, the speed and the time left, and a line for each epoch; elsewhere the lines.

    Args:
        console: where to write; standard output by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def started(self, run: Run) -> None:
        if run.progress.step:
            self._say(f"resumed after {run.progress.step} of {run.plan.total_steps} steps")
        if not self._console.is_terminal:
            return
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[facts]}"),
            TimeRemainingColumn(), console=self._console, transient=True,
        )  # fmt: skip
        self._task = self._bar.add_task("compiling", total=run.plan.total_steps, completed=run.progress.step, facts="")
        self._bar.start()

    def stepped(self, run: Run) -> None:
        if self._bar is None or self._task is None:
            return
        progress = run.progress
        if progress.seconds:
            facts = f"loss {progress.mean_loss:.4f}  {progress.seen / progress.seconds:,.0f} samples/s"
            place = f"epoch {progress.epoch + 1}/{run.plan.epochs}"
            self._bar.update(self._task, completed=progress.step, description=place, facts=facts)

    def epoch_ended(self, run: Run, row: Row) -> None:
        self._say(describe_epoch(row, run.plan.epochs))

    def finished(self, run: Run) -> None:
        if run.history.stopped:
            self._say(f"stopped: {run.history.stopped}")

    def closed(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def describe_epoch(row: Row, epochs: int) -> str:
    """One epoch in one line: `epoch  3/20  loss 0.1234  val_loss 0.1500  val_accuracy 0.9521  10,500 samples/s`."""
    width = len(str(epochs))
    shown = {k: v for k, v in row.items() if k == "loss" or k.startswith("val_")}
    facts = [f"{name} {value:.4f}" for name, value in shown.items()]
    return "  ".join(
        [f"epoch {row['epoch']:>{width}.0f}/{epochs}", *facts, f"{row['samples_per_second']:,.0f} samples/s"]
    )
