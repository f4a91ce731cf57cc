"""Gradients of weights by minimal filtering: products of transformed tiles, summed over tiles, transformed back once.

A task has a group of channels and one of units, and maybe a part of the batch. It takes run after run of tiles: for
each of the numbers of a transformed tile, it adds a matrix of channels x tiles times one of tiles x units to sums that
stay in the worker's scratch memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from graphnet.codegen.cpu.winograd_plan import GradientPlan
from graphnet.codegen.cpu.winograd_text import FilteringText
from graphnet.codegen.kernel_frame import GeneratedKernel, kernel_label
from graphnet.codegen.loops import Part
from graphnet.codegen.writer import Writer, affine, times

RUN = 32
"""Tiles that are transformed before their products are summed."""


class GradientEmitter(FilteringText, GradientPlan):
    """A gradient of weights in tiles that writes itself."""

    def emit(self, module: str) -> GeneratedKernel:
        frame, row = self.frame, self.frame.row
        w = self.w = Writer(1)
        (channels, units), (channel_groups, unit_groups) = self.group, self.groups
        self.run_step = row.number("run_step", RUN * self.lanes)
        self.sums_step = row.number("sums_step", channels * self.lanes * self.lanes)
        columns = self.shape[1]
        room = -(-units // columns) * columns  # a register tile may have one column more, which comes to nothing
        self.sums = room * channels * self.lanes
        self.v, self.z, self.u = self.emit_scratch({"v": channels * RUN, "z": room * RUN, "u": self.sums})
        names = [*([self.form.part] if self.form.part else []), "unit_group", "channel_group"]
        counts = [row.number("UNIT_GROUPS", unit_groups), row.number("CHANNEL_GROUPS", channel_groups)]
        if self.form.part:
            counts.insert(0, frame.extent(self.form.part, self.frame.op.extents[self.form.part]))
        w.line("task = next_task(args[0])")
        with w.block(f"while task < {times(*counts)}"):
            w.unravel("task", names, counts)
            self._emit_group("unit", self.block, units)
            self._emit_group("channel", self.channels[0], channels)
            self._emit_sums()
            self._emit_taps()
            w.line("task = next_task(args[0])")
        x, y = (frame.pointer(value) for value in (self.x, self.y))
        remark = f"in tiles of {self.size} x {self.size}, by products of what {x} and {y} are transformed to"
        source = frame.assemble(kernel_label(frame.nodes), w, module, self.functions, [remark])
        return GeneratedKernel(source, tuple(row.arguments), "contraction")

    def _emit_group(self, role: str, block: Part | None, most: int) -> None:
        """The first block of the task's channels or units, and how many there are: the last group may have fewer."""
        if block is None:
            self.w.line(f"{role}s = 1")
            return
        size = self.frame.row.number(f"{role.upper()}S", most)
        self.w.line(f"{block.name}_first = {affine(0, [(f'{role}_group', size)])}")
        count = self.frame.row.number(block.name.upper(), int(block.extent))
        self.w.line(f"{role}s = imin({size}, {count} - {block.name}_first)")

    def _emit_sums(self) -> None:
        """Sum over all tiles of the task's samples."""
        frame, w = self.frame, self.w
        down, across = self.tile_counts()
        u_at, u_step = self.u
        frame.used |= {"zero", "imin", "imax"}
        with w.loop("number", "0", str(self.products)):
            vectors = frame.row.number("sums", self.sums)
            w.line(f"zero(scratch, {affine(u_at, [('number', u_step)])}, {vectors})")
        samples = frame.batch()
        if self.form.part:
            size = frame.row.number("PART_SAMPLES", self.extent(self.form.sample))
            samples = f"imax(0, imin({size}, N - {self.form.part} * {size}))"
        w.line(f"tiles = {times(samples, down, across)}")
        with w.loop("first", "0", "tiles", str(RUN)):
            w.line(f"count = imin({RUN}, tiles - first)")
            places = [samples, down, across]
            self._emit_tiles("channel", self.channels[0], places)
            self._emit_tiles("unit", self.block, places)
            self._emit_products()

    def _emit_tiles(self, role: str, block: Part | None, places: Sequence[str]) -> None:
        """Transform a run of tiles of the map or of the outputs' gradient, the task's channels or units of it."""
        kind, value, access, (start, step) = (
            ("input", self.x, self.x_at, self.v) if role == "channel" else ("gradient", self.y, self.y_at, self.z)
        )
        loops = [(name, name) for name in (self.form.sample, self.form.part) if name]
        terms: list[tuple[str, str | int]] = [("tile", self.lanes)]
        with ExitStack() as stack:
            if block is not None:
                stack.enter_context(self.w.loop(role, "0", f"{role}s"))
                self.w.line(f"{block.name} = {block.name}_first + {role}")
                loops.append((block.name, block.name))
                terms.insert(0, (role, self.run_step))
            stack.enter_context(self.w.loop("tile", "0", "count"))
            self.emit_place(places)
            self.emit_transform(kind, value, access, loops, affine(start, terms), step)

    def _emit_products(self) -> None:
        """Add the products of a run of tiles to the sums."""
        w, lanes, (rows, columns) = self.w, self.lanes, self.shape
        tile, mapped = f"tile_{rows}x{columns}_1", f"map_tile_{rows}x{columns}"
        self.frame.used |= {tile, mapped, "vload", "vstore"}
        with ExitStack() as stack:
            stack.enter_context(w.loop("number", "0", str(self.products)))
            stack.enter_context(w.loop("unit", "0", "units", str(columns)))
            stack.enter_context(w.loop("channel", "0", "channels"))
            stack.enter_context(w.loop("row", "0", str(lanes), str(rows)))
            (v_at, v_step), (z_at, z_step), (u_at, u_step) = self.v, self.z, self.u
            w.line(f"v_at = {affine(v_at, [('number', v_step), ('channel', self.run_step), ('row', 1)])}")
            w.line(f"z_at = {affine(z_at, [('number', z_step), ('unit', self.run_step)])}")
            sums: list[tuple[str, str | int]] = [("number", u_step), ("unit", self.sums_step)]
            w.line(f"u_at = {affine(u_at, [*sums, ('channel', lanes * lanes), ('row', lanes)])}")
            nest = f"count, {lanes}, {lanes}"
            w.line(f"acc = {tile}(scratch, v_at, scratch, z_at, (1, {self.run_step}, {nest}))")
            w.line(f"{mapped}(add, acc, scratch, u_at, {self.sums_step})")

    def _emit_taps(self) -> None:
        """Transform the sums back, for each channel and block of units."""
        frame, w, (start, step) = self.frame, self.w, self.u
        transform = f"winograd_taps_{self.size}"
        frame.used |= {transform, "map_tile_3x3"}
        outer, inner = self.channels
        context = self._functions()
        with ExitStack() as stack:
            for role, block in (("unit", self.block), ("channel", outer)):
                if block is not None:
                    stack.enter_context(w.loop(role, "0", f"{role}s"))
                    w.line(f"{block.name} = {block.name}_first + {role}")
            stack.enter_context(w.loop(inner.name, "0", frame.extent(inner.name, self.nest.count(inner))))
            places: list[tuple[str, str | int]] = [("unit", self.sums_step)] if self.block else []
            places += [("channel", self.lanes**2)] if outer else []
            w.line(f"acc = {transform}(scratch, {affine(start, [*places, (inner.name, self.lanes)])}, {step})")
            w.line(f"map_tile_3x3(epilogue, acc, {', '.join(context)})")

    def _functions(self) -> list[str]:
        """Write the functions that add to sums and finish results; gives the names of the latter's context."""
        body = Writer(1)
        self.nest.w = body
        for window, offset in zip(self.windows, ("down", "across"), strict=True):
            body.line(f"{window.tap} = {f'2 - {offset}' if window.turned else offset}")
        self.nest.emit_epilogue("acc")
        epilogue, context = self.epilogue(body)
        add = f"    at = u_at + across * sums_step + down * {self.lanes}\n"
        add += "    vstore(scratch, at, vload(scratch, at) + acc)"
        self.functions = [f"def add(acc, down, across, scratch, u_at, sums_step):\n{add}", epilogue]
        return context
