"""Sums few of whose terms count: the gradient of a table, each row of which looks for its tokens.

    gW[row, d] = sum over n and l of where(x[n, l] == row, gy[n, l, d], 0)

A plain nest would compute the condition for every element. It is the same for all d, and for most n and l it holds in
no lane. So the elements along d are summed together, where they lie in memory:

    for d: gW[rows, d] = 0
    for n, l:
        if x[n, l] is one of the rows:
            for d: gW[rows, d] += where(x[n, l] == rows, gy[n, l, d], 0)

Each element still adds its terms in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from graphnet.codegen.cpu.nest import Nest
from graphnet.codegen.kernel_frame import GeneratedKernel, KernelFrame
from graphnet.codegen.loops import Part
from graphnet.ir.expression import Call, loads
from graphnet.ir.graph import Value
from graphnet.ir.layout import Layout
from graphnet.ir.schedule import FusedKernel


def emit_sparse_sum(
    kernel: FusedKernel, layouts: Mapping[Value, Layout], module: str, lanes: int
) -> GeneratedKernel | None:
    """Write a kernel as a sum of few terms, or return None if it is none."""
    emitter = _SparseSum(KernelFrame(kernel, layouts), lanes, "lanes")
    return emitter.emit(module) if emitter.prepare() else None


class _SparseSum(Nest):
    """A sum of few terms that writes itself."""

    def prepare(self) -> bool:
        """Whether there is a condition that is the same, or cheap to compute, for all lanes, and for inner loops."""
        condition = self.op.shared_condition
        if condition is None or not super().prepare():
            return False
        self.condition, self.asked = condition, loads(condition)
        is_cheap = all(self.operands[0, slot].lane_stride == 0 for slot in self.asked)
        has_rows = any(self.layouts[v].halo for v in self.frame.kernel.writes)
        return is_cheap and not has_rows and bool(self._split_tasks()[1])

    def _split_tasks(self) -> tuple[list[Part], list[Part]]:
        """The innermost loops on which the condition does not depend are summed together."""
        asked = [part for loop in self.op.loops_of(self.condition) for part in self.cut[loop]]
        first = max((k + 1 for k, part in enumerate(self.parts) if part in asked), default=0)
        return self.parts[:first], self.parts[first:]

    def _emit_inner(self, inner: list[Part], extents: dict[str, str]) -> None:
        root, w = self.frame.nodes[0], self.w
        self.frame.used |= {"any_lane", "splat", "vload", "vstore", "where"}
        places = [f"{self.frame.pointer(v)}, {self.write_offset(v)}" for v in self._outputs(0)]
        with self._loops(inner, extents):
            for place in places:
                w.line(f"vstore({place}, splat(0.0))")
        with ExitStack() as stack:
            for part in self.reduced_parts():
                stack.enter_context(w.loop(part.name, *self.range_of(part)))
            self._emit_loads(0, root, self.asked)
            (condition,) = self._printer(0, root, {}).print(self.condition)
            w.line(f"counts = {' & '.join([f'({condition})', *self._existing_lanes()])}")
            stack.enter_context(w.block("if any_lane(counts)"))
            stack.enter_context(self._loops(inner, {p.name: self.frame.extent(p.name, self.count(p)) for p in inner}))
            self._emit_loads(0, root, self.op.loaded - self.asked)
            terms = [r.expression.arguments[1] for r in self.op.results if isinstance(r.expression, Call)]
            for place, text in zip(places, self._printer(0, root, {}).print(*terms), strict=True):
                w.line(f"vstore({place}, vload({place}) + where(counts, {text}, splat(0.0)))")

    @contextmanager
    def _loops(self, parts: Sequence[Part], extents: Mapping[str, str]) -> Iterator[None]:
        with ExitStack() as stack:
            for part in parts:
                stop = self.count_text(part) if self.stops_short(part) else extents[part.name]
                stack.enter_context(self.w.loop(part.name, "0", stop))
            yield

    def _existing_lanes(self) -> list[str]:
        """The mask of the lanes that are no padding, where there is some."""
        if self.lane is None or not self.lane.is_ragged:
            return []
        self.frame.used.add("first_lanes")
        return [f"first_lanes({self.lane_count()})"]
