"""Convolutions by minimal filtering: the kernel that transforms weights, and the one that uses them.

A task takes a run of tiles of the map. It transforms them into its worker's scratch memory (`v`), for each of the
numbers of a transformed tile multiplies a matrix of tiles x channels by one of channels x units, as a register tile
after the other (into `m`, more scratch), and transforms the products back. What is fused behind the convolution is
applied to the outputs while they are in registers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import nullcontext

from graphnet.codegen.arguments import WorkerScratch
from graphnet.codegen.cpu.nest import Nest
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.cpu.winograd_plan import WinogradPlan
from graphnet.codegen.cpu.winograd_tile import TAPS
from graphnet.codegen.kernel_frame import GeneratedKernel, KernelFrame, kernel_label
from graphnet.codegen.writer import Writer, affine, times
from graphnet.core.diagnostics import InternalError
from graphnet.ir.graph import Value
from graphnet.ir.layout import Layout
from graphnet.ir.schedule import FusedKernel


def emit_winograd(
    kernel: FusedKernel, layouts: Mapping[Value, Layout], module: str, lanes: int, limits: TileLimits
) -> GeneratedKernel:
    """Write a step of minimal filtering."""
    filtering = kernel.root.comprehension.filtering
    assert filtering is not None
    frame = KernelFrame(kernel, layouts)
    if filtering.step == "weights":
        return _emit_weights(frame, module, lanes, filtering.size)
    emitter = WinogradEmitter(frame, lanes, limits, filtering.size)
    if not emitter.prepare():
        raise InternalError("code generation", "a convolution that was planned in tiles does not fit them", kernel.name)
    return emitter.emit(module)


def _emit_weights(frame: KernelFrame, module: str, lanes: int, size: int) -> GeneratedKernel:
    """Write the kernel of transformed weights, a vector of units after the other; zeros where channels are padding."""
    nest, w = Nest(frame, lanes, "lanes"), Writer(1)
    if not nest.prepare():
        raise InternalError("code generation", "weights to transform have no lanes", frame.kernel.name)
    _, weights = frame.nodes[0].inputs
    (result,) = frame.kernel.writes
    access, made = nest.operands[0, 1].access, frame.layouts[result]
    channel = frame.op.out[1]
    rows, columns = (loop.name for loop in frame.op.reduce)
    outer = [p for p in nest.parts if p.name not in {loop.name for loop in frame.op.out[2:]}]
    texts = {p.name: frame.extent(p.name, nest.places(p)) for p in outer}
    counts = {name: text for name, text in texts.items() if name != channel.name}
    x, y = frame.pointer(weights), frame.pointer(result)

    def stride(name: str) -> str:
        return frame.row.number(f"{x}_{name}", access.strides.get(name, 0))

    step = frame.row.number(f"{y}_step", made.dims[-3].stride)
    from_, to = (
        affine(frame.row.number(f"{name}_0", at.constant), [
            (p.name, frame.row.number(f"{name}_{p.name}", at.strides.get(p.name, 0))) for p in outer
        ])
        for name, at in ((x, access), (y, nest.writes[result].access))
    )  # fmt: skip
    transform = f"winograd_weights_{size}"
    frame.used |= {transform, "vstore", "splat"}
    w.line("task = next_task(args[0])")
    with w.block(f"while task < {times(*counts.values())}"):
        w.unravel("task", list(counts), list(counts.values()))
        channels = w.loop(channel.name, "0", texts[channel.name])
        call = f"{transform}({x}, {from_}, {stride(rows)}, {stride(columns)}, {y}, {to}, {step})"
        if not nest.is_padded(1):
            with channels:
                w.line(call)
        else:
            used = frame.row.number(f"{channel.name.upper()}_used", int(channel.extent))
            with channels:
                with w.block(f"if {channel.name} < {used}"):
                    w.line(call)
                with w.block("else"), w.loop("number", "0", str((size + 2) ** 2)):
                    w.line(f"vstore({y}, {to} + number * {step}, splat(0.0))")
        w.line("task = next_task(args[0])")
    source = frame.assemble(kernel_label(frame.nodes), w, module)
    return GeneratedKernel(source, tuple(frame.row.arguments), "movement")


class WinogradEmitter(WinogradPlan):
    """A convolution in tiles that writes itself."""

    def emit(self, module: str) -> GeneratedKernel:
        frame, w = self.frame, Writer(1)
        self.w, self.u = w, frame.kernel.root.inputs[-1]
        self.texts = {p.name: frame.extent(p.name, self.nest.count(p)) for p in self.nest.parts}
        self.run_text = frame.row.number("RUN", self.run)
        shares = frame.row.number("SHARES", self.blocks // self.share)
        frame.used |= {"ceildiv", "imin", "iload", "pointer", "pointer_i64"}
        down, across = (
            frame.row.number(f"{window.position.upper()}T", count)
            for window, count in zip((self.form.rows, self.form.columns), self.tiles, strict=True)
        )
        self.place = [self.form.sample, f"{self.form.rows.position}_first", f"{self.form.columns.position}_first"]
        self.counts = [frame.batch(), down, across]
        self._emit_scratch()
        w.line(f"tiles = {times(*self.counts)}")
        w.line("task = next_task(args[0])")
        with w.block(f"while task < {times(f'ceildiv(tiles, {self.run_text})', shares)}"):
            run, share = ("task", "0") if shares == "1" else (f"task // {shares}", f"task % {shares}")
            w.line(f"first = {run} * {self.run_text}")
            w.line(f"count = imin({self.run_text}, tiles - first)")
            with w.loop("tile", "0", "count"):
                self._emit_input()
            if self.block is None:
                self._emit_products()
                self._emit_outputs()
            else:
                first, size = f"{self.block.name}_first", frame.row.number("SHARE", self.share)
                start = "0" if share == "0" else f"{share} * {size}"
                stop = size if share == "0" else f"{start} + {size}"
                with w.loop(first, start, stop, str(self.shape[1])):
                    self._emit_products()
                    self._emit_outputs()
            w.line("task = next_task(args[0])")
        weights = frame.kernel.root.inputs[frame.op.reads[self.form.w].operand]
        x, w_name, u = (frame.pointer(value) for value in (self.x, weights, self.u))
        tiles = f"{self.size} x {self.size}"
        remark = f"in tiles of {tiles}, by products of what {x} and {w_name} are transformed to: the latter is {u}"
        source = frame.assemble(kernel_label(frame.nodes), w, module, self.functions, [remark])
        return GeneratedKernel(source, tuple(frame.row.arguments), "contraction")

    def _emit_scratch(self) -> None:
        """The worker's own memory, and what lies where in it.

        Steps are odd numbers of vectors, since those of powers of two would all fall on the same lines of a cache.
        """
        row, lanes, columns = self.frame.row, self.lanes, self.shape[1]
        v_step = (self.channel_blocks * self.run | 1) * lanes
        m_step = (columns * self.run | 1) * lanes
        m_at = self.products * v_step
        row.add("scratch_table", WorkerScratch(m_at + self.products * m_step))
        self.v_step, self.m_step, self.m_at = (
            row.number(name, value) for name, value in (("v_step", v_step), ("m_step", m_step), ("m_0", m_at))
        )
        self.block_step = row.number("block_step", self.run * lanes)
        self.w.line("scratch = pointer(iload(pointer_i64(scratch_table), worker))")

    def _emit_place(self) -> None:
        """Where a tile lies."""
        w, size = self.w, self.size
        w.line("place = first + tile")
        w.unravel("place", self.place, self.counts)
        for name in self.place[1:]:
            w.line(f"{name} = {name} * {size}")

    def _emit_input(self) -> None:
        """Transform a tile of the map, all its channels."""
        frame, w, access = self.frame, self.w, self.x_at
        x, (channel, _) = frame.pointer(self.x), self.channels
        self._emit_place()
        windows = self.form.rows, self.form.columns
        strides = [frame.row.number(f"{x}_{window.position}", access.strides[window.position]) for window in windows]
        limits: list[str] = []
        constant = access.constant
        for axis, window in enumerate(windows, start=2):
            count = frame.row.number(f"{x}_{window.position.upper()}", int(self.x.type.shape[axis]))
            limits += [f"{window.position}_first" + _signed(window.first), count]
            constant += (TAPS - 1) * min(0, access.strides[window.tap])
        terms: list[tuple[str, str | int]] = [
            (name, frame.row.number(f"{x}_{name}", access.strides[name]))
            for name in [self.form.sample, *([channel.name] if channel else [])]
        ]
        terms += zip(self.place[1:], strides, strict=True)
        start = affine(frame.row.number(f"{x}_0", constant), terms)
        transform = f"winograd_input_{self.size}"
        frame.used.add(transform)
        over = w.loop(channel.name, "0", frame.extent(channel.name, channel.extent)) if channel else nullcontext()
        with over:
            to = affine(0, [*([(channel.name, self.block_step)] if channel else []), ("tile", self.lanes)])
            w.line(f"{transform}({x}, {start}, {', '.join([*strides, *limits])}, scratch, {to}, {self.v_step})")

    def _emit_products(self) -> None:
        """For each number of a transformed tile, the products of all tiles at hand with a few blocks of units."""
        frame, w, lanes = self.frame, self.w, self.lanes
        (rows, columns), (outer, inner) = self.shape, self.channels
        u, access = frame.pointer(self.u), self.weights_access(self.u)
        number = frame.row.number(f"{u}_number", frame.layouts[self.u].dims[-3].stride)
        block = frame.row.number(f"{u}_{self.block.name}", access.strides[self.block.name]) if self.block else "0"
        tile, mapped = f"tile_{rows}x{columns}_{2 if outer else 1}", f"map_tile_{rows}x{columns}"
        frame.used |= {tile, mapped, "vstore"}
        nest = f"{frame.extent(inner.name, self.nest.count(inner))}, 1, {lanes}"
        if outer:
            step = frame.row.number(f"{u}_{outer.name}", access.strides[outer.name])
            nest = f"{frame.extent(outer.name, outer.extent)}, {self.block_step}, {step}, {nest}"
        with w.loop("number", "0", str(self.products)):
            terms: list[tuple[str, str | int]] = [("number", number)]
            if self.block:
                terms.insert(0, (f"{self.block.name}_first", block))
            w.line(f"u_at = {affine(frame.row.number(f'{u}_0', access.constant), terms)}")
            with w.loop("row", "0", "count", str(rows)):
                w.line(f"v_at = {affine(0, [('number', self.v_step), ('row', lanes)])}")
                w.line(f"acc = {tile}(scratch, v_at, {u}, u_at, ({lanes}, {block}, {nest}))")
                w.line(f"m_at = {affine(self.m_at, [('number', self.m_step), ('row', lanes)])}")
                w.line(f"{mapped}(keep, acc, scratch, m_at, {self.block_step})")

    def _emit_outputs(self) -> None:
        """Transform the products back, tile by tile."""
        frame, w, columns = self.frame, self.w, self.shape[1]
        transform, mapped = f"winograd_output_{self.size}", f"map_tile_{self.size}x{self.size}"
        frame.used |= {transform, mapped}
        context = self._epilogue()
        with w.loop("tile", "0", "count"):
            self._emit_place()
            with w.loop("across", "0", str(columns)):
                if self.block:
                    w.line(f"{self.block.name} = {self.block.name}_first + across")
                at = affine(self.m_at, [("across", self.block_step), ("tile", self.lanes)])
                w.line(f"acc = {transform}(scratch, {at}, {self.m_step})")
                w.line(f"{mapped}(epilogue, acc, {', '.join(context)})")

    def _epilogue(self) -> list[str]:
        """Write the functions that keep products and finish outputs; gives the names of the latter's context."""
        nest, body = self.nest, Writer(1)
        nest.w = body
        windows = self.form.rows, self.form.columns
        for window, offset in zip(windows, ("down", "across"), strict=True):
            body.line(f"{window.position} = {window.position}_first + {offset}")
        inside = [
            f"{window.position} < {self.texts[window.position]}"
            for window in windows
            if self.extent(window.position) % self.size
        ]
        with body.block(f"if {' and '.join(inside)}") if inside else nullcontext():
            nest.emit_epilogue("acc")
            nest.emit_halo_of_element(body, self.texts)
        text = str(body)
        words = set(re.findall(r"[A-Za-z_]\w*", text))
        assigned = set(re.findall(r"^\s*(\w+) = ", text, flags=re.MULTILINE)) | {"acc", "down", "across"}
        known = {p.name for p in nest.parts} | {*self.place, "N", "step", "args"} | self.frame.names()
        context = sorted((words & known) - assigned)
        keep = f"    vstore(scratch, m_at + across * block_step + down * {self.lanes}, acc)"
        self.functions = [
            f"def keep(acc, down, across, scratch, m_at, block_step):\n{keep}",
            f"def epilogue({', '.join(['acc', 'down', 'across', *context])}):\n{text}",
        ]
        return context


def _signed(number: int) -> str:
    """`number` as something that is added."""
    return f" {'+' if number > 0 else '-'} {abs(number)}" if number else ""
