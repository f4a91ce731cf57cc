"""Express every operator by comprehensions."""

from __future__ import annotations

from dataclasses import replace

from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Comprehension
from graphnet.ir.graph import Graph, Value
from graphnet.transforms.rewrite import map_results


def lower(graph: Graph, *, training: bool) -> Graph:
    """Replace each operator by what its `lower` builds.

    Args:
        graph: a network's graph, differentiated or not.
        training: normalise by the batch's statistics and update the running ones; drop units.
    """
    b = Builder(training=training)
    new: dict[Value, Value] = {}
    buffer_of: dict[Value, Value] = {}  # new values of buffers, and whose they are
    updates: tuple[tuple[Value, Value], ...] = ()
    for node in graph.nodes:
        inputs = [new.get(v, v) for v in node.inputs]
        with b.origin(node):
            if isinstance(node.op, Comprehension):
                made: Value | tuple[Value, ...] = b.comprehension(node.op, *inputs)
            else:
                made = node.op.lower(b, *inputs)
        new.update(zip(node.outputs, made if isinstance(made, tuple) else (made,), strict=True))
        for buffer, value in b.updates[len(updates) :]:  # a layer applied again goes on from the statistics so far
            new[buffer_of.get(buffer, buffer)] = value
            buffer_of[value] = buffer_of.get(buffer, buffer)
        updates = tuple(b.updates)
    lowered = map_results(graph, b.nodes, lambda v: new.get(v, v))
    buffers = [p.value for p in graph.parameters if p.value in new]
    return replace(lowered, updates=tuple((buffer, new[buffer]) for buffer in buffers))
