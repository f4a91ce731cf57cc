"""Reading a spec for a command, with its warnings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graphnet.commands.options import read_params
from graphnet.commands.terminal import print_diagnostics
from graphnet.frontend import loader
from graphnet.frontend.network import Network


def read_network(spec: Path, settings: Sequence[str] | None, *, quiet: bool) -> Network:
    """The network of a spec. Warnings go to standard error.

    Args:
        spec: path of the file.
        settings: what `--set` gave.
        quiet: whether warnings are left out.

    Raises:
        SpecError: with everything that is wrong.
    """
    network = loader.load(spec, **read_params(settings))
    if not quiet:
        print_diagnostics(network.warnings)
    return network
