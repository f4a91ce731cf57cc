"""Kernels as plain loop nests: pointwise, reductions, movement, and contractions that no tile fits.

Vectors run along the lanes of the outputs; where those have none, along the lanes that are folded; and where layouts
cut a loop in two ways, elements are computed one by one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack, nullcontext
from math import gcd

from graphnet.codegen.cpu.expressions import ExpressionPrinter, number
from graphnet.codegen.cpu.nest_plan import Mode
from graphnet.codegen.cpu.nest_text import NestText
from graphnet.codegen.kernel_frame import GeneratedKernel, KernelFrame, kernel_label
from graphnet.codegen.loops import Part
from graphnet.codegen.writer import times
from graphnet.core.diagnostics import InternalError
from graphnet.core.types import BATCH, Extent, product
from graphnet.ir.comprehension import Result
from graphnet.ir.graph import Node, Value
from graphnet.ir.layout import Layout
from graphnet.ir.schedule import FusedKernel

IDENTITY = {"sum": 0.0, "max": float("-inf"), "min": float("inf"), "argmax": float("-inf")}
MODES: tuple[Mode, ...] = ("lanes", "folded", "scalar")
RUN = 64
"""Terms of a sum that are added one after the other. In one of many, as many runs are added in their turn."""


def emit_nest(kernel: FusedKernel, layouts: Mapping[Value, Layout], module: str, lanes: int) -> GeneratedKernel:
    """Write a kernel as a loop nest.

    Args:
        kernel: a body with the pointwise nodes fused into it.
        layouts: of every value it reads or writes.
        module: of the primitives.
        lanes: the vector width.
    """
    frame = KernelFrame(kernel, layouts)
    for mode in MODES:
        emitter = Nest(frame, lanes, mode)
        if emitter.prepare():
            return emitter.emit(module)
    raise InternalError("code generation", "no loop nest walks the layouts of its operands", kernel.name)


class Nest(NestText):
    """A loop nest that writes itself."""

    def emit(self, module: str) -> GeneratedKernel:
        w, frame = self.w, self.frame
        outer, inner = self._split_tasks()
        extents = {p.name: frame.extent(p.name, self.places(p)) for p in self.parts}
        w.line("task = next_task(args[0])")
        total = times(*(extents[p.name] for p in outer))
        with w.block(f"while task < {total}"):
            w.unravel("task", [p.name for p in outer], [extents[p.name] for p in outer])
            inside = [self.is_inside_text(p) for p in outer if self.stops_short(p)]
            with w.block(f"if {' and '.join(inside)}") if inside else nullcontext():
                self._emit_inner(inner, extents)
            w.line("task = next_task(args[0])")
        label = kernel_label(frame.nodes)
        return GeneratedKernel(frame.assemble(label, w, module), tuple(frame.row.arguments), self.op.family)

    def _split_tasks(self) -> tuple[list[Part], list[Part]]:
        """Which loops are shared among workers, and which run inside a task."""
        count = len(self.parts)
        folds_much = any(loop.extent == BATCH or int(loop.extent) > 16 for loop in self.op.reduce)
        inner = max(0, count - 2) if folds_much or count > 2 else count - 1
        inner = min(inner, 2)
        return self.parts[: count - inner], self.parts[count - inner :]

    def _emit_inner(self, inner: list[Part], extents: dict[str, str]) -> None:
        """The loops inside of a task, with zeros before and after each row that has a halo."""
        if not inner:
            self._emit_element()
            return
        part, *rest = inner
        before, after = self.halo_lines(part, extents) if self.is_row(part) else ([], [])
        for line in before:
            self.w.line(line)
        with self.w.loop(part.name, "0", self.count_text(part) if self.stops_short(part) else extents[part.name]):
            self._emit_inner(rest, extents)
        for condition, line in after:
            with self.w.block(f"if {condition}") if condition else nullcontext():
                self.w.line(line)

    def _emit_element(self) -> None:
        """Compute and store the outputs at the current output loops; zeros where those are only padding."""
        beyond = self.beyond_end()
        if not beyond:
            self._emit_values()
            return
        store = "vstore" if self.mode == "lanes" else "sstore"
        self.frame.used |= {"splat", store}
        with self.w.block(f"if {' or '.join(beyond)}"):
            for value in self.frame.kernel.writes:
                self.w.line(f"{store}({self.frame.pointer(value)}, {self.write_offset(value)}, splat(0.0))")
        with self.w.block("else"):
            self._emit_values()

    def _emit_values(self) -> None:
        values: dict[Value, str] = {}
        root = self.frame.nodes[0]
        if self.op.reduce:
            self._emit_fold(root, values)
        else:
            self._emit_map(0, root, values)
        for k, node in enumerate(self.frame.nodes[1:], start=1):
            self._emit_map(k, node, values)
        self._emit_stores(values)

    def _emit_loads(self, k: int, node: Node, slots: Collection[int]) -> None:
        """Load what reads give, and before it the positions that they look up."""
        reads = node.comprehension.reads
        for found in sorted({found for slot in slots for found in reads[slot].lookups}):
            self.emit_position(k, found, node)
        for slot in sorted(slots):
            if node.inputs[reads[slot].operand] not in self.frame.inside:
                self.w.line(f"{self.loaded(k, slot, node)} = {self.load_text(k, slot, node)}")

    def _printer(self, k: int, node: Node, values: Mapping[Value, str]) -> ExpressionPrinter:
        return ExpressionPrinter(self.w, self.leaf_text(k, node, values), self.frame.used, prefix=f"t{k}_")

    def _emit_map(self, k: int, node: Node, values: dict[Value, str]) -> None:
        self._emit_loads(k, node, node.comprehension.loaded)
        texts = self._printer(k, node, values).print(*(r.expression for r in node.comprehension.results))
        for value, text in zip(self._outputs(k), texts, strict=True):
            name = values[value] = self.frame.variables[value]
            self.w.line(f"{name} = {text}")

    def _outputs(self, k: int) -> tuple[Value, ...]:
        return self.frame.kernel.nodes[k].outputs

    def _emit_fold(self, root: Node, values: dict[Value, str]) -> None:
        results = root.comprehension.results
        names = [self.frame.variables[v] for v in self._outputs(0)]
        self.frame.used.add("splat")
        for j, result in enumerate(results):
            self.w.line(f"{names[j]} = splat({number(IDENTITY[result.fold or 'sum'])})")
            if result.fold == "argmax":
                self.w.line(f"{names[j]}_at = splat(-1.0)")  # none yet, so that the first tap inside wins
        parts = self.reduced_parts()
        apart = [n for n, r in zip(names, results, strict=True) if r.fold == "sum"] if self._sums_many() else []
        with ExitStack() as around, ExitStack() as run:
            for part in parts[:-1]:
                around.enter_context(self.w.loop(part.name, *self.range_of(part)))
            for part in parts[-1:]:
                start, stop, step = self.range_of(part)
                if apart and self._is_long(part):
                    first, length = f"{part.name}_first", RUN * int(step)
                    around.enter_context(self.w.loop(first, start, stop, str(length)))
                    self.frame.used.add("imin")
                    start, stop = first, f"imin({first} + {length}, {stop})"
                for name in apart:
                    self.w.line(f"{name}_part = splat(0.0)")
                run.enter_context(self.w.loop(part.name, start, stop, step))
            self._emit_terms(root, {name: f"{name}_part" if name in apart else name for name in names})
            run.close()
            for name in apart:
                self.w.line(f"{name} = {name} + {name}_part")
        for j, result in enumerate(results):
            if self.mode == "folded":
                fold = {"sum": "hsum", "max": "hmax", "min": "hmin"}[result.fold or "sum"]
                self.frame.used.add(fold)
                self.w.line(f"{names[j]} = {fold}({names[j]})")
            values[self._outputs(0)[j]] = f"{names[j]}_at" if result.fold == "argmax" else names[j]

    def _sums_many(self) -> bool:
        """Whether rounding would add up in a sum: then every run of terms has a sum of its own."""
        counts = [self._terms(part) for part in self.reduced_parts()]
        return BATCH in counts or product(int(count) for count in counts) > 2 * RUN

    def _is_long(self, part: Part) -> bool:
        """Whether a loop is more than a run of terms."""
        count = self._terms(part)
        return count == BATCH or int(count) > 2 * RUN

    def _terms(self, part: Part) -> Extent:
        """How many positions of a reduced loop count at most: where a read divides, those that make it whole."""
        count = self.count(part)
        reduced = {p.name for p in self.reduced_parts()}
        divided = [
            index.divisor // gcd(index.divisor, index.coefficient(part.name))
            for read, _ in self.root_reads()
            for index in read.index
            if reduced.intersection(name for name, _ in index.terms) == {part.name}
        ]
        return count if count == BATCH else -(-int(count) // max(divided, default=1))

    def _emit_terms(self, root: Node, accumulators: Mapping[str, str]) -> None:
        """One term of every result, into its accumulator."""
        results = root.comprehension.results
        self._emit_loads(0, root, self.op.loaded)
        texts = self._printer(0, root, {}).print(
            *(r.expression for r in results), *(r.position for r in results if r.position is not None)
        )
        positions = iter(texts[len(results) :])
        for value, result, text in zip(self._outputs(0), results, texts, strict=False):
            name = accumulators[self.frame.variables[value]]
            self._accumulate(name, result, text, next(positions) if result.position is not None else "")

    def _accumulate(self, name: str, result: Result, text: str, position: str) -> None:
        mask = self.fold_mask(result)
        if mask:
            self.frame.used |= {"where", "splat"}
            text = f"where({mask}, {text}, splat({number(IDENTITY[result.fold or 'sum'])}))"
        match result.fold:
            case "sum":
                self.w.line(f"{name} = {name} + {text}")
            case "max" | "min":
                function = "maximum" if result.fold == "max" else "minimum"
                self.frame.used.add(function)
                self.w.line(f"{name} = {function}({name}, {text})")
            case "argmax":
                self.frame.used.add("where")
                self.w.line(f"candidate = {text}")
                better = f"(candidate > {name}) | ((candidate != candidate) & ({name} == {name})) | ({name}_at < 0.0)"
                self.w.line(f"better = ({better}) & {mask}" if mask else f"better = {better}")
                self.w.line(f"{name}_at = where(better, {position}, {name}_at)")
                self.w.line(f"{name} = where(better, candidate, {name})")

    def emit_epilogue(self, accumulator: str) -> None:
        """What is fused behind a body whose single result is at hand, and the stores."""
        values = {self._outputs(0)[0]: accumulator}
        for k, node in enumerate(self.frame.nodes[1:], start=1):
            self._emit_map(k, node, values)
        self._emit_stores(values)

    def _emit_stores(self, values: Mapping[Value, str]) -> None:
        clean = self.zero_keeping()
        for value in self.frame.kernel.writes:
            name, offset, text = self.frame.pointer(value), self.write_offset(value), values[value]
            if self.mode != "lanes":
                self.frame.used.add("sstore")
                self.w.line(f"sstore({name}, {offset}, {text})")
                continue
            self.frame.used.add("vstore")
            if self.lane is not None and self.lane.is_ragged and value not in clean:
                self.frame.used |= {"where", "first_lanes", "splat"}
                text = f"where(first_lanes({self.lane_count()}), {text}, splat(0.0))"
            self.w.line(f"vstore({name}, {offset}, {text})")
