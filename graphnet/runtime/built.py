"""A program that was built for a purpose, and the kernels that it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphnet.ir.graph import Graph
from graphnet.runtime.arrays import Array
from graphnet.runtime.executable import Executable, Stage


@dataclass(frozen=True)
class Kernel:
    """A generated kernel.

    Attributes:
        name: of this use: the layers and steps it serves.
        nodes: the names of the graph's nodes that it computes.
        layers: where those were written.
        source: readable Python.
        target: `cpu`.
        program: the program that runs it: `predict`, `train`, ...
        family: pointwise, reduction, contraction or movement.
        backward: whether it computes gradients.
        form: what it computes, without layers; kernels of one form may still differ in their source.
    """

    name: str
    nodes: tuple[str, ...]
    layers: tuple[str, ...]
    source: str
    target: str
    program: str
    family: str
    backward: bool
    form: str = ""


@dataclass(frozen=True, eq=False)
class Built:
    """A program with the values to fetch from it.

    Attributes:
        hyper: the run-time numbers of an update, by region and name.
    """

    executable: Executable
    graph: Graph
    hyper: Sequence[Mapping[str, Array]] = ()


def kernels_of(stages: Sequence[Stage], purpose: str, target: str) -> list[Kernel]:
    """The kernels of a program, in order."""
    found = []
    for stage in stages:
        for kernel, generated in stage.kernels:
            layers = dict.fromkeys(
                f"{node.layer} ({node.span.short})" if node.span else node.layer for node in kernel.nodes if node.layer
            )
            names = tuple(node.name for node in kernel.nodes)
            found.append(
                Kernel(
                    kernel.name, names, tuple(layers), generated.source.text, target, purpose, generated.family,
                    kernel.root.backward, generated.source.name,
                )
            )  # fmt: skip
    return found
