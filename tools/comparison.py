"""One network, measured: graphnet beside the fastest rival, the limits of its step, its memory and its start."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from contestants import (
    Batch,
    Contestant,
    drops_at_random,
    float32_batch,
    graphnet_contestant,
    graphnet_model,
)
from limit import kernels_limit, step_macs
from memory import Memory, measure_memory
from others import OtherPrograms
from paired import Pace, Timing, ratios, spread, take_turns
from processes import Job
from rivals import Choice, Rival, fastest, first_results, rivals
from rows import Goal, Row
from startup import StartUp, measure_start_up

import graphnet
from graphnet.model import Model
from graphnet.runtime.cores import usable_cores
from graphnet.runtime.executable import Executable
from graphnet.runtime.peak import MemoryPeak, MultiplyAddPeak
from graphnet.runtime.profile import profile

DISTURBED = 1.5
"""How many times as long as the best turn the median one takes where something is wrong."""
TOLERATED = 0.2
"""Cores that other programs may use of those that a step's threads need."""


@dataclass(frozen=True)
class Comparison:
    """The figures of one network; seconds, bytes, multiply-adds a second.

    Attributes:
        graphnet, rival: a step's time, the median over the turns; the rival is the fastest of all ways.
        rival_way: which that is.
        ways: a step's time of each way, or why it does not work.
        graphnet_best, rival_best: a step's time in the best turn; the rival's is of any way, and of all its turns.
        ratio: how many times as long the rival takes: the median over the rounds.
        ratio_quartiles: of the same.
        rounds: that were made.
        goal: for the ratio.
        difference: largest relative difference between the results of the first steps, losses or predictions; None
            where a training step draws random numbers.
        peak: multiply-adds a second of one core.
        bandwidth: bytes a second that all threads stream through memory.
        macs_limit: time of the network's multiply-adds at that rate, with those on padding.
        kernels_limit: sum over graphnet's kernels of the time of their multiply-adds or bytes, whichever takes longer.
        one_thread: graphnet's time with one thread, and `all_threads` with all of them, in turns.
        idle_cores: that the threads leave to others.
        others: cores that other programs used during the turns, where the system tells.
    """

    network: str
    batch: int
    params: Mapping[str, Any]
    threads: int
    graphnet: float
    graphnet_best: float
    rival: float | None
    rival_best: float | None
    rival_way: str | None
    ways: Mapping[str, float | str]
    ratio: float | None
    ratio_quartiles: tuple[float, float] | None
    rounds: int
    goal: Goal | None
    difference: float | None
    peak: float
    bandwidth: float
    macs_limit: float
    kernels_limit: float
    idle_cores: int
    others: float | None
    memory: Memory | None = None
    start_up: StartUp | None = None
    one_thread: float | None = None
    all_threads: float | None = None

    @property
    def ratio_of_bests(self) -> float | None:
        """The same in the best turns of both."""
        return self.rival_best / self.graphnet_best if self.rival_best is not None else None

    @property
    def is_disturbed(self) -> bool:
        """Whether other programs had the cores: as the system says, or as medians far above the best turns show."""
        if self.others is not None and self.others > self.idle_cores + TOLERATED:
            return True
        pairs = (self.graphnet, self.graphnet_best), (self.rival, self.rival_best)
        return any(median > DISTURBED * best for median, best in pairs if median is not None and best is not None)

    @property
    def verdict(self) -> str:
        """`aim`, `least`, `missed`, `disturbed`, `not compared`; nothing where there is no goal.

        The lower ratio counts. Programs that want the cores too hold up threads that wait for one another, and so slow
        the rival down by far more than graphnet: with them, a row can miss its goal, but not reach it.
        """
        if self.goal is None:
            return ""
        found = self.goal.verdict(min((r for r in (self.ratio, self.ratio_of_bests) if r is not None), default=None))
        return "disturbed" if self.is_disturbed and found in ("aim", "least") else found

    @property
    def fails(self) -> bool:
        """Whether there is a goal, and nothing shows that it is reached."""
        return self.verdict not in ("", "aim", "least")

    def to_json(self) -> dict[str, Any]:
        """All figures, as JSON values."""
        return {
            **asdict(self),
            "ratio_of_bests": self.ratio_of_bests,
            "disturbed": self.is_disturbed,
            "verdict": self.verdict or None,
            "memory_ratio": self.memory and self.memory.ratio,
        }


