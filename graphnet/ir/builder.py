"""The one way to make nodes: layers for the front end, comprehensions for lowering and gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from graphnet.core.source import SourceSpan
from graphnet.core.types import BATCH, DType, Extent, TensorType
from graphnet.ir.comprehension import FIRST, Comprehension, Fold, Index, Loop, Read, Result
from graphnet.ir.expression import Load, Scalar, Uniform, as_expression
from graphnet.ir.graph import Node, Scope, Value
from graphnet.ir.layout import merge_runs

Function = Callable[..., Scalar]


@dataclass(frozen=True)
class Origin:
    """What new nodes inherit: the layer they serve, and where it was written."""

    layer: str = ""
    span: SourceSpan | None = None
    scope: tuple[Scope, ...] = ()
    frozen: bool = False
    backward: bool = False


def axis_loops(shape: Sequence[Extent]) -> tuple[Loop, ...]:
    """A loop for each axis, with the customary names: n c h w for (N, C, H, W)."""
    names = {1: "c", 2: "ac", 3: "acw", 4: "achw", 5: "acdhw"}.get(len(shape), "abcdefgh"[: len(shape)])
    loops = [Loop(name, extent) for name, extent in zip(names, shape, strict=True)]
    if shape and shape[0] == BATCH:
        loops[0] = Loop("n", BATCH)
    return tuple(loops)


class Builder:
    """Collects nodes in topological order.

    Attributes:
        nodes: what was added so far.
        updates: (buffer, new value) pairs that a training step writes back.
        training: whether statistics come from the batch and dropout drops.
    """

    def __init__(self, *, training: bool = True) -> None:
        self.nodes: list[Node] = []
        self.updates: list[tuple[Value, Value]] = []
        self._training = training
        self._origin = Origin()
        self._names: dict[str, int] = {}
        self._streams = 0

    @property
    def training(self) -> bool:
        return self._training and not self._origin.frozen

    @contextmanager
    def origin(self, node: Node, *, backward: bool = False) -> Iterator[None]:
        """New nodes belong to `node`'s layer and cite its source."""
        before = self._origin
        self._origin = Origin(node.layer, node.span, node.scope, node.frozen, backward or node.backward)
        try:
            yield
        finally:
            self._origin = before

    def append(self, node: Node) -> Node:
        """Take a node as it is."""
        self.nodes.append(node)
        return node

    def comprehension(self, comprehension: Comprehension, *inputs: Value) -> tuple[Value, ...]:
        """Add a primitive node; its name is the layer's, the label, and a count where needed."""
        o = self._origin
        base = f"{o.layer}/{comprehension.label}" if o.layer else comprehension.label
        count = self._names[base] = self._names.get(base, 0) + 1
        name = base if count == 1 else f"{base}.{count}"
        node = Node.make(
            name, comprehension, inputs, comprehension.types,
            span=o.span, scope=o.scope, layer=o.layer, frozen=o.frozen, backward=o.backward,
        )  # fmt: skip
        return self.append(node).outputs

    def constant(self, data: np.ndarray[Any, Any], name: str = "constant") -> Value:
        """A tensor known at compile time."""
        dtype: DType = "float" if data.dtype.kind == "f" else "int32"
        return Value(name, TensorType(data.shape, dtype), role="constant", data=data)

    def update(self, buffer: Value, new: Value) -> None:
        """A training step writes `new` back to `buffer`."""
        self.updates.append((buffer, new))

    # -- pointwise ---------------------------------------------------------------------------------------------

    def pointwise(
        self, label: str, function: Function, *values: Value, axes: Sequence[Sequence[int] | None] | None = None,
        shape: Sequence[Extent] | None = None, dtype: DType = "float",
    ) -> Value:  # fmt: skip
        """One expression an element: `b.pointwise("relu", lambda x: maximum(x, 0), x)`.

        The output has the shape of the operand of highest rank (or `shape`). Others broadcast: scalars; (C,) or
        (N, C, 1, 1) along axis 1; (N,) along axis 0. `axes` names the output axes that an operand's axes are,
        where that rule does not serve.
        """
        return self.pointwise_many(label, [function], *values, axes=axes, shape=shape, dtype=dtype)[0]

    def pointwise_many(
        self, label: str, functions: Sequence[Function], *values: Value,
        axes: Sequence[Sequence[int] | None] | None = None, shape: Sequence[Extent] | None = None,
        dtype: DType = "float",
    ) -> tuple[Value, ...]:  # fmt: skip
        """Several expressions of the same operands, one output each."""
        out = tuple(shape) if shape is not None else broadcast_shape(values)
        loops = axis_loops(out)
        reads = []
        for k, value in enumerate(values):
            given = axes[k] if axes is not None else None
            reads.append(Read(k, broadcast_index(value.type, out, loops, given)))
        arguments = [Load(k) for k in range(len(values))]
        results = tuple(Result(as_expression(f(*arguments)), dtype=dtype) for f in functions)
        return self.comprehension(Comprehension(label, loops, (), tuple(reads), results), *values)

    def full(self, value: float, shape: Sequence[Extent] = ()) -> Value:
        """A tensor filled with a number; fusion writes the number where it is used."""
        return self.pointwise("full", lambda: value, shape=shape)

    def uniform(self, shape: Sequence[Extent], *, axes: int | None = None) -> Value:
        """Random numbers in [0, 1), new ones each step, the same for any layout and number of threads.

        Args:
            shape: of the result.
            axes: how many of the leading axes have numbers of their own, which repeat along the others; all if None.
        """
        self._streams += 1
        loops = axis_loops(shape)
        expression = Uniform(self._streams, tuple(loop.name for loop in loops[:axes]))
        return self.comprehension(Comprehension("uniform", loops, (), (), (Result(expression),)))[0]

    def add(self, a: Value, b: Value) -> Value:
        return self.pointwise("add", lambda x, y: x + y, a, b)

    def multiply(self, a: Value, b: Value) -> Value:
        return self.pointwise("multiply", lambda x, y: x * y, a, b)

    # -- reductions --------------------------------------------------------------------------------------------

    def reduce(
        self, label: str, fold: Fold, function: Function, *values: Value, axes: Sequence[int],
        shape: Sequence[Extent] | None = None, operand_axes: Sequence[Sequence[int] | None] | None = None,
    ) -> Value:  # fmt: skip
        """Fold an expression over whole axes, which disappear: `b.reduce("sum", "sum", lambda x: x, x, axes=(0, 2))`.

        Operands broadcast against each other as in `pointwise`, where `operand_axes` is called `axes`.
        """
        full = tuple(shape) if shape is not None else broadcast_shape(values)
        loops = axis_loops(full)
        own = operand_axes if operand_axes is not None else [None] * len(values)
        reads = tuple(Read(k, broadcast_index(v.type, full, loops, own[k])) for k, v in enumerate(values))
        expression = as_expression(function(*(Load(k) for k in range(len(values)))))
        out = tuple(loop for k, loop in enumerate(loops) if k not in axes)
        folded = tuple(loop for k, loop in enumerate(loops) if k in axes)
        return self.comprehension(
            Comprehension(label, out, folded, reads, (Result(expression, fold if folded else None),)), *values
        )[0]

    def fold(
        self, label: str, out: Sequence[Loop], reduce: Sequence[Loop], reads: Sequence[tuple[Value, Sequence[Index]]],
        *results: Result, fill: float = 0.0,
    ) -> tuple[Value, ...]:  # fmt: skip
        """A reduction (or, with nothing folded, a movement) with its loops and indices spelled out.

        Where nothing is folded, a read outside of its operand gives `fill`.
        """
        extents = {loop.name: loop.extent for loop in (*out, *reduce)}
        slots = tuple(Read(k, whole_or_part(v.type, index, extents), fill) for k, (v, index) in enumerate(reads))
        made = Comprehension(label, tuple(out), tuple(reduce), slots, results)
        return self.comprehension(made, *(value for value, _ in reads))

    def contract(
        self, label: str, out: Sequence[Loop], reduce: Sequence[Loop],
        a: Value, a_index: Sequence[Index], b: Value, b_index: Sequence[Index],
    ) -> Value:  # fmt: skip
        """out[...] = sum over `reduce` of a[a_index] * b[b_index]."""
        product = Result(Load(0) * Load(1), "sum")
        return self.fold(label, out, reduce, [(a, a_index), (b, b_index)], product)[0]

    def sum_to(self, value: Value, wanted: TensorType) -> Value:
        """Undo a broadcast: sum a gradient over the axes along which its operand was repeated."""
        if value.type.shape == wanted.shape:
            return value
        loops = axis_loops(value.type.shape)
        index = broadcast_index(wanted, value.type.shape, loops, None)
        kept = {i.loop for i in index if i.loop}
        folded = [loop for loop in loops if loop.name not in kept]
        unit = iter(range(len(index)))
        out = [
            next(loop for loop in loops if loop.name == i.loop) if i.loop else Loop(f"unit{next(unit)}", 1)
            for i in index
        ]
        read = [(value, [Index.of(loop.name) for loop in loops])]
        return self.fold("sum", out, folded, read, Result(Load(0), "sum"))[0]

    # -- movement ----------------------------------------------------------------------------------------------

    def move(self, label: str, out: Sequence[Loop], *pieces: tuple[Value, Sequence[Index]], fill: float = 0.0) -> Value:
        """Read from elsewhere; where a piece's index leaves it, it gives `fill`.

        Several pieces (concat) do not overlap, and are filled with zeros.
        """
        expression: Scalar = Load(0)
        for k in range(1, len(pieces)):
            expression = expression + Load(k)
        result = Result(as_expression(expression), dtype=pieces[0][0].type.dtype)
        return self.fold(label, out, (), pieces, result, fill=fill)[0]

    def reshape(self, value: Value, shape: Sequence[Extent], label: str = "reshape") -> Value:
        """The same elements in the same (row-major) order under another shape; costs nothing where layouts allow."""
        before, after = value.type.shape, tuple(shape)
        if merge_runs(before, after) is None and merge_runs(after, before) is None:  # first all in one row
            value = self.reshape(value, (*((BATCH,) if value.type.is_batched else ()), value.type.size), label)
        source = axis_loops(value.type.shape)
        made = Comprehension(
            label, axis_loops(shape), (), (Read(0, tuple(FIRST for _ in source)),),
            (Result(Load(0), dtype=value.type.dtype),), view=True,
        )  # fmt: skip
        return self.comprehension(made, value)[0]


