"""Choose how contractions are computed: term by term, or by minimal filtering where that is faster.

    y = sum of x[n, c, h + i - 1, w + j - 1] * w[o, c, i, j]

becomes, once layouts are known, two kernels: one transforms the weights, the other is the same contraction, marked as
computed in tiles, with the transformed weights as one more input. What a kernel computes stays the same, so everything
that was fused behind it stays as it is. Results differ by more roundings: see `winograd_tile`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.cpu.winograd_plan import SIZES, GradientPlan, WindowForm, WinogradPlan
from graphnet.codegen.cpu.winograd_tile import TAPS, matrices
from graphnet.codegen.kernel_frame import KernelFrame
from graphnet.core.types import TensorType
from graphnet.ir.comprehension import Comprehension, Filtering, Index, Loop, Read, Result
from graphnet.ir.expression import Call, Load
from graphnet.ir.graph import Node, Value
from graphnet.ir.layout import Dim, Layout, filters, plain
from graphnet.ir.schedule import FusedKernel, reads_of
from graphnet.transforms.choose_layouts import LaidOutGraph
from graphnet.transforms.split_reductions import split_sum


def choose_algorithms(laid: LaidOutGraph, *, lanes: int, limits: TileLimits, least_gain: float | None) -> LaidOutGraph:
    """Mark the contractions that minimal filtering computes faster, and add the kernels that transform their weights.

    Args:
        laid: kernels with layouts.
        lanes: elements of a vector.
        limits: what register tiles may use.
        least_gain: how many times faster it must be, by an estimate; None to leave everything as it is.
    """
    if least_gain is None:
        return laid
    chooser = _Chooser(dict(laid.layouts), lanes)
    for kernel in laid.fused.kernels:
        frame = KernelFrame(kernel, chooser.layouts)
        plans = [plan(frame, lanes, limits, size) for plan in (WinogradPlan, GradientPlan) for size in SIZES]
        best = max((plan for plan in plans if plan.prepare()), key=lambda plan: plan.gain(), default=None)
        if best is None or best.gain() < least_gain:
            chooser.kernels.append(kernel)
        elif isinstance(best, GradientPlan):
            chooser.filter_gradient(kernel, best, limits.batch)
        else:
            chooser.filter(kernel, best.form, best.size)
    nodes = tuple(node for kernel in chooser.kernels for node in kernel.nodes)
    fused = replace(laid.fused, graph=replace(laid.fused.graph, nodes=nodes), kernels=tuple(chooser.kernels))
    return replace(laid, fused=fused, layouts=chooser.layouts)


@dataclass
class _Chooser:
    layouts: dict[Value, Layout]
    lanes: int
    kernels: list[FusedKernel] = field(default_factory=list)
    constants: dict[int, Value] = field(default_factory=dict)
    transformed: dict[tuple[Value, tuple[Index, ...], int], Value] = field(default_factory=dict)

    def filter(self, kernel: FusedKernel, form: WindowForm, size: int) -> None:
        """Take a kernel with its contraction by minimal filtering."""
        u = self._weights(kernel, form, size)
        root = kernel.root
        marked = replace(root.comprehension, filtering=Filtering("windows", size))
        node = replace(root, op=marked, inputs=(*root.inputs, u))
        self.kernels.append(replace(kernel, nodes=(node, *kernel.nodes[1:]), reads=(*kernel.reads, u)))

    def filter_gradient(self, kernel: FusedKernel, plan: GradientPlan, batch: int) -> None:
        """Take a kernel with its gradient of weights by minimal filtering, which may be summed in parts."""
        root = kernel.root
        filtering = Filtering("gradient", plan.size)
        if plan.parts == 1:
            node = replace(root, op=replace(root.comprehension, filtering=filtering))
            self.kernels.append(replace(kernel, nodes=(node, *kernel.nodes[1:])))
            return
        partial, total = split_sum(root.comprehension, plan.parts, batch)
        first = Node.make(
            f"{root.name}/part", replace(partial, filtering=filtering), root.inputs, partial.types, span=root.span,
            scope=root.scope, layer=root.layer, backward=root.backward,
        )  # fmt: skip
        (parts,) = first.outputs
        layout, last = self.layouts[root.outputs[0]], len(partial.out) - 1
        outermost = Dim(last, 1, partial.out[last].extent, layout.sample_size)
        size = layout.sample_size * int(partial.out[last].extent)
        self.layouts[parts] = replace(layout, dims=(outermost, *layout.dims), sample_size=size)
        self.kernels.append(FusedKernel(first.name, (first,), root.inputs, first.outputs))
        nodes = (replace(root, op=total, inputs=first.outputs), *kernel.nodes[1:])
        self.kernels.append(replace(kernel, nodes=nodes, reads=reads_of(nodes)))

    def _weights(self, kernel: FusedKernel, form: WindowForm, size: int) -> Value:
        """The transformed weights: u[o, c, a, b] = sum over i, j of g[a, b, i, j] * w[o, c, i, j], or of w turned."""
        root, op = kernel.root, kernel.root.comprehension
        read = op.reads[form.w]
        weights, side = root.inputs[read.operand], size + TAPS - 1
        turned = {window.tap for window in (form.rows, form.columns) if window.turned}
        taps = (form.rows.tap, form.columns.tap)
        index = tuple(Index(((i.loop, -1),), TAPS - 1) if i.loop in turned else i for i in read.index)
        out = (
            *(Loop(name, op.extents[name]) for name in (form.unit, form.channel)),
            *(Loop(name, side) for name in _unused(2, {loop.name for loop in (*op.out, *op.reduce)})),
        )
        names = {form.unit: "o", form.channel: "c", form.rows.tap: "i", form.columns.tap: "j"}
        names |= dict(zip((loop.name for loop in out[2:]), "ab", strict=True))
        of_points = tuple(Index.of(name) for name in (*(loop.name for loop in out[2:]), *taps))
        made = Comprehension(
            "winograd_weights", out, tuple(Loop(tap, TAPS) for tap in taps), (Read(0, of_points), Read(1, index)),
            (Result(Call("multiply", (Load(0), Load(1))), "sum"),), filtering=Filtering("weights", size),
        ).renamed(names)  # fmt: skip
        key = weights, made.reads[1].index, size
        if key not in self.transformed:
            node = Node.make(
                f"{root.name}/{made.label}", made, [self._constant(size), weights], made.types, span=root.span,
                scope=root.scope, layer=root.layer, backward=root.backward,
            )  # fmt: skip
            (u,) = node.outputs
            self.transformed[key] = u
            self.layouts[u] = filters(u.type.shape, self.lanes)
            self.kernels.append(FusedKernel(node.name, (node,), node.inputs, node.outputs))
        return self.transformed[key]

    def _constant(self, size: int) -> Value:
        """G[a, i] * G[b, j], for what reads the graph; the kernel has these numbers in its code."""
        if size not in self.constants:
            _, g, _ = matrices(size)
            data = np.einsum("ai,bj->abij", g, g)
            value = Value(f"winograd_points_{size}", TensorType(data.shape), role="constant", data=data)
            self.constants[size] = value
            self.layouts[value] = plain(data.shape)
        return self.constants[size]


def _unused(count: int, taken: set[str]) -> list[str]:
    """Names for more loops."""
    return [name for name in ("a", "b", "p", "q", "r", "s", "t", "u") if name not in taken][:count]
