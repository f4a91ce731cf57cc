"""Comprehensions: the one primitive operator, `out[i, j] = fold over k of f(a[i, k], b[k, j], ...)`.

Every operator lowers to comprehensions. What they look like decides their kernel family:

=============  ==============================================================================
family         form
=============  ==============================================================================
pointwise      nothing folded, every read at the element's own position (or broadcast)
movement       nothing folded, reads from elsewhere (pad, slice, concat, change of layout)
reduction      an expression folded over windows or axes
contraction    a sum of products of two reads, over affine index maps
=============  ==============================================================================

Indices are affine in the loops, or such a form divided: `(h + 1 - i) / 2` is where the input gradient of a
convolution of stride 2 reads. A read outside its operand, or at a fraction, takes no part in a fold, and
is `fill` where nothing is folded.
An index may also be the whole number that another read gives: an embedding reads the row of its table that a token
names. So every gradient is a gather, and nothing is ever accumulated atomically.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from graphnet.core.types import BATCH, DType, Extent, TensorType, product
from graphnet.ir.expression import Call, Constant, Coordinate, Expression, Load, Uniform, loads, substitute, walk

Family = Literal["pointwise", "movement", "reduction", "contraction"]
Fold = Literal["sum", "max", "min", "argmax"]


@dataclass(frozen=True)
class Loop:
    """One loop of a comprehension. The extent `BATCH` is the running step's number of samples."""

    name: str
    extent: Extent

    def __str__(self) -> str:
        return f"{self.name}<{self.extent}"


