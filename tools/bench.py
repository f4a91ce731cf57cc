"""Compare graphnet's training step with PyTorch's on this machine, in one run.

Both start from the same weights and NumPy arrays, and use the same batch, threads and SGD (momentum, weight decay).
They take turns, so the ratio holds even where other programs disturb both. PyTorch runs at its best: the fastest of
eager and torch.compile, contiguous and channels_last, with the fused SGD and with freed memory kept.

The multiply-add limit is what the step would take if the vector units did nothing but its multiply-adds, at the rate
that graphnet's own tile reaches from the cache: forward, weight gradients, and input gradients, which the first layer
does not need, so that it is a little less than three times a prediction's.

Start-up times are of fresh processes: with an empty kernel cache, and with a filled one.

Run it from a checkout, with graphnet and PyTorch importable:

    python tools/bench.py
    python tools/bench.py --threads 1 --json
    python tools/bench.py specs/resnet/resnet18.yaml --batch 16
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from contestants import Batch, Contestant, float32_batch, graphnet_contestant, graphnet_model, torch_contestants
from counterparts import COUNTERPARTS
from limit import step_macs
from paired import Timing, median_ratio, spread, take_turns
from rich.console import Console
from rich.table import Table
from startup import StartUp, measure_start_up

import graphnet
from graphnet.network import Network
from graphnet.runtime.cores import usable_cores
from graphnet.runtime.peak import MultiplyAddPeak

SPECS = Path(__file__).parents[1] / "specs"
DEFAULT = [str(SPECS / "lenet" / "lenet5.yaml"), str(SPECS / "basics" / "mlp.yaml")]
CHECKED_STEPS = 5


@dataclass(frozen=True)
class Comparison:
    """The figures of one network; seconds, multiply-adds a second.

    Attributes:
        graphnet, torch: a step's time, the median over the turns; that of PyTorch is of its fastest way.
        torch_way: what that way was.
        torch_ways: a step's time of each way, or why it does not work.
        ratio: how many times as long PyTorch takes: the median over the rounds.
        ratio_quartiles: of the same.
        peak: multiply-adds a second of one core.
        limit: time that the multiply-adds of a step take at that rate.
        loss_difference: largest relative difference between the losses of the first steps.
        load: the machine's load average before, where the system tells: processes that wanted a core.
    """

    network: str
    batch: int
    threads: int
    graphnet: float
    torch: float | None
    torch_way: str | None
    torch_ways: dict[str, float | str]
    ratio: float | None
    ratio_quartiles: tuple[float, float] | None
    peak: float
    limit: float
    loss_difference: float | None
    load: float | None
    start_up: StartUp | None


def compare(spec: str, options: argparse.Namespace) -> Comparison:
    """Measure one network."""
    train = not options.predict
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    network = graphnet.load(spec, **dict(options.set))
    batch = float32_batch(network, options.batch)
    model = graphnet_model(network, options.batch, options.threads)
    weights = dict(model.parameters)
    peak = MultiplyAddPeak("float32")
    peak.measure()
    mine = graphnet_contestant(model, batch, train=train)
    losses = [mine.step() for _ in range(CHECKED_STEPS)]
    ways, fastest = _fastest_torch(network, weights, batch, options, losses) if _has_torch(network) else ({}, None)
    steps = {contestant.name: contestant.step for contestant in [mine, *([fastest[0]] if fastest else [])]}
    timings = take_turns(steps, options.rounds, options.turn)
    peak.measure()
    limit = step_macs(network.graph, train=train) * options.batch / (peak.best * options.threads)
    theirs = timings[fastest[0].name] if fastest else None
    ratios = _ratios(timings["graphnet"], theirs)
    start_up = (
        measure_start_up(spec, dict(options.set), options.batch, options.threads)
        if train and options.start_up
        else None
    )
    return Comparison(
        network.name, options.batch, options.threads, timings["graphnet"].median, theirs.median if theirs else None,
        fastest and fastest[0].name, ways, *ratios, peak.best, limit, fastest and fastest[1], load, start_up,
    )  # fmt: skip


def _has_torch(network: Network) -> bool:
    return network.name in COUNTERPARTS and find_spec("torch") is not None


def _fastest_torch(
    network: Network, weights: Mapping[str, Any], batch: Batch, options: argparse.Namespace, losses: list[float]
) -> tuple[dict[str, float | str], tuple[Contestant, float | None]]:
    """PyTorch's ways with their times, and the fastest with the relative difference of its first losses."""
    ways: dict[str, float | str] = {}
    found: list[tuple[Contestant, float | None]] = []
    train = not options.predict
    for way in torch_contestants(network, weights, batch, options.threads, train=train, compiled=options.torch_compile):
        try:
            theirs = [way.step() for _ in range(CHECKED_STEPS)]
        except Exception as error:  # whatever keeps a compiler from working is worth a line, not the end
            ways[way.name] = f"{type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"
            continue
        found.append((way, max(map(_difference, losses, theirs)) if train else None))
        ways[way.name] = take_turns({way.name: way.step}, 3, options.turn)[way.name].best
    return ways, min(found, key=lambda f: float(ways[f[0].name]))


