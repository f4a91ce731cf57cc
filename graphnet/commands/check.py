"""`graphnet check`: everything that is wrong with specs, or suspicious."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphnet.analysis.cost import is_layer, total_cost
from graphnet.analysis.units import format_count
from graphnet.commands.late import late_module
from graphnet.commands.options import Json, Quiet, Set, read_params
from graphnet.commands.terminal import as_json, print_diagnostics, print_json, say
from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.frontend import loader
from graphnet.frontend.budgets import MEMORY
from graphnet.frontend.network import Network

Specs = Annotated[list[Path], typer.Argument(metavar="SPEC...", help="The files.", show_default=False)]


def run(specs: Specs, set_: Set = None, json: Json = False, quiet: Quiet = False) -> None:
    """Read specs, infer all shapes, and print everything that is wrong or suspicious.

    Nothing is compiled. The exit status is 2 if there is an error in any of the specs; warnings do not count.
    """
    params = read_params(set_)
    errors: list[Diagnostic] = []
    warnings: list[Diagnostic] = []
    for spec in specs:
        try:
            network = loader.load(spec, **params)
            if any(budget.quantity in MEMORY for budget in network.budgets):
                late_module("graphnet.model").check_memory(network)
        except SpecError as error:
            errors += error.diagnostics
            continue
        warnings += network.warnings
        if not (quiet or json):
            say(f"{spec}: {_describe(network)}")
    print_diagnostics(errors if quiet else [*errors, *warnings])
    if json:
        print_json({"errors": [as_json(d) for d in errors], "warnings": [as_json(d) for d in warnings]})
    if errors:
        raise typer.Exit(2)


def _describe(network: Network) -> str:
    layers, cost = sum(map(is_layer, network.graph.nodes)), total_cost(network.graph)
    facts = f"{layers} layers, {cost.parameters:,} parameters, {format_count(cost.macs)} MACs"
    count = len(network.warnings)
    return facts + (f"; {count} warning{'s' if count > 1 else ''}" if count else "; nothing to complain about")
