"""The texts of positions in a loop nest: numbers of elements, offsets in memory, and whether they are inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphnet.codegen.cpu.nest_plan import NestPlan, Operand
from graphnet.codegen.loops import Part
from graphnet.codegen.writer import affine
from graphnet.core.types import BATCH, Extent
from graphnet.ir.comprehension import Index, Read
from graphnet.ir.graph import Value


class NestOffsets(NestPlan):
    """A plan that can say where elements are."""

    def _logical(self, loop: str) -> str:
        """The value of a logical loop (at lane 0)."""
        terms: list[tuple[str, str | int]] = [
            (p.name, self.frame.row.number(f"{p.name}_step", p.step)) for p in self.cut[loop] if p is not self.lane
        ]
        return affine(0, terms)

    def _term(self, index: Index) -> str:
        """The numerator of an index."""
        terms: list[tuple[str, str | int]] = []
        for loop, factor in index.terms:
            text = self._logical(loop)
            terms.append((text if "+" not in text and "*" not in text else f"({text})", factor))
        terms += [(f"({self._logical(loop)}) // {size}", factor) for loop, size, factor in index.groups]
        text = affine(0, terms)
        return text if not index.offset else f"{text} {'+' if index.offset > 0 else '-'} {abs(index.offset)}"

    def _offset(self, operand: Operand, without: Sequence[str] = ()) -> str:
        """The element offset of an operand at the current loops (lane 0)."""
        name, access = self.frame.pointer(operand.value), operand.access
        terms: list[tuple[str, str | int]] = [
            (part, self.frame.row.number(f"{name}_{part}", stride))
            for part, stride in access.strides.items()
            if part not in without and (self.lane is None or part != self.lane.name)
        ]
        constant = self.frame.row.number(f"{name}_0", access.constant)
        text = affine(constant, terms)
        for index, stride, _ in access.quotients:
            factor = self.frame.row.number(f"{name}_q{stride}", stride)
            text += f" + ({self._term(index)}) // {index.divisor} * {factor}"
        return text

    def _scalar_offset(self, read: Read, value: Value, positions: Mapping[int, str]) -> str:
        """The element offset of a read, digit by digit where an axis is cut.

        Args:
            read: where.
            value: the operand.
            positions: the variables that hold what other reads gave, by their slots.
        """
        layout, name = self.layouts[value], self.frame.pointer(value)
        text = [str(self.frame.row.number(f"{name}_0", layout.base))]
        for axis, index in enumerate(read.index):
            if not index.loops and not index.offset and index.slot is None:
                continue
            at = self._term(index) if index.slot is None else positions[index.slot]
            at = f"({at})" if " " in at else at
            if index.divisor != 1:
                at = f"({at} // {index.divisor})"
            stride = layout.linear_stride(axis)
            if stride is not None:
                text.append(f"{at} * {self.frame.row.number(f'{name}_a{axis}', stride)}")
                continue
            for number_, dim in enumerate(layout.along(axis)):
                digit = at if dim.step == 1 else f"{at} // {dim.step}"
                if number_:
                    digit = f"{digit} % {dim.extent}"
                text.append(f"({digit}) * {self.frame.row.number(f'{name}_a{axis}_{number_}', dim.stride)}")
        return " + ".join(t for t in text if t != "0") or "0"

    def write_offset(self, value: Value, without: Sequence[str] = ()) -> str:
        if self.mode != "scalar":
            return self._offset(self.writes[value], without)
        layout, name = self.layouts[value], self.frame.pointer(value)
        terms: list[tuple[str, str | int]] = []
        for axis, loop in enumerate(self.op.out):
            for part, dim in zip(self.cut[loop.name], layout.along(axis), strict=True):
                if part.name not in without:
                    terms.append((part.name, self.frame.row.number(f"{name}_{part.name}", dim.stride)))
        return affine(self.frame.row.number(f"{name}_0", layout.base), terms)

    def lane_count(self) -> str:
        assert self.lane is not None
        self.frame.used.add("imin")
        units = self.frame.row.number(f"{self.lane.name}_units", self.lane.units)
        return f"imin({self.lanes}, {units} - {self.lane.block} * {self.lanes})" if self.lane.block else units

    def count_text(self, part: Part) -> str:
        """How often the inner part of a block runs in the current block, where the last block is not full."""
        self.frame.used.add("imin")
        units = self.frame.row.number(f"{part.name}_units", part.units)
        return f"imin({part.extent}, {units} - {part.block} * {part.extent})"

    def is_inside_text(self, part: Part) -> str:
        """Whether the inner part of a block is at a position that exists."""
        units = self.frame.row.number(f"{part.name}_units", part.units)
        return f"{part.block} * {part.extent} + {part.name} < {units}"

    def _is_inside(self, index: Index, extent: Extent) -> str:
        at = self._term(index)
        size = self.frame.batch() if extent == BATCH else str(extent)
        if index.divisor == 1:
            return f"0 <= {at} < {size}"
        return f"0 <= {at} <= ({size} - 1) * {index.divisor} and ({at}) % {index.divisor} == 0"

    def beyond_end(self) -> list[str]:
        """Conditions for an element that lies beyond the end of an axis, in its padding."""
        cut = [o for o in self.op.out if len(self.cut[o.name]) > 1] if self.mode == "scalar" else []
        padded = [o for axis, o in enumerate(self.op.out) if o not in cut and self.is_padded(axis)]
        return [f"{self._logical(o.name)} >= {o.extent}" for o in (*cut, *padded)]