def broadcast_shape(values: Sequence[Value]) -> tuple[Extent, ...]:
    """The shape of the operand with the most elements, batched ones first."""
    if not values:
        return ()
    return max(values, key=lambda v: (v.type.is_batched, v.type.rank, v.type.size)).type.shape


def broadcast_index(
    operand: TensorType, out: Sequence[Extent], loops: Sequence[Loop], axes: Sequence[int] | None
) -> tuple[Index, ...]:
    """How an element at `loops` reads an operand of this type.

    Raises:
        ValueError: the operand does not broadcast to `out`.
    """
    if axes is None:
        if operand.rank == len(out):
            axes = range(len(out))
        elif operand.rank == 0:
            axes = ()
        elif operand.rank == 1:
            axes = (0,) if operand.is_batched else (1,)
        elif operand.rank == 2 and operand.is_batched:
            axes = (0, 1)
        else:
            raise ValueError(f"{operand} does not broadcast to {tuple(out)}")
    index = []
    for extent, axis in zip(operand.shape, axes, strict=True):
        if extent == out[axis]:
            index.append(Index.of(loops[axis].name))
        elif extent == 1:
            index.append(FIRST)
        else:
            raise ValueError(f"{operand} does not broadcast to {tuple(out)}")
    return tuple(index)


def whole_or_part(operand: TensorType, index: Sequence[Index], extents: Mapping[str, Extent]) -> tuple[Index, ...]:
    """The indices, those marked that are a loop of another length than their axis."""
    return tuple(
        replace(i, is_part=True) if i.loop and extents[i.loop] != extent else i
        for i, extent in zip(index, operand.shape, strict=True)
    )


def with_results(comprehension: Comprehension, keep: Sequence[int]) -> Comprehension:
    """The comprehension with some of its results only."""
    return replace(comprehension, results=tuple(comprehension.results[k] for k in keep))
