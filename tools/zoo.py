"""Every network that ships, in one table: its counts, and how well it agrees with PyTorch and with finite differences.

Counts are of the spec as it is written, beside the published ones. Everything else is at a small size, which the table
names: the relative errors of predictions and of gradients against PyTorch with the same weights, in float64; the
largest error of the gradient check (of deep networks, with one block to a stage); the seconds from a process's start
to its first training step in float32, with an empty and with a filled kernel cache; and the milliseconds of a training
step then.

    python tools/zoo.py
    python tools/zoo.py resnet unet --json

Names select the specs whose path contains one of them. Needs PyTorch and torchvision (the extra `oracle`). Ends with
status 1 if anything disagrees.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from startup import measure_start_up

import graphnet as gn
from graphnet.model import Model
from graphnet.network import Network
from graphnet.runtime.cores import usable_cores
from graphnet.testing.batches import random_batch
from graphnet.testing.gradients import check_gradients

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the counts and the PyTorch models are those of the tests

from tests.counts import COUNTS  # noqa: E402
from tests.parity.agreement import TOLERANCES, gradient_errors, predictions  # noqa: E402
from tests.parity.cases import MEMBERS, TRAINED, ZOO  # noqa: E402
from tests.parity.pairs import SPECS, Case, Pair, relative_error  # noqa: E402

CASES = {case.spec: case for case in (*TRAINED.values(), *MEMBERS.values(), *reversed(ZOO.values()))}
STEPS = 5


@dataclass(frozen=True)
class Row:
    """What is known of a network; errors are relative, and None where there is nothing to compare.

    Attributes:
        spec: its path below `specs`.
        parameters, macs: counted; `published` are the same two numbers from elsewhere.
        at: the params of the small size.
        prediction, gradient: largest errors against PyTorch.
        check: largest error against finite differences.
        cold, warm: seconds to the first step.
        step: seconds of a training step.
        problems: what does not hold.
    """

    spec: str
    parameters: int
    macs: int
    published: tuple[int, int]
    at: Mapping[str, Any]
    prediction: float | None = None
    gradient: float | None = None
    check: float | None = None
    cold: float | None = None
    warm: float | None = None
    step: float | None = None
    problems: tuple[str, ...] = field(default=())


def examine(spec: str, case: Case, *, timed: bool) -> Row:
    """Find out everything about one spec."""
    cost = gn.load(SPECS / spec).summary().cost
    figures: dict[str, Any] = {
        "spec": spec, "parameters": cost.parameters, "macs": cost.macs, "published": COUNTS[spec.removesuffix(".yaml")],
        "at": dict(case.params),
    }  # fmt: skip
    pair = Pair(case, "float64")
    figures["prediction"] = max(relative_error(found, wanted) for found, wanted in predictions(pair))
    if case.loss is not None:
        wanted, found, errors = gradient_errors(pair)
        figures["gradient"] = max(abs(found - wanted) / abs(wanted), *errors.values())
        report = check_gradients(_shallow(pair), pair.batch, directions=1, elements=0)
        figures["check"] = max(checked.max_relative_error for checked in report.all)
        if timed:
            figures |= _times(spec, case)
    return Row(**figures, problems=_problems(figures))


def _shallow(pair: Pair) -> Model:
    """The network with one block to a stage, if its spec says how many: each parameter takes many predictions."""
    network = gn.load(SPECS / pair.case.spec, **pair.case.params)
    if "depths" not in network.params:
        return pair.model
    network = gn.load(SPECS / pair.case.spec, **{**pair.case.params, "depths": [1] * len(network.params["depths"])})
    network.train = None
    return gn.compile(network, batch_size=pair.case.samples, dtype="float64")


def _times(spec: str, case: Case) -> dict[str, float]:
    """Of processes that start, and of steps."""
    network: Network = gn.load(SPECS / spec, **case.params)
    network.train = None
    threads = usable_cores()
    started = measure_start_up(str(SPECS / spec), case.params, case.samples, threads, repeats=1)
    model = gn.compile(network, batch_size=case.samples, threads=threads, optimizer={"sgd": {"lr": 1e-4}})
    batch = random_batch(network.graph, case.samples)
    model.train_step(batch)
    seconds = []
    for _ in range(STEPS):
        began = time.perf_counter()
        model.train_step(batch)
        seconds.append(time.perf_counter() - began)
    return {"cold": started.cold, "warm": started.warm, "step": statistics.median(seconds)}


def _problems(figures: Mapping[str, Any]) -> tuple[str, ...]:
    """What does not hold, in words."""
    tolerance = TOLERANCES["float64"]
    checks = {
        "counts": (figures["parameters"], figures["macs"]) == figures["published"],
        "prediction": figures["prediction"] < tolerance.value,
        "gradient": figures.get("gradient", 0.0) < tolerance.gradient,
        "gradient check": figures.get("check", 0.0) < 1e-6,
    }
    return tuple(name for name, holds in checks.items() if not holds)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tool; the exit status."""
    parser = argparse.ArgumentParser(description="Every network that ships, in one table.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="parts of the paths of specs; all by default")
    parser.add_argument("--untimed", action="store_true", help="leave out the times, which take longest")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    specs = sorted(f"{name}.yaml" for name in COUNTS)
    chosen = [spec for spec in specs if not options.names or any(name in spec for name in options.names)]
    if not chosen:
        parser.error(f"no spec's path contains {' or '.join(options.names)}")
    rows = []
    for spec in chosen:
        rows.append(examine(spec, CASES[spec], timed=not options.untimed))
        sys.stderr.write(f"{len(rows)}/{len(chosen)} {spec}: {', '.join(rows[-1].problems) or 'holds'}\n")
    if options.json:
        sys.stdout.write(json.dumps({"networks": [asdict(row) for row in rows]}) + "\n")
    else:
        Console(width=200).print(_table(rows))
    return 1 if any(row.problems for row in rows) else 0


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, header_style="bold")
    table.add_column("spec")
    for heading in ("parameters", "MACs"):
        table.add_column(heading, justify="right")
    table.add_column("published")
    table.add_column("at", overflow="fold")
    for heading in ("prediction", "gradient", "check", "cold s", "warm s", "step ms"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in rows:
        same = (row.parameters, row.macs) == row.published
        at = ", ".join(f"{key}={value}" for key, value in row.at.items()) or "full size"
        errors = (_number(value, ".1e") for value in (row.prediction, row.gradient, row.check))
        times = _number(row.cold, ".1f"), _number(row.warm, ".1f"), _number(row.step and 1e3 * row.step, ".2f")
        table.add_row(
            row.spec, f"{row.parameters:,}", f"{row.macs:,}", "the same" if same else str(row.published), at, *errors,
            *times, ", ".join(row.problems) or "holds",
        )  # fmt: skip
    return table


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


if __name__ == "__main__":
    sys.exit(main())
