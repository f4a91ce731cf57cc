"""Compiled gradients against finite differences.

Everything runs in float64, through the same passes and code generation as training does. For each parameter and each
input of floats, derivatives along random directions are compared (they see every element at once), and those of some
single elements (of all, where there are few). What fails is narrowed down to one element.

A loss with kinks (relu, max pooling, hinge) has no derivative there. Steps are so short that a kink is rarely met;
where one is, steps shrink, then another direction is tried, and at last every number between the two one-sided
derivatives counts as right. Parameters are moved a little from where they are, so that biases of zero and the like do
not lie on kinks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from graphnet.core.diagnostics import RunError
from graphnet.core.source import SourceSpan
from graphnet.ir.graph import Graph, Node, Value
from graphnet.runtime.arrays import Array, pack
from graphnet.runtime.module import Module
from graphnet.testing.batches import random_batch
from graphnet.testing.differences import measure_noise
from graphnet.testing.gradient_report import Checked, GradientReport
from graphnet.testing.slopes import Check, Surface


def check_gradients(
    module: Module, batch: Mapping[str, Any] | None = None, *, samples: int = 2, directions: int = 2,
    elements: int = 2, inputs: bool = True, tolerance: float = 1e-6, shift: float = 0.05, seed: int = 0,
) -> GradientReport:  # fmt: skip
    """Compare a network's gradients with finite differences of its loss, in float64.

    The module itself is not touched: the network is compiled again. Dropout drops the same elements at every
    evaluation.

    Args:
        module: a compiled network with a loss.
        batch: inputs and targets; random ones by default.
        samples: of a random batch.
        directions: random directions for each parameter and input of more than 12 elements.
        elements: single elements of these, besides; of smaller ones all elements are checked.
        inputs: whether to check the gradients with respect to the inputs too.
        tolerance: the largest relative error that passes.
        shift: how far parameters are moved before, relative to their root mean square (at least 0.1).
        seed: of all random numbers.

    Returns:
        the report; it passes or not, nothing is raised for a wrong gradient.

    Raises:
        SpecError: the network has no loss, or the batch does not fit it.
        RunError: the loss is not finite.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    given = dict(batch) if batch is not None else random_batch(module.graph, samples, seed=seed)
    count = max((np.shape(array)[0] for array in given.values() if np.ndim(array)), default=1)
    double = module.recompiled(dtype="float64", batch_size=max(count, 1))
    graph = double.graph
    trained = [p.path for p in graph.parameters if p.trainable]
    double.load_parameters({path: _shifted(double.parameters[path], shift, rng) for path in trained}, strict=False)
    loss, gradients = double.loss_and_gradients(given)
    if not np.isfinite(loss):
        raise RunError(f"the loss is {loss}, so there is no gradient to check{_culprit(double, given)}")
    noise = measure_noise(_along_everything(double, given, rng))
    check = Check(rng, loss, noise, tolerance, directions, elements)

    checked: dict[str, Checked] = {}
    for path in trained:
        surface = Surface(double.parameters[path], gradients[path], _parameter_lines(double, path, given))
        checked[path] = check.run(surface).report(path, *_owner(graph, graph.parameter(path).value))
    checked_inputs: dict[str, Checked] = {}
    fed = {v.name: v for v in graph.inputs if v.type.dtype == "float"}
    for name, gradient in (double.input_gradients(given)[1] if inputs and fed else {}).items():
        surface = Surface(np.asarray(given[name], np.float64), gradient, _input_lines(double, name, given))
        checked_inputs[name] = check.run(surface).report(name, *_owner(graph, fed[name]))
    return GradientReport(graph.name, tolerance, loss, checked, checked_inputs)


def _parameter_lines(
    module: Module, path: str, batch: Mapping[str, Any]
) -> Callable[[Array], Callable[[float], float]]:
    """The loss along lines of a parameter, which is moved in its place, in the layout that it has there."""
    store = module.store
    memory, layout, shape = store.memory(path), store.layouts[path], store.parameters[path].value.type.shape
    origin = memory.copy()

    def along(direction: Array) -> Callable[[float], float]:
        packed = np.zeros_like(memory)
        pack(direction, packed, layout, shape)

        def loss_at(t: float) -> float:
            np.copyto(memory, origin + t * packed)
            loss = module.training_loss(batch)
            np.copyto(memory, origin)
            return loss

        return loss_at

    return along


def _input_lines(module: Module, name: str, batch: Mapping[str, Any]) -> Callable[[Array], Callable[[float], float]]:
    """The loss along lines of an input."""
    origin = np.asarray(batch[name], np.float64)

    def along(direction: Array) -> Callable[[float], float]:
        return lambda t: module.training_loss({**batch, name: origin + t * direction})

    return along


def _along_everything(module: Module, batch: Mapping[str, Any], rng: np.random.Generator) -> Callable[[float], float]:
    """The loss along a random direction that moves all trained parameters, and all inputs of floats, by length 1."""
    store, floats = module.store, [v.name for v in module.graph.inputs if v.type.dtype == "float"]
    direction, origin = np.zeros_like(store.values), store.values.copy()
    for path in store.offsets:
        store.write(path, rng.standard_normal(store.parameters[path].spec.shape), direction)
    direction /= float(np.linalg.norm(direction)) or 1.0
    moves = {name: rng.standard_normal(np.shape(batch[name])) for name in floats}
    length = float(np.sqrt(sum((move**2).sum() for move in moves.values()))) or 1.0

    def loss_at(t: float) -> float:
        np.copyto(store.values, origin + t * direction)
        loss = module.training_loss({**batch, **{name: batch[name] + t / length * moves[name] for name in floats}})
        np.copyto(store.values, origin)
        return loss

    return loss_at


def _shifted(array: Array, shift: float, rng: np.random.Generator) -> Array:
    """The array with normal numbers added, by a part of its root mean square."""
    typical = max(float(np.sqrt((array**2).mean())), 0.1)
    return np.asarray(array + shift * typical * rng.standard_normal(array.shape))


def _owner(graph: Graph, value: Value) -> tuple[str, str, SourceSpan | None]:
    """The operator, name and source of the layer that reads a value first."""
    node: Node | None = next((node for node in graph.nodes if value in node.inputs), None)
    return (node.op.name, node.name, node.span) if node is not None else ("nothing", value.name, None)


def _culprit(module: Module, batch: Mapping[str, Any]) -> str:
    """The first layer that is not finite, as the end of a sentence."""
    found = module.first_nonfinite(batch)
    if found is None:
        return ""
    name, span = found
    return f": the first layer that is not finite is '{name}'" + (f" ({span})" if span else "")
