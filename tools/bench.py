"""Compare graphnet with PyTorch on this machine, in one run: training steps, or predictions.

All start from the same weights and NumPy arrays, and use the same batch, threads and SGD (momentum, weight decay).
PyTorch runs at its best: the fastest of eager and torch.compile, contiguous and channels_last, with the fused SGD, each
with the C library's allocator and with one that keeps what is freed. Predictions are compared with ONNX Runtime as
well, and the fastest of all counts. Losses of the first steps are compared where no dropout draws random numbers.

graphnet and the fastest rival take turns, and the ratio is the median over the rounds. The machine must be quiet all
the same: other programs hold up threads that wait for one another, PyTorch's by far more than graphnet's. So the ratio
of the best turns stands beside it, the lower of the two counts, and a row that was disturbed does not reach its goal.

A row is a network with its batch, the least ratio that it must have, and the aim. Ends with status 1 if a row has less,
was disturbed, or could not be compared; specs, and rows with another batch or other params, have no goal.

Limits: the time of the network's multiply-adds (of layers; those on padding count), if the vector units did nothing
else, at the rate that graphnet's own tile reaches from the cache; and the sum over graphnet's kernels of the time that
their multiply-adds (without padding, with what they do in vain), or the bytes that they read and write, would take,
whichever is longer. The latter is a limit of these kernels, not of the network, and a cache can beat it.

Memory is the most that a fresh process has beyond its imports, for two steps. Start-up times are of fresh processes
too: with an empty kernel cache, and with a filled one.

Run it from a checkout, with graphnet and the extra `bench` installed:

    python tools/bench.py                          lenet5 and mlp
    python tools/bench.py --all                    all rows
    python tools/bench.py --all --predict          their predictions, of 1 and of 32 samples
    python tools/bench.py resnet50 lenet5 --threads 1 --json
    python tools/bench.py specs/resnet/resnet18.yaml --batch 16 --set size=64
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from comparison import Comparison, compare
from paired import Pace
from report import report
from rich.console import Console
from rivals import Choice
from rows import DEFAULT, DEFAULT_BATCH, TRAINING, Row, chosen

import graphnet
from graphnet.runtime.cores import usable_cores


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[Row]]:
    """The command line, and the rows that it asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"rows, or specs: {', '.join(TRAINING)}")
    parser.add_argument("--all", action="store_true", help="all rows")
    parser.add_argument("--predict", action="store_true", help="predictions instead of training steps")
    parser.add_argument("--batch", type=_count, help=f"samples of a step (the row's; {DEFAULT_BATCH} for specs)")
    parser.add_argument(
        "--set", action="append", type=_setting, default=[], metavar="NAME=VALUE", help="a spec's param"
    )
    parser.add_argument("--threads", type=_count, default=usable_cores(), help="of all (all cores)")
    parser.add_argument("--rounds", type=_count, default=15, help="turns of each (15), if there is time")
    parser.add_argument("--turn", type=float, default=0.2, help="seconds that a turn lasts, at least one step (0.2)")
    parser.add_argument("--seconds", type=float, default=20.0, help="most of all rounds but the first three (20)")
    parser.add_argument("--scaling", action="store_true", help="also compare graphnet with itself on one thread")
    parser.add_argument("--no-torch-compile", dest="torch_compile", action="store_false", help="eager PyTorch only")
    parser.add_argument("--no-start-up", dest="start_up", action="store_false", help="leave start-up times out")
    parser.add_argument("--no-memory", dest="memory", action="store_false", help="leave memory out")
    parser.add_argument("--json", action="store_true", help="print one JSON object; times in seconds, memory in bytes")
    options = parser.parse_args(arguments)
    if options.all and options.names:
        parser.error("--all is all rows; name some without it")
    names = list(TRAINING) if options.all else options.names or DEFAULT
    options.threads = min(options.threads, usable_cores())
    try:
        rows = chosen(names, predict=options.predict, batch=options.batch, params=dict(options.set))
    except ValueError as error:
        parser.error(str(error))
    return options, rows


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is less than 1")
    return count


def _setting(text: str) -> tuple[str, Any]:
    name, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError("write it as name=value")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; the exit status."""
    options, rows = parse(sys.argv[1:] if arguments is None else arguments)
    choice = Choice(
        options.threads, not options.predict, Pace(options.rounds, options.turn, options.seconds),
        options.torch_compile, options.start_up, options.memory, options.scaling,
    )  # fmt: skip
    found: list[Comparison] = []
    for row in rows:
        try:
            found.append(compare(row, choice))
        except graphnet.SpecError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        sys.stderr.write(f"{len(found)}/{len(rows)} {progress(found[-1])}\n")
    if options.json:
        json.dump({"train": choice.train, "comparisons": [c.to_json() for c in found]}, sys.stdout, indent=1)
    else:
        report(found, Console(width=None if sys.stdout.isatty() else 130), train=choice.train)
    return 1 if any(c.fails for c in found) else 0


def progress(c: Comparison) -> str:
    """One line, while the others are still to come."""
    ratio = "no ratio" if c.ratio is None else f"ratio {c.ratio:.2f}"
    return ", ".join(filter(None, [c.network, f"batch {c.batch}: {1e3 * c.graphnet:.3f} ms", ratio, c.verdict]))


if __name__ == "__main__":
    sys.exit(main())
