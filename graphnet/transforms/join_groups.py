"""Write grouped contractions over the channels themselves, instead of over groups and the channels of each.

An operator says `y[n, g, o, ...] = sum over c of x[n, g, c, ...] * w[g, o, c, ...]`, on reshaped operands, and reshapes
the result. Here that becomes `y[n, o, ...] = sum over c of x[n, o//4*4 + c, ...] * w[o, c, ...]`, for groups of 4: maps
keep the layout that everything around has, and what follows can be fused. With one channel in each group, nothing but
`x[n, o, ...] * w[o, 0, ...]` is left.

That needs groups that fill vectors, or of which a number fills one. Others stay axes of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphnet.core.types import BATCH, Extent
from graphnet.ir.comprehension import Comprehension, Index, Loop, Read, Result
from graphnet.ir.expression import Load
from graphnet.ir.graph import Graph, Node, Value
from graphnet.transforms.rewrite import map_results, rebuilt


def join_groups(graph: Graph, *, lanes: int) -> Graph:
    """Rewrite every contraction whose groups suit vectors of `lanes` elements; reshapes are left to be removed."""
    readers = graph.consumers()
    results = set(graph.results)
    new: dict[Value, Value] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        if not new.keys().isdisjoint(node.outputs):
            continue  # the reshape of a result that needs none
        grouping = None if results.intersection(node.outputs) else _grouping(node, readers.get(node.outputs[0], []))
        if grouping is not None and grouping.suits(lanes):
            *copies, made = _joined(node, grouping, new)
            (reshaped,) = readers[node.outputs[0]]
            new[reshaped.outputs[0]] = made.outputs[0]
            nodes += [*copies, made]
            continue
        inputs = [new.get(v, v) for v in node.inputs]
        made = node if inputs == list(node.inputs) else rebuilt(node, node.op, inputs)
        new.update((a, b) for a, b in zip(node.outputs, made.outputs, strict=True) if a is not b)
        nodes.append(made)
    return map_results(graph, nodes, lambda v: new.get(v, v))


@dataclass(frozen=True)
class _Grouping:
    """The groups of a contraction.

    Attributes:
        axis: of the groups in the output; the next axis counts positions in a group.
        operand_axes: the same for each read.
        widths: positions in a group: of the output, then of each read.
    """

    axis: int
    operand_axes: tuple[int, ...]
    widths: tuple[int, ...]

    def suits(self, lanes: int) -> bool:
        """Whether groups are whole vectors, or all of one width that divides a vector."""
        first = self.widths[0]
        return all(w % lanes == 0 for w in self.widths) or (lanes % first == 0 and set(self.widths) == {first})


def _grouping(node: Node, readers: Sequence[Node]) -> _Grouping | None:
    """The groups of a contraction whose operands were cut into groups, and whose result is put together again."""
    op = node.comprehension
    if op.family != "contraction" or len(readers) != 1 or not readers[0].comprehension.view:
        return None
    shape = tuple(loop.extent for loop in op.out)
    axis = _merged_axis(shape, readers[0].outputs[0].type.shape)
    if axis is None:
        return None
    group, axes, widths = op.out[axis].name, [], [int(op.out[axis + 1].extent)]
    for read in op.reads:
        producer = node.inputs[read.operand].producer
        if producer is None or not producer.comprehension.view:
            return None
        cut = _merged_axis(producer.outputs[0].type.shape, producer.inputs[0].type.shape)
        if cut is None or read.index[cut].loop != group or read.index[cut + 1].loop is None:
            return None
        if any(group in index.loops for k, index in enumerate(read.index) if k != cut):
            return None
        axes.append(cut)
        widths.append(int(producer.outputs[0].type.shape[cut + 1]))
    return _Grouping(axis, tuple(axes), tuple(widths))


def _merged_axis(shape: Sequence[Extent], flat: Sequence[Extent]) -> int | None:
    """The axis that, with the next one, is a single axis of `flat`, which is the same otherwise."""
    for axis in range(len(flat)) if len(shape) == len(flat) + 1 else ():
        pair = shape[axis], shape[axis + 1]
        rest = (*shape[:axis], *shape[axis + 2 :]) == (*flat[:axis], *flat[axis + 1 :])
        if rest and BATCH not in (*pair, flat[axis]) and int(pair[0]) * int(pair[1]) == flat[axis]:
            return axis
    return None


def _joined(node: Node, grouping: _Grouping, new: dict[Value, Value]) -> list[Node]:
    """The contraction over whole axes, after the copies of operands that it needs."""
    op, axis = node.comprehension, grouping.axis
    groups, joint = op.out[axis], op.out[axis + 1]
    width = int(joint.extent)
    out = (*op.out[:axis], Loop(joint.name, int(groups.extent) * width), *op.out[axis + 2 :])
    positions = {read.index[cut + 1].loop for read, cut in zip(op.reads, grouping.operand_axes, strict=True)}
    single = {loop.name for loop in op.reduce if loop.extent == 1 and loop.name in positions}
    reads: list[Read] = []
    operands: list[Value] = []
    copies: list[Node] = []
    for slot, (read, cut) in enumerate(zip(op.reads, grouping.operand_axes, strict=True)):
        source = node.inputs[read.operand].producer
        assert source is not None
        value = new.get(source.inputs[0], source.inputs[0])
        inner = read.index[cut + 1].loop
        assert inner is not None
        per_group = _at_group(joint.name, width, grouping.widths[slot + 1])
        position = Index.of(joint.name) if inner == joint.name else _plus(per_group, inner, op.extents[inner])
        rest = [_within_group(index, joint.name, width, single) for index in read.index]
        index = (*rest[:cut], position, *rest[cut + 2 :])
        if sum(joint.name in i.loops for i in index) > 1:
            copy = _by_position(node, value, index, joint.name, {loop.name: loop for loop in (*out, *op.reduce)})
            copies.append(copy)
            value, index = copy.outputs[0], tuple(Index.of(loop.name) for loop in copy.comprehension.out)
        operands.append(value)
        reads.append(Read(slot, index, read.fill))
    reduce = tuple(loop for loop in op.reduce if loop.name not in single)
    results = op.results if reduce else tuple(replace(r, fold=None) for r in op.results)
    made = replace(op, out=out, reduce=reduce, reads=tuple(reads), results=results)
    return [*copies, rebuilt(node, made, operands)]


def _at_group(loop: str, width: int, other: int) -> Index:
    """Where the group of a loop's position begins on an axis whose groups have another width."""
    return Index(((loop, other),)) if width == 1 else Index(groups=((loop, width, other),))


