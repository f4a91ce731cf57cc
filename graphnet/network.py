"""The public network: what `load` returns and `Network("name")` begins, with drawings of what the compiler makes of it.

The front end's network cannot draw itself, since it lies below the passes and the drawings. So the class that users
meet is made here, where both can be seen, and adds just that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphnet.compiler import graph_for, laid_out, options_for
from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.frontend import loader
from graphnet.frontend.network import Network as PlainNetwork
from graphnet.ir.graph import Graph
from graphnet.ir.schedule import FusedGraph, Schedule
from graphnet.runtime.inspection import Inspector
from graphnet.stages import plan_of
from graphnet.transforms.choose_layouts import default_layout
from graphnet.view.render import drawing_format, drawing_stage, render

DRAWN_BATCH = 64
"""The batch size of drawings of memory for a network that does not say its own."""


class Network(PlainNetwork):
    __doc__ = PlainNetwork.__doc__

    def render(
        self, path: str | Path, *, stage: str = "graph", fold: bool = True, batch_size: int | None = None
    ) -> Path:
        """Draw a stage of the compilation: `net.render("resnet18.svg")`.

        Args:
            path: the file to write; its ending says how: svg, png, pdf, or dot for Graphviz's text.
            stage: `graph` (the layers), `training` (with the backward pass), `fused` (the kernels) or `memory` (the
                plan of the arena). The last two are of a training step, or of a prediction where there is no loss.
            fold: draw repeated blocks once, and a layer's gradient as one box.
            batch_size: of the memory plan; by default the one to train with.

        Returns:
            the path of the drawing.

        Raises:
            SpecError: there is no such stage, the network has no loss to differentiate, or nothing is drawn in files
                of this ending.
            RunError: the file cannot be written.
        """
        drawing_format(path)  # before any work is done
        drawn = drawing_stage(stage)
        if batch_size is None:
            batch_size = self.train.batch_size if self.train is not None else DRAWN_BATCH
        return render(compiled_stage(self.graph, drawn, batch_size), path, drawn, fold)


def load(path: str | Path, /, **params: Any) -> Network:
    return Network.of(loader.load(path, **params))


def loads(text: str, /, *, name: str = "<text>", root: str | Path | None = None, **params: Any) -> Network:
    return Network.of(loader.loads(text, name=name, root=root, **params))


load.__doc__, loads.__doc__ = loader.load.__doc__, loader.loads.__doc__


def compiled_stage(graph: Graph, stage: str, batch_size: int) -> Graph | FusedGraph | Schedule:
    """What the compiler makes of a network, up to the stage of a drawing; no machine code.

    Args:
        graph: of the network.
        stage: `graph`, `training`, `fused` or `memory`.
        batch_size: of the plan.
    """
    if stage == "graph":
        return graph
    if stage == "training":
        if not graph.losses:
            raise SpecError(
                Diagnostic(
                    "loss", f"network '{graph.name}' has no loss", expected="a loss to differentiate", found="none",
                    hint="draw the stage `graph`, `fused` or `memory`",
                )
            )  # fmt: skip
        return graph_for(graph, "gradients")
    options = options_for(batch_size, "float32")
    purpose = "train" if graph.losses else "predict"
    if stage == "memory":
        return plan_of(graph, purpose, options)
    layouts = {p.value: default_layout(p.value.type, options.target.lanes) for p in graph.parameters}
    return laid_out(graph, purpose, options, Inspector(f"{graph.name}-{stage}"), layouts).fused
