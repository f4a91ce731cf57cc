"""`graphnet summary`: a network in a table."""

from __future__ import annotations

from graphnet.analysis.summary import summarise
from graphnet.commands.options import Batch, Json, Quiet, Set, Spec
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import failures_as_json, print_json, show
from graphnet.stages import batch_size_of, memory_of


def run(spec: Spec, batch: Batch = None, set_: Set = None, json: Json = False, quiet: Quiet = False) -> None:
    """Show layers with their shapes, parameters and multiply-adds, and the memory of a step.

    Shapes leave out the batch axis; counts are for one sample. Memory is that of a step besides the parameters: all
    that is computed on the way.
    """
    with failures_as_json(json):
        network = read_network(spec, set_, quiet=quiet)
        size = batch if batch is not None else batch_size_of(network)
        summary = summarise(network.graph, size, memory_of(network.graph, size))
    if json:
        print_json(summary.to_json())
    else:
        show(summary)