def _plus(index: Index, loop: str, extent: Extent) -> Index:
    """An index and a loop, which is left out if it has one position."""
    return index if extent == 1 else replace(index, terms=(*index.terms, (loop, 1)))


def _within_group(index: Index, loop: str, width: int, single: set[str]) -> Index:
    """An index with a loop over positions in a group replaced by one over the whole axis."""
    terms = tuple((name, c) for name, c in index.terms if name not in single and (name != loop or width > 1))
    groups = tuple((name, width, -c * width) for name, c in terms if name == loop)
    return replace(index, terms=terms, groups=(*index.groups, *groups))


def _by_position(node: Node, value: Value, index: tuple[Index, ...], loop: str, loops: dict[str, Loop]) -> Node:
    """A copy of an operand whose first axis is a loop that several of its own depend on: transposed group by group."""
    others = [i.loop for i in index if i.loop is not None and i.loop != loop]
    inner = [name for i in index for name, _ in i.terms if i.loop is None and name != loop]
    out = tuple(loops[name] for name in (loop, *inner, *others))
    made = Comprehension("by_group", out, (), (Read(0, index),), (Result(Load(0)),))
    return Node.make(
        f"{node.name}/by_group", made, [value], made.types, span=node.span, scope=node.scope, layer=node.layer,
        frozen=node.frozen, backward=node.backward,
    )  # fmt: skip
