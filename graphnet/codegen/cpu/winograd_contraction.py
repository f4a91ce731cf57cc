"""Convolutions by minimal filtering: the kernel that transforms weights, and the one that uses them.

A task takes a run of tiles of the map. It transforms them into its worker's scratch memory (`v`), for each of the
numbers of a transformed tile multiplies a matrix of tiles x channels by one of channels x units, as a register tile
after the other (into `m`, more scratch), and transforms the products back. What is fused behind the convolution is
applied to the outputs while they are in registers.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext

from graphnet.codegen.cpu.nest import Nest
from graphnet.codegen.cpu.tile_plan import TileLimits
from graphnet.codegen.cpu.winograd_gradient import GradientEmitter
from graphnet.codegen.cpu.winograd_plan import WinogradPlan
from graphnet.codegen.cpu.winograd_text import FilteringText
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
    kind = GradientEmitter if filtering.step == "gradient" else WinogradEmitter
    emitter = kind(frame, lanes, limits, filtering.size)
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


class WinogradEmitter(FilteringText, WinogradPlan):
    """A convolution in tiles that writes itself."""

    def emit(self, module: str) -> GeneratedKernel:
        frame, row = self.frame, self.frame.row
        w = self.w = Writer(1)
        self.u = frame.kernel.root.inputs[-1]
        self.texts = {p.name: frame.extent(p.name, self.nest.count(p)) for p in self.nest.parts}
        run, shares = row.number("RUN", self.run), row.number("SHARES", self.shares)
        self.block_step = row.number("block_step", self.run * self.lanes)
        self.counts = [frame.batch(), *self.tile_counts()]
        self.v, self.m = self.emit_scratch({"v": self.channel_blocks * self.run, "m": self.shape[1] * self.run})
        frame.used |= {"ceildiv", "imin"}
        w.line(f"tiles = {times(*self.counts)}")
        w.line("task = next_task(args[0])")
        with w.block(f"while task < {times(f'ceildiv(tiles, {run})', shares)}"):
            w.line(f"first = {'task' if shares == '1' else f'task // {shares}'} * {run}")
            w.line(f"count = imin({run}, tiles - first)")
            self._emit_input()
            if self.block is None:
                self._emit_products()
                self._emit_outputs()
            else:
                size = row.number("SHARE", self.share)
                start = "0" if shares == "1" else f"task % {shares} * {size}"
                stop = size if shares == "1" else f"{start} + {size}"
                if self.blocks % self.share:
                    stop = f"imin({stop}, {self.texts[self.block.name]})"
                with w.loop(f"{self.block.name}_first", start, stop, str(self.shape[1])):
                    self._emit_products()
                    self._emit_outputs()
            w.line("task = next_task(args[0])")
        weights = frame.kernel.root.inputs[frame.op.reads[self.form.w].operand]
        x, w_name, u = (frame.pointer(value) for value in (self.x, weights, self.u))
        tiles = f"{self.size} x {self.size}"
        remark = f"in tiles of {tiles}, by products of what {x} and {w_name} are transformed to: the latter is {u}"
        source = frame.assemble(kernel_label(frame.nodes), w, module, self.functions, [remark])
        return GeneratedKernel(source, tuple(row.arguments), "contraction")

    def _emit_input(self) -> None:
        """Transform the run of tiles: one block of channels after the other, in which neighbours lie side by side."""
        channel, _ = self.channels
        blocks = [(name, name) for name in (self.form.sample, *([channel.name] if channel else []))]
        (start, step), w = self.v, self.w
        over = w.loop(channel.name, "0", self.frame.extent(channel.name, channel.extent)) if channel else nullcontext()
        with over, w.loop("tile", "0", "count"):
            self.emit_place(self.counts)
            to = affine(start, [*([(channel.name, self.block_step)] if channel else []), ("tile", self.lanes)])
            self.emit_transform("input", self.x, self.x_at, blocks, to, step)

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
                for name, (start, apart) in (("v", self.v), ("m", self.m)):
                    w.line(f"{name}_at = {affine(start, [('number', apart), ('row', lanes)])}")
                w.line(f"acc = {tile}(scratch, v_at, {u}, u_at, ({lanes}, {block}, {nest}))")
                w.line(f"{mapped}(keep, acc, scratch, m_at, {self.block_step})")

    def _emit_outputs(self) -> None:
        """Transform the products back, tile by tile."""
        w, (start, step) = self.w, self.m
        transform, mapped = f"winograd_output_{self.size}", f"map_tile_{self.size}x{self.size}"
        self.frame.used |= {transform, mapped}
        context = self._functions()
        with w.loop("tile", "0", "count"):
            self.emit_place(self.counts)
            with w.loop("across", "0", str(self.shape[1])):
                if self.block:
                    w.line(f"{self.block.name} = {self.block.name}_first + across")
                at = affine(start, [("across", self.block_step), ("tile", self.lanes)])
                w.line(f"acc = {transform}(scratch, {at}, {step})")
                w.line(f"{mapped}(epilogue, acc, {', '.join(context)})")

    def _functions(self) -> list[str]:
        """Write the functions that keep products and finish outputs; gives the names of the latter's context."""
        nest, body = self.nest, Writer(1)
        nest.w = body
        for window, offset in zip(self.windows, ("down", "across"), strict=True):
            body.line(f"{window.position} = {window.position}_first + {offset}")
        ragged = [window.position for window in self.windows if self.extent(window.position) % self.size]
        inside = " and ".join(f"{position} < {self.texts[position]}" for position in ragged)
        with body.block(f"if {inside}") if inside else nullcontext():
            nest.emit_epilogue("acc")
            nest.emit_halo_of_element(body, self.texts)
        epilogue, context = self.epilogue(body)
        keep = f"    vstore(scratch, m_at + across * block_step + down * {self.lanes}, acc)"
        self.functions = [f"def keep(acc, down, across, scratch, m_at, block_step):\n{keep}", epilogue]
        return context
