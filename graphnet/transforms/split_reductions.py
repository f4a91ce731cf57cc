"""Cut long sums with few results into partial sums that workers can share.

How a sum is cut depends on shapes alone, never on the number of workers, and the parts are added in order: so
results are the same bit for bit on any number of threads.
"""

from __future__ import annotations

from dataclasses import replace

from graphnet.core.types import BATCH
from graphnet.ir.comprehension import Comprehension, Index, Loop, Read, Result
from graphnet.ir.expression import Coordinate, Load, Uniform, loads, walk
from graphnet.ir.graph import Graph, Node, Value
from graphnet.transforms.rewrite import map_results, rebuilt

TASKS = 64
"""Tasks that a kernel should have, to keep any number of workers busy."""
SMALL = 4096
"""Multiply-adds or elements below which a sum is not worth cutting."""


def split_reductions(graph: Graph, *, batch: int, lanes: int) -> Graph:
    """Cut sums over the batch: chunks of samples become an output axis, summed by a second node.

    Args:
        graph: lowered and simplified.
        batch: most samples of a step.
        lanes: elements of a vector (results that share a vector share a task).
    """
    new: dict[Value, Value] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        inputs = [new.get(v, v) for v in node.inputs]
        moved = node if inputs == list(node.inputs) else rebuilt(node, node.op, inputs)
        chunks = _chunks(moved.comprehension, batch, lanes)
        made = [moved] if chunks < 2 else _split(moved, chunks, batch)
        nodes.extend(made)
        new.update((a, b) for a, b in zip(node.outputs, made[-1].outputs, strict=True) if a is not b)
    return map_results(graph, nodes, lambda v: new.get(v, v))


def _chunks(op: Comprehension, batch: int, lanes: int) -> int:
    """How many parts to cut a sum into; 1 for none."""
    over_batch = [loop for loop in op.reduce if loop.extent == BATCH]
    plain = all(i.loop or i.coefficient("n") == 0 for r in op.reads for i in r.index)
    counted = any(isinstance(e, (Coordinate, Uniform)) for r in op.results for e in walk(r.expression))
    if not over_batch or over_batch[0].name != "n" or not plain or counted or any(r.fold != "sum" for r in op.results):
        return 1
    ends = {slot for slot, read in enumerate(op.reads) if any(i.loop == "n" for i in read.index)}
    if not all(loads(r.expression) & ends for r in op.results):  # the last part would not end with the samples
        return 1
    if any(loop.extent == BATCH for loop in op.out):  # samples share the work already
        return 1
    work, results = 1, 1
    for loop in op.out:
        results *= int(loop.extent)
    for loop in op.reduce:
        work *= batch if loop.extent == BATCH else int(loop.extent)
    if work * results < SMALL or len(op.out) == 0:
        return 1
    vectors = max(1, results // min(lanes, int(op.out[0].extent)))
    return min(batch, -(-TASKS // vectors)) if vectors < TASKS // 2 else 1


def _split(node: Node, chunks: int, batch: int) -> list[Node]:
    """The partial sums, and their sum."""
    partial, total = split_sum(node.comprehension, chunks, batch)
    first = Node.make(
        f"{node.name}/part", partial, node.inputs, partial.types, span=node.span, scope=node.scope, layer=node.layer,
        frozen=node.frozen, backward=node.backward,
    )  # fmt: skip
    return [first, rebuilt(node, total, first.outputs)]


def split_sum(op: Comprehension, chunks: int, batch: int) -> tuple[Comprehension, Comprehension]:
    """The sums over the samples of each part of a batch, and the sum of what those give."""
    size = -(-batch // chunks)
    chunks = -(-batch // size)
    part, within = Loop("part", chunks), Loop("q", size)
    at = Index((("part", size), ("q", 1)))
    reads = tuple(replace(r, index=tuple(at if i.loop == "n" else i for i in r.index)) for r in op.reads)
    reduce = tuple(within if loop.name == "n" else loop for loop in op.reduce)
    partial = replace(op, label=f"{op.label}_part", out=(*op.out, part), reduce=reduce, reads=reads)
    index = tuple(Index.of(loop.name) for loop in (*op.out, part))
    total = Comprehension(
        f"{op.label}_total", op.out, (part,), tuple(Read(k, index) for k in range(len(op.results))),
        tuple(Result(Load(k), "sum") for k in range(len(op.results))),
    )  # fmt: skip
    return partial, total
