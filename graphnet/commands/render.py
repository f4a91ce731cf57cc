"""`graphnet render`: a drawing of any stage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphnet.commands.options import Batch, Quiet, Set, Spec
from graphnet.commands.reading import read_network
from graphnet.commands.terminal import say
from graphnet.network import Network
from graphnet.view.render import STAGES, drawing_format, drawing_stage

Out = Annotated[
    Path,
    typer.Option("--out", "-o", metavar="FILE", help="Ends in .svg, .png, .pdf or .dot.", show_default=False),
]
Stage = Annotated[str, typer.Option(metavar="|".join(STAGES), help="What to draw.")]
Fold = Annotated[bool, typer.Option("--fold/--no-fold", help="Draw repeated blocks once, gradients as one box.")]


def run(
    spec: Spec, out: Out, stage: Stage = "graph", fold: Fold = True, batch: Batch = None, set_: Set = None,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Draw a network, or what the compiler makes of it.

    Stages: `graph`, the layers; `training`, forward and backward pass; `fused`, the kernels; `memory`, where each
    buffer lies and how long it lives.
    """
    drawing_format(out)
    drawing_stage(stage)
    network = Network.of(read_network(spec, set_, quiet=quiet))
    path = network.render(out, stage=stage, fold=fold, batch_size=batch)
    if not quiet:
        say(f"{path}: {stage} of {network.name}")
