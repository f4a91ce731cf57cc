"""What the tests of passes share: graphs of a few comprehensions, and what these compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from graphnet.ir.builder import Builder
from graphnet.ir.graph import Graph, Value
from graphnet.testing.arrays import distinct
from graphnet.testing.evaluate import evaluate

Computed = Callable[..., dict[str, np.ndarray]]


@pytest.fixture
def make_graph() -> Callable[..., Graph]:
    """A graph of a builder's nodes: `make_graph(b, [x], {"y": y}, gradients={...})`."""

    def make(b: Builder, inputs: Sequence[Value], outputs: Mapping[str, Value], **others: object) -> Graph:
        return Graph("test", tuple(inputs), tuple(b.nodes), dict(outputs), **others)  # type: ignore[arg-type]

    return make


@pytest.fixture
def computed() -> Computed:
    """Every named result of a graph by the direct evaluation, for seeded inputs and parameters."""

    def compute(graph: Graph, batch: int = 3) -> dict[str, np.ndarray]:
        given = [*graph.inputs, *graph.targets, *(p.value for p in graph.parameters)]
        bindings = {
            value: distinct([batch if e == "N" else e for e in value.type.shape], seed=k)
            for k, value in enumerate(given)
        }
        known = evaluate(graph.nodes, bindings, batch) if graph.nodes else dict(bindings)
        named = {
            **graph.outputs,
            **{f"gradient of {path}": v for path, v in graph.gradients.items()},
            **{f"gradient of {name}": v for name, v in graph.input_gradients.items()},
            **{f"new {buffer.name}": v for buffer, v in graph.updates},
        }
        return {name: known.get(value, bindings.get(value)) for name, value in named.items()}

    return compute
