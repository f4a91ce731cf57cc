"""Choose how every value lies in memory, and insert copies where two kernels cannot agree.

The choices, in order:

1. Maps get the halo that the windows reading them need.
2. What the caller feeds is row-major; parameters have their lanes along the units; the rest has its lanes along axis 1.
3. A kernel writes what it reads: pointwise chains keep the layout of their operand; the two sides of a flatten share
   their memory; a parameter's gradient lies as the parameter does.
4. A kernel that needs another layout of a value reads a copy of it (the transposed weights of input gradients).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from graphnet.core.types import BATCH, Extent, TensorType
from graphnet.ir.builder import axis_loops
from graphnet.ir.comprehension import Comprehension, Index, Read, Result
from graphnet.ir.expression import Load
from graphnet.ir.graph import Graph, Node, Value
from graphnet.ir.layout import Layout, blocked, filters, merge_runs, merged, plain, vectors_along
from graphnet.ir.schedule import FusedGraph, FusedKernel, reads_of


@dataclass(frozen=True, eq=False)
class LaidOutGraph:
    """A fused graph with a layout for every value that lies in memory.

    Attributes:
        aliases: values that are another's memory under another shape, and whose.
        views: the nodes that make such values; they do nothing.
    """

    fused: FusedGraph
    layouts: Mapping[Value, Layout]
    aliases: Mapping[Value, Value]
    views: frozenset[Node]


def default_layout(type: TensorType, lanes: int, halo: int = 0) -> Layout:
    """The layout of a value when nothing asks for another: it depends on the type alone."""
    rank, shape = type.rank, type.shape
    if rank == 0 or type.dtype in ("int32", "int64") or (rank == 1 and type.is_batched):
        return plain(shape)
    if type.is_batched:
        return blocked(shape, 1, lanes, halo if rank > 2 else 0)
    return blocked(shape, 0, lanes) if rank == 1 else filters(shape, lanes)


def choose_layouts(fused: FusedGraph, lanes: int, *, given: Mapping[Value, Layout] | None = None) -> LaidOutGraph:
    """Give each value a layout; see the module's docstring.

    Args:
        fused: the kernels.
        lanes: elements of a vector.
        given: layouts that are settled already.
    """
    chooser = _Chooser(fused, lanes)
    chooser.layouts.update(given or {})
    chooser.preferred.update(given or {})
    return chooser.run()


@dataclass
class _Chooser:
    fused: FusedGraph
    lanes: int
    layouts: dict[Value, Layout] = field(default_factory=dict)
    aliases: dict[Value, Value] = field(default_factory=dict)
    preferred: dict[Value, Layout] = field(default_factory=dict)
    copies: dict[tuple[Value, Layout], Value] = field(default_factory=dict)
    kernels: list[FusedKernel] = field(default_factory=list)
    views: list[Node] = field(default_factory=list)

    def run(self) -> LaidOutGraph:
        graph = self.fused.graph
        self.halos = _halos(graph)
        for value in (*graph.inputs, *graph.targets):
            self.layouts.setdefault(value, self._fed(value))
        for parameter in graph.parameters:
            self.layouts[parameter.value] = default_layout(parameter.value.type, self.lanes)
        for path, gradient in graph.gradients.items():
            self.preferred[gradient] = self.layouts[graph.parameter(path).value]
        for buffer, new in graph.updates:
            self.preferred[new] = self.layouts[buffer]
        for node in graph.nodes:
            if node.comprehension.view:
                self._prefer_view(node)
        for kernel in self.fused.kernels:
            self._place(kernel)
        nodes = tuple(node for kernel in self.kernels for node in kernel.nodes)
        laid = FusedGraph(replace(graph, nodes=nodes), tuple(self.kernels))
        return LaidOutGraph(laid, self.layouts, self.aliases, frozenset(self.views))

    def _fed(self, value: Value) -> Layout:
        """The layout of an input: rows padded to whole vectors for matrices, else row-major with its halo."""
        if value.type.rank == 2 and value.type.dtype == "float":
            return default_layout(value.type, self.lanes)
        return plain(value.type.shape, self.halos.get(value, 0) if value.type.rank > 2 else 0)

    def _default(self, value: Value) -> Layout:
        return default_layout(value.type, self.lanes, self.halos.get(value, 0))

    def _layout(self, value: Value) -> Layout:
        if value not in self.layouts:  # constants and run-time settings
            self.layouts[value] = plain(value.type.shape) if value.type.rank != 1 else self._default(value)
        return self.layouts[value]

    # -- views ---------------------------------------------------------------------------------------------------

    def _prefer_view(self, node: Node) -> None:
        """The flat side of a reshape lies as the other side does."""
        (source,), (target,) = node.inputs, node.outputs
        if merge_runs(source.type.shape, target.type.shape) is None and source not in self.preferred:
            layout = merged(self._default(target), target.type.shape, source.type.shape)
            if layout is not None and target.type.is_batched and layout.units > 1:
                self.preferred[source] = layout

    def _place_view(self, kernel: FusedKernel) -> None:
        (source,), (target,) = kernel.root.inputs, kernel.root.outputs
        shape, flat = source.type.shape, target.type.shape
        shared = merged(self._layout(source), shape, flat)
        if shared is None and merge_runs(shape, flat) is not None:  # its padding lies in the way
            copy = self._copy(kernel, source, plain(shape))
            kernel, source = _with_inputs(kernel, {(kernel.root, 0): copy}), copy
            shared = merged(self.layouts[copy], shape, flat)
        if shared is None:
            wanted = self._split_layout(source, target)
            self.layouts[target] = wanted
            if merged(wanted, flat, shape) != self._layout(source):
                self.kernels.append(_copying_view(kernel))
                return
        else:
            self.layouts[target] = shared
        self.aliases[target] = self.aliases.get(source, source)
        self.views.append(kernel.root)
        self.kernels.append(kernel)

    def _split_layout(self, source: Value, target: Value) -> Layout:
        """The layout of a value whose axes are parts of another's: its own choice, or row-major as the other lies."""
        if target in self.preferred:
            return self.preferred[target]
        as_it_is = plain(target.type.shape)
        is_shared = merged(as_it_is, target.type.shape, source.type.shape) == self._layout(source)
        return as_it_is if is_shared and not self.halos.get(target) else self._default(target)

    # -- kernels -------------------------------------------------------------------------------------------------

    def _place(self, kernel: FusedKernel) -> None:
        if kernel.root.comprehension.view:
            self._place_view(kernel)
            return
        out = self._out_layout(kernel)
        for node in kernel.nodes:
            for value in node.outputs:
                halo = self.halos.get(value, 0)
                self.layouts[value] = out if halo == out.halo else self._with_halo(value, out, halo)
        new: dict[tuple[Node, int], Value] = {}
        for node in kernel.nodes:
            op = node.comprehension
            for read in op.reads:
                value = node.inputs[read.operand]
                if value.producer in kernel.nodes:
                    continue
                wanted = self._wanted(op, read, value, out)
                if wanted is not None:
                    new[node, read.operand] = self._copy(kernel, value, wanted)
        self.kernels.append(_with_inputs(kernel, new) if new else kernel)

    def _with_halo(self, value: Value, out: Layout, halo: int) -> Layout:
        """The kernel's layout with the halo that this value's readers need."""
        default = self._default(value)
        return default if default.form() == out.form() else out

    def _out_layout(self, kernel: FusedKernel) -> Layout:
        op, values = kernel.root.comprehension, [v for node in kernel.nodes for v in node.outputs]
        for value in reversed(values):
            if value in self.preferred:
                return self.preferred[value]
        first = values[0]
        if op.family == "reduction" and self._folds_lanes(kernel.root):
            return plain(first.type.shape) if first.type.is_batched else self._default(first)
        if op.family == "pointwise":
            for node in kernel.nodes:
                for read in node.comprehension.reads:
                    value = node.inputs[read.operand]
                    if value.producer not in kernel.nodes and value.type.shape == first.type.shape:
                        layout = self._layout(value)
                        if layout.lanes > 1 or value.role == "node":
                            return self._default(first) if layout.form() == self._default(first).form() else layout
        return self._default(first)

    def _folds_lanes(self, node: Node) -> bool:
        """Whether the lanes of the largest operand are folded: vectors run along those, whatever the others have."""
        op = node.comprehension
        folded = {loop.name for loop in op.reduce}
        sizes = [(value.type.is_batched, value.type.size) for value in node.inputs]
        for read in op.reads:
            axis = self._layout(node.inputs[read.operand]).lane_axis
            is_largest = sizes[read.operand] == max(sizes)
            if is_largest and axis is not None and read.index[axis].loop in folded:
                return True
        return False

    def _wanted(self, op: Comprehension, read: Read, value: Value, out: Layout) -> Layout | None:
        """The layout that a kernel needs of an operand, or None if it can read it as it lies."""
        layout = self._layout(value)
        if op.family == "pointwise":
            full = value.type.shape == tuple(loop.extent for loop in op.out)
            needed = replace(out, halo=0) if full and layout.form() != out.form() and out.lanes > 1 else None
            return None if needed is None else _without_halo(value.type, out, self.lanes)
        if op.family == "contraction" and out.lanes > 1:
            return self._wanted_by_contraction(op, read, value, layout, out)
        return None

    def _wanted_by_contraction(
        self, op: Comprehension, read: Read, value: Value, layout: Layout, out: Layout
    ) -> Layout | None:
        lane_axis = out.lane_axis
        assert lane_axis is not None
        lane_loop, cut = op.out[lane_axis].name, out.along(lane_axis)
        lane = out.dims[-1]
        for axis, index in enumerate(read.index):
            if self._reads_narrow_groups(index, lane_loop) and not layout.has_lanes_along(axis, self.lanes):
                return blocked(value.type.shape, axis, self.lanes, self.halos.get(value, 0))
            if index.loop != lane_loop:
                continue
            cut = tuple(sorted(cut, key=lambda d: d is lane))  # the lane last
            if layout.lanes == out.lanes and layout.lane_axis == axis and layout.dims[-1].step == lane.step:
                steps = {(d.step, d.extent) for d in layout.along(axis)}
                if steps == {(d.step, d.extent) for d in cut} or layout.linear_stride(axis) == 1:
                    return None
            if value.type.is_batched:
                halo = self.halos.get(value, 0) if len(value.type.shape) > 2 else 0
                return blocked(self._with_whole_blocks(op, read, value, layout), axis, self.lanes, halo)
            return vectors_along(value.type.shape, axis, cut, self.lanes, out.units)
        ragged_blocks = layout.is_ragged and layout.units > layout.lanes
        if ragged_blocks and layout.linear_stride(layout.lane_axis or 0) is None and layout.dims[-1].step != 1:
            return default_layout(value.type, self.lanes)  # a flattened map whose last block is not full
        return None

    def _reads_narrow_groups(self, index: Index, lane_loop: str) -> bool:
        """Whether a vector of lanes reads several groups, each lane for its own."""
        return any(loop == lane_loop and size < self.lanes for loop, size, _ in index.groups) and len(index.terms) == 1

    def _with_whole_blocks(self, op: Comprehension, read: Read, value: Value, layout: Layout) -> tuple[Extent, ...]:
        """The shape of a value's copy: an axis that is folded in blocks of lanes has room for zeros in the last."""
        shape, axis = list(value.type.shape), layout.lane_axis
        if (
            axis is not None
            and read.index[axis].loop in {loop.name for loop in op.reduce}
            and layout.units > self.lanes
        ):
            shape[axis] = -(-layout.units // self.lanes) * self.lanes
        return tuple(shape)

    def _copy(self, kernel: FusedKernel, value: Value, layout: Layout) -> Value:
        if (value, layout) not in self.copies:
            root = kernel.root
            loops = axis_loops(value.type.shape)
            read = Read(0, tuple(Index.of(loop.name) for loop in loops))
            op = Comprehension("relayout", loops, (), (read,), (Result(Load(0), dtype=value.type.dtype),))
            name = f"{root.layer}/relayout.{len(self.copies) + 1}"
            node = Node.make(
                name, op, [value], op.types, span=root.span, scope=root.scope, layer=root.layer, backward=root.backward
            )
            (copy,) = node.outputs
            self.copies[value, layout] = copy
            self.layouts[copy] = layout
            self.kernels.append(FusedKernel(name, (node,), (value,), (copy,)))
        return self.copies[value, layout]


def _without_halo(type: TensorType, out: Layout, lanes: int) -> Layout:
    """The kernel's form for an operand's copy: the default layout where that is it, else the kernel's own."""
    default = default_layout(type, lanes)
    return default if default.form() == out.form() else out


def _with_inputs(kernel: FusedKernel, new: Mapping[tuple[Node, int], Value]) -> FusedKernel:
    """The kernel reading copies instead of some operands.

    Nodes are immutable, but a kernel's nodes keep their outputs: only the operands of the reading node change.
    """
    nodes = []
    for node in kernel.nodes:
        inputs = tuple(new.get((node, k), v) for k, v in enumerate(node.inputs))
        nodes.append(node if inputs == node.inputs else _rewired(node, inputs))
    return replace(kernel, nodes=tuple(nodes), reads=reads_of(nodes))


def _rewired(node: Node, inputs: tuple[Value, ...]) -> Node:
    """The node with other inputs and the same output values."""
    return replace(node, inputs=inputs)


def _copying_view(kernel: FusedKernel) -> FusedKernel:
    """A reshape whose two sides lie differently: read the flat position of each element."""
    node = kernel.root
    op, (source,) = node.comprehension, node.inputs
    target = node.outputs[0].type.shape
    runs = merge_runs(target, source.type.shape)
    assert runs is not None, "a reshape that copies goes from the flat side"
    index = []
    for run in runs:
        terms, factor = [], 1
        for axis in reversed(run):
            terms.append((op.out[axis].name, factor))
            if target[axis] != BATCH:
                factor *= int(target[axis])
        index.append(Index(tuple(reversed(terms))))
    moved = replace(op, view=False, reads=(Read(0, tuple(index)),), label="reshape")
    return replace(kernel, nodes=(replace(node, op=moved),))


def _halos(graph: Graph) -> dict[Value, int]:
    """How many columns of zeros each map needs: as far as any contraction reads beyond its rows."""
    halos: dict[Value, int] = {}
    for node in graph.nodes:
        op = node.comprehension
        if op.family != "contraction":
            continue
        extents = {name: int(e) for name, e in op.extents.items() if e != BATCH}
        for read in op.reads:
            value, index = node.inputs[read.operand], read.index[-1]
            if index.loop or value.type.rank < 3 or len(index.terms) < 2:
                continue
            low, high = index.range(extents)
            extent = int(value.type.shape[-1])
            beyond = max(0, -low // index.divisor, high // index.divisor - (extent - 1))
            halos[value] = max(halos.get(value, 0), beyond)
    return halos