def _difference(a: float, b: float) -> float:
    return math.fabs(a - b) / max(math.fabs(b), 1e-12)


def _ratios(mine: Timing, theirs: Timing | None) -> tuple[float | None, tuple[float, float] | None]:
    if theirs is None:
        return None, None
    each = [b / a for a, b in zip(mine.seconds, theirs.seconds, strict=True)]
    return median_ratio(mine, theirs), spread(each) if len(each) > 1 else None


# -- reports ---------------------------------------------------------------------------------------------------------


def report(found: list[Comparison], console: Console, *, train: bool) -> None:
    """Print tables."""
    what = "training step" if train else "prediction"
    table = Table(title=f"{what}, float32", title_justify="left")
    for heading in ("network", "batch", "threads", "graphnet ms", "PyTorch ms", "ratio", "limit ms", "share of limit"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for c in found:
        ratio = "" if c.ratio is None else f"{c.ratio:.2f}"
        if c.ratio_quartiles:
            ratio += f" ({c.ratio_quartiles[0]:.2f} to {c.ratio_quartiles[1]:.2f})"
        table.add_row(
            c.network, str(c.batch), str(c.threads), _milliseconds(c.graphnet),
            _milliseconds(c.torch) if c.torch else "no counterpart", ratio, _milliseconds(c.limit),
            f"{c.limit / c.graphnet:.0%}",
        )  # fmt: skip
    console.print(table)
    for c in found:
        console.print(f"{c.network}: one core's peak {2 * c.peak / 1e9:.0f} GFLOP/s", highlight=False)
        for way, figure in c.torch_ways.items():
            chosen = "  <- compared with" if way == c.torch_way else ""
            text = figure if isinstance(figure, str) else f"{_milliseconds(figure)} ms at best"
            console.print(f"  {way}: {text}{chosen}", highlight=False, markup=False)
        if c.loss_difference is not None:
            console.print(
                f"  losses of {CHECKED_STEPS} steps differ by {c.loss_difference:.1e} at most", highlight=False
            )
    busiest = max((c.load or 0.0 for c in found), default=0.0)
    console.print(f"load average before: {busiest:.1f}, of {usable_cores()} cores", highlight=False)
    if busiest > usable_cores() / 2:
        console.print(
            "  other programs wanted the cores too: steps on all of them waited, PyTorch's most", highlight=False
        )
    starts = [c for c in found if c.start_up]
    if starts:
        console.print(_start_up_table(starts))


def _start_up_table(found: list[Comparison]) -> Table:
    table = Table(title="from a process's start to its first training step, seconds", title_justify="left")
    for heading in ("network", "empty cache", "of it compiling", "filled cache", "of it compiling"):
        table.add_column(heading, justify="left" if heading == "network" else "right")
    for c in found:
        assert c.start_up is not None
        table.add_row(c.network, *(f"{value:.2f}" for value in asdict(c.start_up).values()))
    return table


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3f}"


# -- command line ----------------------------------------------------------------------------------------------------


def _setting(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError("write it as name=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", default=DEFAULT, help="specs; lenet5 and mlp by default")
    parser.add_argument("--batch", type=int, default=64, help="samples of a step (64)")
    parser.add_argument("--threads", type=int, default=usable_cores(), help="of both (all cores)")
    parser.add_argument("--rounds", type=int, default=15, help="turns of each (15)")
    parser.add_argument("--turn", type=float, default=0.2, help="seconds that a turn lasts (0.2)")
    parser.add_argument("--predict", action="store_true", help="predictions instead of training steps")
    parser.add_argument("--no-torch-compile", dest="torch_compile", action="store_false", help="eager PyTorch only")
    parser.add_argument("--no-start-up", dest="start_up", action="store_false", help="leave start-up times out")
    parser.add_argument(
        "--set", action="append", type=_setting, default=[], metavar="NAME=VALUE", help="a spec's param"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object; times in seconds")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Measure and report."""
    options = parse(arguments)
    found = [compare(spec, options) for spec in options.specs]
    if options.json:
        json.dump({"train": not options.predict, "comparisons": [asdict(c) for c in found]}, sys.stdout, indent=1)
    else:
        report(found, Console(width=None if sys.stdout.isatty() else 130), train=not options.predict)


if __name__ == "__main__":
    main(sys.argv[1:])
