"""The compiler on one page: every stage, with its types in view.

Network
  Graph           blocks expanded, shapes inferred, parameters declared          (frontend)
  Graph           losses attached, differentiated                                attach_loss, differentiate
  Graph           every operator expressed by comprehensions                     lower
  Graph           grouped contractions over whole axes                           join_groups
  Graph           dead code, common subexpressions, written-out formulas         simplify
  Graph           an end for the second of two loops over the batch              bound_pairs
  Graph           long sums cut into parts that workers share                    split_reductions
  Graph           gradients and updates computed in their places                 place_results
  FusedGraph      pointwise chains joined to the kernels that produce them       fuse
  LaidOutGraph    a layout for every value, copies where kernels disagree        choose_layouts
  LaidOutGraph    convolutions by minimal filtering where that is faster         choose_algorithms
  Schedule        kernels in order, an offset for every buffer                   make_schedule
  KernelSource    readable Python for every kernel                               generate_kernel
  Executable      compiled kernels with their memory
Module
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from graphnet.codegen.algorithms import choose_algorithms
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.cpu.vectors import accumulators, host_lanes
from graphnet.codegen.generate import CpuTarget, generate_kernel
from graphnet.ir.definitions import OPTIMIZERS
from graphnet.ir.graph import Graph, Value
from graphnet.ir.layout import Layout
from graphnet.ir.optimizer import Optimizer
from graphnet.ir.schedule import FusedGraph, Schedule
from graphnet.ir.verify import verify
from graphnet.runtime.built import Built
from graphnet.runtime.executable import Executable, Stage
from graphnet.runtime.inspection import Inspector
from graphnet.runtime.module import Module
from graphnet.runtime.store import Store
from graphnet.runtime.update import Update, UpdateBuilder
from graphnet.transforms.bound_pairs import bound_pairs
from graphnet.transforms.choose_layouts import LaidOutGraph, choose_layouts
from graphnet.transforms.differentiate import attach_loss, differentiate
from graphnet.transforms.fuse import fuse
from graphnet.transforms.join_groups import join_groups
from graphnet.transforms.lower import lower
from graphnet.transforms.place_results import place_results
from graphnet.transforms.schedule import make_schedule
from graphnet.transforms.simplify import simplify
from graphnet.transforms.split_reductions import split_reductions

Purpose = Literal[
    "predict", "evaluate", "trace", "loss", "gradients", "input_gradients", "train", "accumulate", "apply"
]  # fmt: skip


LEAST_GAIN = 1.1
"""How many times faster minimal filtering must be, by an estimate, before its larger rounding errors are worth it."""


@dataclass(frozen=True)
class Options:
    """How to compile.

    Attributes:
        target: vectors, element type and batch size to generate for.
        fusion: whether pointwise nodes join other kernels (off to test against).
        filtering: how many times faster minimal filtering (Winograd) must be, by an estimate, for a convolution to be
            computed by it; None to compute all of them term by term.
    """

    target: CpuTarget
    fusion: bool = True
    filtering: float | None = None


def options_for(batch_size: int, dtype: str, *, fusion: bool = True, exact: bool = False) -> Options:
    """The options for this machine; float64, which is there to check results, is always exact."""
    filtering = None if exact or dtype == "float64" else LEAST_GAIN
    return Options(CpuTarget(dtype, host_lanes(dtype), accumulators(), batch_size), fusion, filtering)


# -- the stages --------------------------------------------------------------------------------------------------


def graph_for(graph: Graph, purpose: Purpose) -> Graph:
    """The part of a network's graph that a purpose needs, differentiated where it asks for gradients."""
    match purpose:
        case "predict":
            return replace(graph, targets=(), losses=(), metrics=())
        case "trace":
            layers = {node.name: node.outputs[0] for node in graph.nodes}
            return replace(graph, losses=(), metrics=(), outputs=layers)
        case "evaluate":
            return attach_loss(graph)
        case "loss":
            attached = attach_loss(graph)
            return replace(attached, outputs={"loss": attached.outputs["loss"]}, metrics=())
        case "input_gradients":
            return replace(differentiate(attach_loss(graph), inputs=True), gradients={})
    return differentiate(attach_loss(graph))


def comprehensions_of(
    graph: Graph, *, training: bool, options: Options, inspect: Inspector, updates: bool = True
) -> Graph:
    """From operators to simplified comprehensions, with new values for running statistics or without."""
    target = options.target
    graph = inspect.graph("lower", verify(lower(graph, training=training), "lower"))
    graph = graph if updates else replace(graph, updates=())
    graph = verify(join_groups(graph, lanes=target.lanes), "join_groups")
    graph = inspect.graph("simplify", verify(simplify(graph), "simplify"))
    graph = verify(bound_pairs(graph, batch=target.batch), "bound_pairs")
    graph = verify(split_reductions(graph, batch=target.batch, lanes=target.lanes), "split_reductions")
    return inspect.graph("place_results", verify(place_results(graph), "place_results"))


def kernels_of(graph: Graph, *, options: Options, given: Mapping[Value, Layout], inspect: Inspector) -> LaidOutGraph:
    """From comprehensions to kernels with layouts."""
    fused: FusedGraph = fuse(graph, enabled=options.fusion)
    laid: LaidOutGraph = choose_layouts(fused, options.target.lanes, given=given)
    inspect.fused("choose_layouts", laid.fused)
    target = options.target
    limits = TileLimits(target.registers, target.batch)
    laid = choose_algorithms(laid, lanes=target.lanes, limits=limits, least_gain=options.filtering)
    inspect.fused("choose_algorithms", laid.fused)
    return laid