@dataclass(frozen=True)
class Index:
    """A position along one axis: (sum of coefficient * loop + offset) / divisor.

    Attributes:
        groups: more summands, (loop, size, coefficient): how many whole groups of that size lie before the loop's
            position, times the coefficient. A grouped convolution reads the channels of its own group.
        is_part: the position is just a loop, but one that does not run over exactly this axis: a slice from its
            start is shorter, the first piece of a concat longer.
        slot: the read that gives the position, instead of the loops.
    """

    terms: tuple[tuple[str, int], ...] = ()
    offset: int = 0
    divisor: int = 1
    is_part: bool = False
    slot: int | None = None
    groups: tuple[tuple[str, int, int], ...] = ()

    @classmethod
    def of(cls, loop: str) -> Index:
        """The position that equals a loop."""
        return cls(((loop, 1),))

    @classmethod
    def given_by(cls, slot: int) -> Index:
        """The position that another read of the same comprehension gives."""
        return cls(slot=slot)

    @property
    def loop(self) -> str | None:
        """The loop's name if the index is just that loop, over the whole axis."""
        if self.is_part or self.groups:
            return None
        if len(self.terms) == 1 and self.terms[0][1] == 1 and self.offset == 0 and self.divisor == 1:
            return self.terms[0][0]
        return None

    @property
    def loops(self) -> frozenset[str]:
        """The loops that the position depends on."""
        return frozenset([*(name for name, _ in self.terms), *(name for name, _, _ in self.groups)])

    def coefficient(self, loop: str) -> int:
        return sum(c for name, c in self.terms if name == loop)

    def renamed(self, names: Mapping[str, str]) -> Index:
        terms = tuple((names.get(name, name), c) for name, c in self.terms)
        groups = tuple((names.get(name, name), size, c) for name, size, c in self.groups)
        return replace(self, terms=terms, groups=groups)

    def range(self, extents: Mapping[str, int]) -> tuple[int, int]:
        """Smallest and largest value of the numerator, given the loops' extents."""
        low = high = self.offset
        for loop in self.loops:
            last = extents[loop] - 1
            places = {0, last}
            for size in (size for name, size, _ in self.groups if name == loop):  # where groups begin and end
                places |= {size - 1, last // size * size - 1, last // size * size} & set(range(last + 1))
            values = [self.at({loop: place}) - self.offset for place in places]
            low, high = low + min(values), high + max(values)
        return low, high

    def at(self, loops: Mapping[str, int]) -> int:
        """The numerator where the loops are at these positions, and the others at 0."""
        terms = sum(c * loops.get(name, 0) for name, c in self.terms)
        return self.offset + terms + sum(loops.get(name, 0) // size * c for name, size, c in self.groups)

    def __str__(self) -> str:
        if self.loop:
            return self.loop
        if self.slot is not None:
            return f"read {self.slot}"
        text = ""
        groups = ((f"({name}//{size})", c) for name, size, c in self.groups)
        for name, c in sorted((*groups, *self.terms), key=lambda term: term[1] < 0 and bool(self.groups)):
            sign = ("- " if c < 0 else "") if not text else " - " if c < 0 else " + "
            text += sign + (name if abs(c) == 1 else f"{abs(c)}*{name}")
        text = text or "0"
        text += f" {'+' if self.offset > 0 else '-'} {abs(self.offset)}" if self.offset else ""
        return text if self.divisor == 1 else f"({text})/{self.divisor}"


FIRST = Index()
"""Position 0: how an axis of extent 1 is read by an element of a longer one."""


def window(position: str, tap: str, stride: int = 1, dilation: int = 1, padding: int = 0) -> Index:
    """Where tap `tap` of the window at `position` reads: position * stride + tap * dilation - padding."""
    return Index(((position, stride), (tap, dilation)), -padding)


def windows_over(position: str, tap: str, stride: int = 1, dilation: int = 1, padding: int = 0) -> Index:
    """The inverse of `window`: which window reads `position` with its tap `tap`."""
    return Index(((position, 1), (tap, -dilation)), padding, stride)


@dataclass(frozen=True)
class Read:
    """An element of an operand: `operand` counts the node's inputs, one index an axis."""

    operand: int
    index: tuple[Index, ...]
    fill: float = 0.0

    @property
    def lookups(self) -> tuple[int, ...]:
        """The slots of the reads that give positions of this one."""
        return tuple(index.slot for index in self.index if index.slot is not None)

    def with_slots(self, moved: Mapping[int, int]) -> Read:
        """The same after the reads that give its positions were renumbered."""
        if not self.lookups:
            return self
        new = (i if i.slot is None else replace(i, slot=moved[i.slot]) for i in self.index)
        return replace(self, index=tuple(new))

    def __str__(self) -> str:
        return f"${self.operand}[{', '.join(map(str, self.index))}]"


@dataclass(frozen=True)
class Result:
    """One output: an expression, folded over the reduced loops if `fold` is given.

    Attributes:
        position: for `argmax`: the number to keep where `expression` is largest (the first of equals).
        dtype: element type of the output.
    """

    expression: Expression
    fold: Fold | None = None
    position: Expression | None = None
    dtype: DType = "float"


@dataclass(frozen=True)
class Filtering:
    """How a contraction over windows of 3 x 3 positions is computed with fewer products: minimal filtering (Winograd).

    What it computes is the same but for rounding. A convolution has two steps: `weights` transforms each 3 x 3 weights
    to (size + 2) x (size + 2) numbers; `windows` has these as its last input, besides the operands that it stands for.
    The gradient of the weights has one: `gradient`.

    Attributes:
        step: `weights`, `windows` or `gradient`.
        size: rows and columns of outputs that are computed at once.
    """

    step: Literal["weights", "windows", "gradient"]
    size: int


@dataclass(frozen=True)
class Comprehension:
    """The primitive operator.

    Attributes:
        label: what it computes, in words that a kernel's name can take: `conv2d_weight_gradient`.
        out: one loop for each axis of the outputs, which all have this shape.
        reduce: the folded loops, outermost first.
        reads: what `Load` slots in the expressions stand for.
        results: the outputs.
        view: the outputs are the first operand's elements, in their order, under another shape (a reshape).
        filtering: how it is computed, if not term by term.
    """

    label: str
    out: tuple[Loop, ...]
    reduce: tuple[Loop, ...]
    reads: tuple[Read, ...]
    results: tuple[Result, ...]
    view: bool = field(default=False)
    filtering: Filtering | None = None

    @cached_property
    def family(self) -> Family:
        if self.reduce:
            return "contraction" if self._is_contraction else "reduction"
        if self.view or any(not self.is_projection(read) for read in self.reads):
            return "movement"
        return "pointwise"

    @property
    def _is_contraction(self) -> bool:
        if len(self.results) != 1 or self.results[0].fold != "sum" or len(self.reads) != 2:
            return False
        if self.results[0].expression != Call("multiply", (Load(0), Load(1))):
            return False
        used = [{name for index in read.index for name in index.loops} for read in self.reads]
        # Elements are used more than once, or a tile would gain nothing: a dot product is a reduction.
        is_reused = any(loop.extent != 1 and loop.name not in names for loop in self.out for names in used)
        return is_reused and all(loop.name in names for loop in self.reduce for names in used)

    @cached_property
    def shared_condition(self) -> Expression | None:
        """The condition of a sum few of whose terms count: of `where(condition, term, 0)` in all results.

        None if there is none, or if it depends on all output loops, so that each element has a condition of its own.
        """
        found = {_condition(r.expression) if r.fold == "sum" and r.dtype == "float" else None for r in self.results}
        condition = found.pop()
        plain = all(index.loop for read in self.reads for index in read.index)
        if condition is None or found or not plain or not self.reduce:
            return None
        return condition if any(loop.name not in self.loops_of(condition) for loop in self.out) else None

    def loops_of(self, expression: Expression) -> set[str]:
        """The loops on which an expression depends."""
        read = {loop for slot in loads(expression) for index in self.reads[slot].index for loop in index.loops}
        return {e.loop for e in walk(expression) if isinstance(e, Coordinate)} | read

    @cached_property
    def loaded(self) -> frozenset[int]:
        """The slots of the reads that expressions use."""
        expressions = [e for r in self.results for e in (r.expression, r.position) if e is not None]
        return frozenset(slot for expression in expressions for slot in loads(expression))

    @cached_property
    def looked_up(self) -> frozenset[int]:
        """The slots of the reads that give positions of others."""
        return frozenset(slot for read in self.reads for slot in read.lookups)

    @cached_property
    def extents(self) -> dict[str, Extent]:
        return {loop.name: loop.extent for loop in (*self.out, *self.reduce)}

    @property
    def types(self) -> tuple[TensorType, ...]:
        """The types of the outputs."""
        shape = tuple(loop.extent for loop in self.out)
        return tuple(TensorType(shape, r.dtype) for r in self.results)

    def is_projection(self, read: Read) -> bool:
        """Whether the read's indices are distinct output loops, in order: the element's own position, or broadcast."""
        names = [loop.name for loop in self.out]
        positions = [names.index(i.loop) if i.loop in names else -1 for i in read.index if i != FIRST]
        return -1 not in positions and positions == sorted(set(positions))

    @property
    def is_random(self) -> bool:
        return any(isinstance(e, Uniform) for r in self.results for e in walk(r.expression))

    def macs(self, *operands: TensorType) -> int:
        """Multiply-adds for one sample (0 unless a contraction), counting every tap, those in padding too.

        Where a read is the inverse of a window, each position of its axis counts with each tap, and not each output
        with each tap: these may fall on fractions, or outside.

        Args:
            operands: the types of what it reads.
        """
        if self.family != "contraction":
            return 0
        counts = {name: 1 if extent == BATCH else extent for name, extent in self.extents.items()}
        outputs = {loop.name for loop in self.out}
        for read in self.reads:
            for index, extent in zip(read.index, operands[read.operand].shape, strict=True):
                if index.divisor != 1 or any(factor < 0 for _, factor in index.terms):
                    counts |= {name: int(extent) for name, _ in index.terms if name in outputs}
        return product(counts.values())

    def renamed(self, names: Mapping[str, str]) -> Comprehension:
        """The same with other loop names: all at once, so names may be exchanged."""

        def rename(expression: Expression) -> Expression | None:
            if isinstance(expression, Coordinate):
                return Coordinate(names[expression.loop])
            if isinstance(expression, Uniform):
                return replace(expression, loops=tuple(names[n] for n in expression.loops))
            return None

        return replace(
            self,
            out=tuple(Loop(names[loop.name], loop.extent) for loop in self.out),
            reduce=tuple(Loop(names[loop.name], loop.extent) for loop in self.reduce),
            reads=tuple(replace(r, index=tuple(i.renamed(names) for i in r.index)) for r in self.reads),
            results=tuple(
                replace(
                    r,
                    expression=substitute(r.expression, rename),
                    position=None if r.position is None else substitute(r.position, rename),
                )
                for r in self.results
            ),
        )

    def __str__(self) -> str:
        loops = ", ".join(map(str, self.out)) + (" | " + ", ".join(map(str, self.reduce)) if self.reduce else "")
        return f"{self.label}[{loops}]({', '.join(map(str, self.reads))})"


def _condition(expression: Expression) -> Expression | None:
    match expression:
        case Call("where", (condition, _, Constant(0.0))):
            return condition
    return None
