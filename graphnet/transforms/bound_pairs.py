"""Give values over pairs of samples a second axis of known length.

A loss that compares every sample with every other computes with pairs, (N, N). Memory and vectors need axes of known
length, and of a value's axes only the first may be the batch. So the second loop over the batch runs over as many
samples as a step may have:

* What it reads of the batch, it reads of a copy, (most samples, ...), that holds zeros beyond the step's samples.
* Values over pairs hold zeros there, too, and folds leave out what lies there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from graphnet.core.types import BATCH
from graphnet.ir.builder import axis_loops, whole_or_part
from graphnet.ir.comprehension import Comprehension, Index, Loop, Read, Result
from graphnet.ir.expression import BatchSize, Coordinate, Expression, Load, where
from graphnet.ir.graph import Graph, Node, Value
from graphnet.transforms.rewrite import map_results, rebuilt

NOTHING = {"sum": 0.0, "max": -math.inf, "min": math.inf, "argmax": -math.inf}
"""What changes no fold."""


def bound_pairs(graph: Graph, *, batch: int) -> Graph:
    """Let every loop over the batch, but the first of a node's outputs, run over `batch` samples.

    Sums over samples alone, such as those of a weight's gradient, stay as they are.

    Args:
        graph: lowered and simplified.
        batch: most samples of a step.
    """
    rewriter = _Rewriter(batch)
    for node in graph.nodes:
        rewriter.add(node)
    return map_results(graph, rewriter.nodes, lambda v: rewriter.new.get(v, v))


class _Rewriter:
    """Collects the nodes of the new graph.

    Attributes:
        new: what became of values that are computed otherwise now.
        copies: of batched values, with an axis of known length for the batch.
    """

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.nodes: list[Node] = []
        self.new: dict[Value, Value] = {}
        self.copies: dict[Value, Value] = {}

    def add(self, node: Node) -> None:
        """Take a node, bounded where it has a second loop over the batch."""
        inputs = [self.new.get(v, v) for v in node.inputs]
        second = _second_loops(node.comprehension)
        if not second and inputs == list(node.inputs):
            self.nodes.append(node)
            return
        made = rebuilt(node, *self._bounded(node, inputs, second))
        self.nodes.append(made)
        self.new.update(zip(node.outputs, made.outputs, strict=True))

    def _bounded(self, node: Node, inputs: list[Value], second: set[str]) -> tuple[Comprehension, list[Value]]:
        op = node.comprehension

        def bounded(loop: Loop) -> Loop:
            return Loop(loop.name, self.batch) if loop.name in second else loop

        op = replace(op, out=tuple(map(bounded, op.out)), reduce=tuple(map(bounded, op.reduce)))
        operands: list[Value] = []
        reads = []
        for read in op.reads:
            value = inputs[read.operand]
            if value.type.is_batched and read.index[0].loops & second:
                value = self._copy(node, value)
            if value not in operands:
                operands.append(value)
            index = whole_or_part(value.type, read.index, op.extents)
            reads.append(replace(read, operand=operands.index(value), index=index))
        op = replace(op, reads=tuple(reads))
        if op.family != "contraction" and not op.view:  # products of zeros are zero, and views hold what they show
            op = replace(op, results=tuple(_cleared(op, result, second) for result in op.results))
        return op, operands

    def _copy(self, node: Node, value: Value) -> Value:
        """All samples of a value, and zeros up to the most samples that a step may have."""
        if value not in self.copies:
            loops = axis_loops((self.batch, *value.type.shape[1:]))
            extents = {loop.name: loop.extent for loop in loops}
            index = whole_or_part(value.type, [Index.of(loop.name) for loop in loops], extents)
            op = Comprehension("samples", loops, (), (Read(0, index),), (Result(Load(0), dtype=value.type.dtype),))
            made = Node.make(
                f"{node.name}/samples.{len(self.copies) + 1}", op, [value], op.types, span=node.span, scope=node.scope,
                layer=node.layer, frozen=node.frozen, backward=node.backward,
            )  # fmt: skip
            self.nodes.append(made)
            self.copies[value] = made.outputs[0]
        return self.copies[value]


def _second_loops(op: Comprehension) -> set[str]:
    """The loops over the batch that need an end: those along another axis than the first, of the outputs or a read."""
    batched = {loop.name for loop in (*op.out, *op.reduce) if loop.extent == BATCH}
    inner = {name for read in op.reads for index in read.index[1:] for name in index.loops}
    inner |= {loop.name for loop in op.out}
    return (batched & inner) - {loop.name for loop in op.out[:1]}


def _cleared(op: Comprehension, result: Result, second: set[str]) -> Result:
    """The result with nothing folded that lies beyond the step's samples, and with zeros there."""

    def within(loops: Iterable[Loop], expression: Expression, otherwise: float) -> Expression:
        for loop in loops:
            if loop.name in second:
                expression = where(Coordinate(loop.name) < BatchSize(), expression, otherwise)
        return expression

    folded = within(op.reduce, result.expression, NOTHING[result.fold or "sum"])
    return replace(result, expression=within(op.out, folded, 0.0))
