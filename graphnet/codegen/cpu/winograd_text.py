"""What kernels of minimal filtering have in common: scratch memory, places of tiles, and transforms of maps."""

from __future__ import annotations

from collections.abc import Sequence

from graphnet.codegen.access import Access
from graphnet.codegen.arguments import WorkerScratch
from graphnet.codegen.cpu.winograd_plan import FilteringPlan, Window
from graphnet.codegen.cpu.winograd_tile import TAPS
from graphnet.codegen.writer import Writer, affine
from graphnet.ir.graph import Value


class FilteringText(FilteringPlan):
    """A plan that can be written down.

    Attributes:
        w: receives the lines.
        firsts: variables of the first row and column of a tile.
    """

    w: Writer

    @property
    def windows(self) -> tuple[Window, Window]:
        return self.form.rows, self.form.columns

    @property
    def firsts(self) -> tuple[str, str]:
        return f"{self.form.rows.position}_first", f"{self.form.columns.position}_first"

    def tile_counts(self) -> tuple[str, str]:
        """The texts of the rows and columns of tiles."""
        down, across = self.tiles
        number = self.frame.row.number
        return number(f"{self.windows[0].position.upper()}T", down), number(
            f"{self.windows[1].position.upper()}T", across
        )

    def emit_scratch(self, sizes: dict[str, int]) -> list[tuple[str, str]]:
        """The worker's own memory: for each kind of transformed tiles, so many vectors for each number of a tile.

        Those of neighbouring numbers lie an odd number of vectors apart, since powers of two would all fall on the same
        lines of a cache.

        Returns:
            the texts of where each begins, and of the elements from one number to the next.
        """
        row, at, places = self.frame.row, 0, []
        row.add("scratch_table", WorkerScratch(sum(self.products * (size | 1) * self.lanes for size in sizes.values())))
        for name, size in sizes.items():
            step = (size | 1) * self.lanes
            places.append((row.number(f"{name}_0", at), row.number(f"{name}_step", step)))
            at += self.products * step
        self.frame.used |= {"iload", "pointer", "pointer_i64"}
        self.w.line("scratch = pointer(iload(pointer_i64(scratch_table), worker))")
        return places

    def emit_place(self, counts: Sequence[str]) -> None:
        """Where a tile lies."""
        self.w.line("place = first + tile")
        self.w.unravel("place", [self.form.sample, *self.firsts], counts)
        for name in self.firsts:
            self.w.line(f"{name} = {name} * {self.size}")

    def emit_transform(
        self, kind: str, value: Value, access: Access, blocks: Sequence[tuple[str, str]], to: str, step: str
    ) -> None:
        """Transform a tile of a map into scratch memory.

        Args:
            kind: `input` with what windows reach beyond the tile, or `gradient`.
            value, access: the map, and where it is read.
            blocks: other loops that it depends on, each with the text of its position.
            to, step: where the numbers of the transformed tile go.
        """
        row, x = self.frame.row, self.frame.pointer(value)
        strides = [row.number(f"{x}_{window.position}", access.strides[window.position]) for window in self.windows]
        limits: list[str] = []
        constant = access.constant
        for axis, (window, at) in enumerate(zip(self.windows, self.firsts, strict=True), start=2):
            reach = window.first if kind == "input" else 0
            limits += [at + _signed(reach), row.number(f"{x}_{window.position.upper()}", int(value.type.shape[axis]))]
            constant += (TAPS - 1) * min(0, access.strides.get(window.tap, 0)) if kind == "input" else 0
        terms: list[tuple[str, str | int]] = [
            (text, row.number(f"{x}_{name}", access.strides[name])) for text, name in blocks
        ]
        start = affine(row.number(f"{x}_0", constant), [*terms, *zip(self.firsts, strides, strict=True)])
        transform = f"winograd_{kind}_{self.size}"
        self.frame.used.add(transform)
        self.w.line(f"{transform}({x}, {start}, {', '.join([*strides, *limits])}, scratch, {to}, {step})")

    def epilogue(self, body: Writer) -> tuple[str, list[str]]:
        """A function that takes an accumulator as `acc`, and the names of its context."""
        known = {p.name for p in self.nest.parts} | {*self.firsts, self.form.sample}
        return self.frame.epilogue(body, known)


def _signed(number: int) -> str:
    """`number` as something that is added."""
    return f" {'+' if number > 0 else '-'} {abs(number)}" if number else ""
