"""What single stages of the compiler make of a network, without machine code: for figures and listings."""

from __future__ import annotations

from typing import Final

from graphnet.analysis.summary import MemoryFigures
from graphnet.compiler import Options, laid_out, options_for, parts_of, planned
from graphnet.frontend.network import Network
from graphnet.frontend.parameter_groups import paths_by_settings
from graphnet.ir.graph import Graph
from graphnet.ir.optimizer import Optimizer
from graphnet.ir.schedule import Schedule
from graphnet.runtime.built import Kernel, kernels_of
from graphnet.runtime.inspection import Inspector
from graphnet.runtime.store import Store
from graphnet.transforms.choose_layouts import default_layout

DEFAULT_BATCH: Final = 64
"""Most samples of a step, where nobody says."""


def batch_size_of(network: Network) -> int:
    """Most samples of a step, as the spec says under `train`, or the default."""
    return DEFAULT_BATCH if network.train is None else network.train.batch_size


def plan_of(network: Graph, purpose: str, options: Options) -> Schedule:
    """The kernels of a step with their memory plan, without the update of the parameters.

    Args:
        network: as the front end made it.
        purpose: `predict`, `train`, ...
        options: how to compile.
    """
    given = {p.value: default_layout(p.value.type, options.target.lanes) for p in network.parameters}
    laid = laid_out(network, purpose, options, Inspector(f"{network.name}-{purpose}"), given)
    return planned(laid, options=options, placed={*given, *laid.fused.graph.gradients.values()})


def memory_of(network: Graph, batch_size: int, dtype: str = "float32") -> MemoryFigures:
    """The memory that steps need besides the parameters: everything computed on the way, in one arena for each.

    Args:
        network: as the front end made it.
        batch_size: most samples of a step.
        dtype: `float32` or `float64`.
    """
    options = options_for(batch_size, dtype)
    inference = plan_of(network, "predict", options).plan
    if not network.losses:
        return MemoryFigures(None, inference.peak, inference.lower_bound)
    training = plan_of(network, "train", options).plan
    return MemoryFigures(training.peak, inference.peak, training.lower_bound)


def step_kernels(
    network: Graph, purpose: str, batch_size: int, dtype: str, optimizer: Optimizer,
    gradient_clip: float | None = None, *, exact: bool = False,
) -> list[Kernel]:  # fmt: skip
    """The generated kernels of a step, in the order in which they run.

    Args:
        network: as the front end made it.
        purpose: `predict`, or `train` for a whole training step.
        batch_size: most samples of a step.
        dtype: `float32` or `float64`.
        optimizer, gradient_clip: make the kernels of the update.
        exact: whether every convolution is computed term by term.
    """
    options = options_for(batch_size, dtype, exact=exact)
    groups = list(paths_by_settings(optimizer, network.parameters).values())
    store = Store(network, dtype, options.target.lanes, groups)
    parts = parts_of(network, purpose, store, optimizer, gradient_clip, options)
    return kernels_of(parts.stages, purpose, "cpu")
