"""`graphnet diff`: what distinguishes two specs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphnet.analysis.comparison import compare
from graphnet.commands.diff_report import DiffReport
from graphnet.commands.options import Batch, Json, Quiet, Set
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import failures_as_json, print_json, show
from graphnet.frontend.differing_settings import differing_settings
from graphnet.stages import batch_size_of, memory_of

First = Annotated[Path, typer.Argument(metavar="A", help="The file of a spec.", show_default=False)]
Second = Annotated[Path, typer.Argument(metavar="B", help="The file of the other spec.", show_default=False)]
SetFirst = Annotated[
    list[str] | None, typer.Option("--set-a", metavar="NAME=VALUE", help="Set a param of A only.", show_default=False)
]
SetSecond = Annotated[
    list[str] | None, typer.Option("--set-b", metavar="NAME=VALUE", help="Set a param of B only.", show_default=False)
]
All = Annotated[bool, typer.Option("--all", help="List every layer, none folded into others.")]


def run(
    a: First, b: Second, set_: Set = None, set_a: SetFirst = None, set_b: SetSecond = None, batch: Batch = None,
    all_: All = False, json: Json = False, quiet: Quiet = False,
) -> None:  # fmt: skip
    """Compare two specs: layers added, removed and changed, and what they cost.

    Layers correspond if the structure around them is equal, whatever they are called; in networks that differ, if they
    have the same names or stand in the same order. Repeated blocks and repeated changes are told once. Memory is that
    of a step besides the parameters, for as many samples as A's spec says. The exit status is 0 whether they differ or
    not.
    """
    with failures_as_json(json):
        networks = [
            read_network(spec, [*(set_ or ()), *(own or ())], quiet=quiet) for spec, own in ((a, set_a), (b, set_b))
        ]
        size = batch if batch is not None else batch_size_of(networks[0])
        first, second = (network.graph for network in networks)
        difference = compare(first, second, (memory_of(first, size), memory_of(second, size)))
        settings = differing_settings(*networks)
    if json:
        written = {path: list(pair) for path, pair in settings.items()}
        print_json({**difference.to_json(), "batch": size, "settings": written})
    else:
        show(DiffReport(difference, settings, size, spell_out=all_))