def compare(row: Row, choice: Choice) -> Comparison:
    """Measure one network."""
    network = graphnet.load(row.spec, **row.params)
    batch = float32_batch(network, row.batch)
    model = graphnet_model(network, row.batch, choice.threads)
    weights = dict(model.parameters)
    peak, bandwidth = MultiplyAddPeak("float32"), MemoryPeak("float32", choice.threads)
    peak.measure()
    bandwidth.measure()
    mine = graphnet_contestant(model, batch, train=choice.train)
    results = first_results(mine.step)
    if choice.train and drops_at_random(network):
        results = results[:0]
    ways, rival = fastest(rivals(network, weights, batch, choice), results, choice.pace)
    others = OtherPrograms()
    timings = _timings(mine, rival, choice.pace)
    others_cores = others.cores()
    each = ratios(timings[0], timings[1]) if rival else []
    bandwidth.measure()
    executable = model.programs["train" if choice.train else "predict"].executable
    kernels = profile(executable, choice.threads, 0.0)
    rate = peak.measure() * choice.threads
    return Comparison(
        network=network.name,
        batch=row.batch,
        params=dict(row.params),
        threads=choice.threads,
        graphnet=timings[0].median,
        graphnet_best=timings[0].best,
        rival=timings[1].median if rival else None,
        rival_best=min(timings[1].best, *(t for t in ways.values() if isinstance(t, float))) if rival else None,
        rival_way=rival and rival.name,
        ways=ways,
        ratio=statistics.median(each) if each else None,
        ratio_quartiles=spread(each) if len(each) > 1 else None,
        rounds=len(timings[0].seconds),
        goal=row.goal,
        difference=rival and rival.difference,
        peak=peak.best,
        bandwidth=bandwidth.best,
        macs_limit=step_macs(network.graph, train=choice.train) * row.batch / rate,
        kernels_limit=kernels_limit(kernels, rate, bandwidth.best),
        idle_cores=usable_cores() - choice.threads,
        others=others_cores,
        memory=_memory(row, choice, executable, ways) if choice.memory else None,
        start_up=_start_up(row, choice),
        **(_scaling(model, batch, choice) if choice.scaling else {}),
    )


def _memory(row: Row, choice: Choice, executable: Executable, ways: Mapping[str, float | str]) -> Memory:
    """In processes of their own; PyTorch's with images in the order that suits it."""
    eager = [(seconds, way) for way, seconds in ways.items() if "eager" in way and isinstance(seconds, float)]
    return measure_memory(
        Job(row.spec, row.batch, choice.threads, row.params, not choice.train),
        executable,
        beside_torch=bool(eager),
        channels_last=bool(eager) and "channels_last" in min(eager)[1],
    )


def _start_up(row: Row, choice: Choice) -> StartUp | None:
    """To the first training step: predictions have none."""
    if not choice.start_up or not choice.train:
        return None
    return measure_start_up(row.spec, row.params, row.batch, choice.threads)


def _timings(mine: Contestant, rival: Rival | None, pace: Pace) -> list[Timing]:
    """graphnet's, then the rival's."""
    steps = {mine.name: mine.step}
    if rival:
        rival.allocator.use()
        steps[rival.name] = rival.contestant.step
    return list(take_turns(steps, pace).values())


def _scaling(model: Model, batch: Batch, choice: Choice) -> dict[str, float]:
    """graphnet's times with one thread and with all."""
    one, all_ = (
        graphnet_contestant(model, batch, train=choice.train, threads=threads).step for threads in (1, choice.threads)
    )
    timings = take_turns({"one_thread": one, "all_threads": all_}, choice.pace)
    return {name: timing.median for name, timing in timings.items()}