def planned(laid: LaidOutGraph, *, options: Options, placed: Collection[Value]) -> Schedule:
    """From kernels with layouts to a memory plan."""
    return make_schedule(laid, options.target.batch, np.dtype(options.target.dtype).itemsize, placed)


def generated(laid: LaidOutGraph, schedule: Schedule, *, options: Options, inspect: Inspector) -> Stage:
    """From planned kernels to source."""
    kernels = [k for k in laid.fused.kernels if k.root not in laid.views]
    sources = tuple((k, generate_kernel(k, laid, options.target)) for k in kernels)
    inspect.sources("generate", sources)
    return Stage(laid, schedule, sources)


# -- programs ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Parts:
    """A program before it becomes machine code.

    Attributes:
        stages: a step, and what a training step does behind it.
        places: memory of what lies outside of the stages' arenas.
        graph: has the values to fetch.
        update: what becomes of the gradients, if the purpose has that.
    """

    stages: Sequence[Stage]
    places: Mapping[Value, Any]
    graph: Graph
    update: Update | None = None


def build_program(module: Module, purpose: str, options: Options) -> Built:
    """Compile the program for a purpose, over the module's memory."""
    parts = parts_of(module.graph, purpose, module.store, module.optimizer, module.gradient_clip, options)
    target, hyper = options.target, parts.update.hyper if parts.update else ()
    executable = Executable(parts.stages, parts.places, module.step_block, module.device, target.dtype, target.batch)
    return Built(executable, parts.graph, hyper)


def parts_of(
    network: Graph, purpose: Any, store: Store, optimizer: Optimizer, gradient_clip: float | None, options: Options
) -> Parts:
    """Generate the program for a purpose."""
    inspect = Inspector(f"{network.name}-{purpose}")
    if purpose == "apply":
        update = _update(purpose, store, optimizer, gradient_clip, options)
        stage = _update_stage(update, options, inspect, [])
        return Parts([stage], update.places, update.graph, update)
    laid = laid_out(network, purpose, options, inspect, store.laid())
    graph, places = laid.fused.graph, dict(store.places())
    for path, value in graph.gradients.items():
        places[value] = store.memory(path, store.gradients)
    schedule = planned(laid, options=options, placed=places)
    stage = generated(laid, schedule, options=options, inspect=inspect)
    if purpose not in ("train", "accumulate"):
        return Parts([stage], places, graph)
    update = _update(purpose, store, optimizer, gradient_clip, options, laid)
    new = [value for _, value in graph.updates]
    after = _update_stage(update, options, inspect, [graph.outputs["loss"], *new])
    return Parts([stage, after], {**places, **update.places}, graph, update)


def laid_out(
    network: Graph, purpose: Any, options: Options, inspect: Inspector, given: Mapping[Value, Layout]
) -> LaidOutGraph:
    """The forward pass, and the backward pass where the purpose has one, as kernels with layouts."""
    inspect.begin()
    graph = inspect.graph("differentiate", graph_for(network, purpose))
    training, updates = purpose not in ("predict", "evaluate"), purpose in ("train", "accumulate")
    lowered = comprehensions_of(graph, training=training, updates=updates, options=options, inspect=inspect)
    return kernels_of(lowered, options=options, given=given, inspect=inspect)


def _update(
    purpose: str, store: Store, optimizer: Optimizer, gradient_clip: float | None, options: Options,
    laid: LaidOutGraph | None = None,
) -> Update:  # fmt: skip
    """What a training step does with its gradients."""
    graph = laid.fused.graph if laid else None
    builder = UpdateBuilder(store, options.target.lanes, graph.outputs["loss"] if graph else None)
    if laid is not None and graph is not None:
        builder.write_back(graph.updates, {value: laid.layouts[value] for _, value in graph.updates})
    if purpose == "accumulate":
        builder.accumulate()
    else:
        gradients = store.state("accumulated gradient") if purpose == "apply" else store.gradients
        builder.apply(optimizer, gradient_clip, gradients)
    return builder.build()


def _update_stage(update: Update, options: Options, inspect: Inspector, given: Sequence[Value]) -> Stage:
    verify(update.graph, "update", given)
    laid = kernels_of(update.graph, options=options, given=update.layouts, inspect=inspect)
    schedule = planned(laid, options=options, placed={*update.places, *given})
    return generated(laid, schedule, options=options, inspect=inspect)


# -- what users call ---------------------------------------------------------------------------------------------


def compile_graph(
    network: Any, *, batch_size: int = 64, device: str = "cpu", dtype: str = "float32", threads: int | None = None,
    seed: int = 0, optimizer: Any = None, gradient_clip: float | None = None, exact: bool = False, fusion: bool = True,
    module_class: type[Module] = Module,
) -> Module:  # fmt: skip
    """Compile a network to a module; `gn.compile` is this with a spec's defaults and clear errors for bad options."""
    options = options_for(batch_size, dtype, fusion=fusion, exact=exact)
    graph: Graph = network.graph

    def make_store(groups: Sequence[Sequence[str]]) -> Store:
        return Store(graph, dtype, options.target.lanes, groups)

    def recompile(*, dtype: str, batch_size: int) -> Module:
        return compile_graph(
            network, batch_size=batch_size, device=device, dtype=dtype, threads=threads, seed=seed,
            optimizer=optimizer, gradient_clip=gradient_clip, exact=exact, fusion=fusion, module_class=module_class,
        )  # fmt: skip

    return module_class(
        network, lambda module, purpose: build_program(module, purpose, options), make_store, recompile,
        optimizer=optimizer if optimizer is not None else OPTIMIZERS["sgd"](), gradient_clip=gradient_clip,
        batch_size=batch_size, dtype=dtype, device=device, threads=threads, seed=seed,
    )  # fmt: skip
