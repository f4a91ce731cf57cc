"""A direct evaluation of comprehensions with NumPy: slow, obviously correct, and independent of code generation.

Every loop of a comprehension becomes one axis of a grid; reads gather from their operands with index arrays that
broadcast over the grid, expressions are NumPy calls by name, and folds reduce the grid's trailing axes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np

from graphnet.core.types import BATCH, DType, Extent, product
from graphnet.ir.comprehension import Comprehension, Index, Loop, Read, Result
from graphnet.ir.expression import BatchSize, Call, Constant, Coordinate, Expression, Load, Uniform, loads
from graphnet.ir.graph import Node, Value

Array = np.ndarray[Any, Any]
Loops = Mapping[str, Array]

GRID_LIMIT: Final = 1 << 21
"""Points of a grid that are evaluated at once; larger ones are cut along their output loops."""

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_RANDOM_BITS: Final = 24


def evaluate(
    nodes: Iterable[Node],
    bindings: Mapping[Value, Array],
    batch_size: int,
    *,
    dtype: type[np.floating[Any]] = np.float64,
    seed: int = 0,
    step: int = 0,
) -> dict[Value, Array]:
    """Compute the outputs of lowered nodes.

    Args:
        nodes: comprehension nodes in topological order.
        bindings: arrays of the values that no node computes; constants need none.
        batch_size: the running step's number of samples, which `BATCH` extents and `BatchSize` stand for.
        dtype: the precision of `float` values.
        seed, step: what `Uniform` numbers depend on besides their stream and element.

    Returns:
        the array of every value: bindings, constants and results.

    Raises:
        ValueError: a binding is missing, or has another shape than its value's type.
    """
    known: dict[Value, Array] = {}
    for value, array in bindings.items():
        known[value] = _checked(value, np.asarray(array), batch_size, dtype)
    for node in nodes:
        for value in node.inputs:
            if value not in known and value.data is not None:
                known[value] = _checked(value, value.data, batch_size, dtype)
            if value not in known:
                raise ValueError(f"{node.name} reads {value.name}, which is neither bound nor computed before")
        operands = [known[value] for value in node.inputs]
        made = _Evaluation(node.comprehension, operands, batch_size, dtype, seed, step).results()
        known.update(zip(node.outputs, made, strict=True))
    return known


def uniform(seed: int, step: int, stream: int, counters: Array) -> Array:
    """The random numbers in [0, 1) that `Uniform` stands for.

    The key of a stream is `mix(mix(seed, step), stream)`, and number n of a stream comes from its key by SplitMix64
    (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014), of which the top 24 bits are used.

    Args:
        seed, step, stream: whole numbers, taken modulo 2^64.
        counters: logical, row-major positions of the elements in their tensor.
    """
    key = mix(mix(seed, step), stream)
    with np.errstate(over="ignore"):
        bits = _finalise(key + counters.astype(np.uint64) * _GOLDEN) >> np.uint64(64 - _RANDOM_BITS)
    return np.asarray(bits.astype(np.float64) * 2.0**-_RANDOM_BITS)


def mix(a: int | np.uint64, b: int | np.uint64) -> np.uint64:
    """A key made of two whole numbers."""
    first, second = (np.uint64(int(number) % (1 << 64)) for number in (a, b))
    with np.errstate(over="ignore"):
        return np.uint64(_finalise(_finalise(np.asarray(first + _GOLDEN)) + second * _GOLDEN))


def _finalise(value: Array) -> Array:
    """The finaliser of SplitMix64, a bijection of 64-bit numbers in which every bit depends on every other."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(value ^ (value >> np.uint64(31)))


class _Evaluation:
    """One comprehension with its operands."""

    def __init__(
        self,
        comprehension: Comprehension,
        operands: list[Array],
        batch_size: int,
        dtype: type[np.floating[Any]],
        seed: int,
        step: int,
    ) -> None:
        self.comprehension, self.operands, self.batch_size = comprehension, operands, batch_size
        self.dtype, self.seed, self.step = dtype, seed, step

    def results(self) -> tuple[Array, ...]:
        """One array for each result."""
        made = self.comprehension
        if made.view:
            shape = tuple(self._length(loop.extent) for loop in made.out)
            return (self.operands[0].reshape(shape),)
        loops = (*made.out, *made.reduce)
        return self._in_parts(loops, [np.arange(self._length(loop.extent)) for loop in loops], 0)

    def _in_parts(self, loops: tuple[Loop, ...], ranges: list[Array], axis: int) -> tuple[Array, ...]:
        """The results over a grid that may be too large: cut along an output loop, each part along the next ones."""
        points = product(len(numbers) for numbers in ranges)
        if axis == len(self.comprehension.out) or points <= GRID_LIMIT:
            return self._evaluate(loops, ranges)
        numbers = ranges[axis]
        rows = max(1, GRID_LIMIT * len(numbers) // points)
        parts = [
            self._in_parts(loops, [*ranges[:axis], numbers[start : start + rows], *ranges[axis + 1 :]], axis + 1)
            for start in range(0, len(numbers), rows)
        ]
        return tuple(np.concatenate(blocks, axis) for blocks in zip(*parts, strict=True))

    def _evaluate(self, loops: tuple[Loop, ...], ranges: list[Array]) -> tuple[Array, ...]:
        """The results over a part of the grid."""
        shape = tuple(len(r) for r in ranges)
        grid = {
            loop.name: numbers.reshape([-1 if k == axis else 1 for k in range(len(ranges))])
            for axis, (loop, numbers) in enumerate(zip(loops, ranges, strict=True))
        }
        gathered = [self._gather(read, grid) for read in self.comprehension.reads]
        with np.errstate(all="ignore"):
            return tuple(self._result(result, grid, shape, gathered) for result in self.comprehension.results)

    def _result(
        self, result: Result, grid: Loops, shape: tuple[int, ...], gathered: list[tuple[Array, Array]]
    ) -> Array:
        """Evaluate and fold one result."""
        expression, made = result.expression, self.comprehension
        elements = np.broadcast_to(self._compute(expression, grid, gathered), shape)
        if result.fold is None:
            assert not made.reduce, f"{made.label}: a result is not folded over the loops {made.reduce}"
            return elements.astype(self._dtype(result.dtype))
        taking_part = np.broadcast_to(True, shape)
        for slot in loads(expression):
            taking_part = taking_part & gathered[slot][1]
        split = shape[: len(made.out)]
        elements, taking_part = elements.reshape(*split, -1), taking_part.reshape(*split, -1)
        if result.fold == "argmax":
            assert result.position is not None, f"{made.label}: argmax without a position"
            positions = np.broadcast_to(self._compute(result.position, grid, gathered), shape).reshape(*split, -1)
            folded = _first_largest(elements, taking_part, positions)
        else:
            operation, neutral = _FOLDS[result.fold]
            folded = operation.reduce(np.where(taking_part, elements, self.dtype(neutral)), axis=-1)
        return np.asarray(folded).astype(self._dtype(result.dtype))

    def _gather(self, read: Read, grid: Loops) -> tuple[Array, Array]:
        """An operand's elements over the grid, `fill` where there is none; and where there is one."""
        operand = self.operands[read.operand]
        inside: Array = np.asarray(True)
        positions = []
        for index, length in zip(read.index, operand.shape, strict=True):
            position, whole = self._position(index, grid)
            inside = inside & whole & (position >= 0) & (position < length)
            positions.append(np.clip(position, 0, max(length - 1, 0)))
        elements = operand[tuple(positions)]
        floats = elements if elements.dtype == self.dtype else elements.astype(self.dtype)
        return np.where(inside, floats, self.dtype(read.fill)), inside

    def _position(self, index: Index, grid: Loops) -> tuple[Array, Array]:
        """The positions that an index stands for, and where there are any."""
        if index.slot is not None:
            found, inside = self._gather(self.comprehension.reads[index.slot], grid)
            return found.astype(np.int64), inside
        numerator: Array = np.asarray(index.offset)
        for name, coefficient in index.terms:
            numerator = numerator + coefficient * grid[name]
        for name, size, coefficient in index.groups:
            numerator = numerator + coefficient * (grid[name] // size)
        return numerator // index.divisor, np.asarray(numerator % index.divisor == 0)

    def _compute(self, expression: Expression, grid: Loops, gathered: list[tuple[Array, Array]]) -> Array:
        match expression:
            case Constant(value):
                return np.asarray(self.dtype(value))
            case Load(slot):
                return gathered[slot][0]
            case Coordinate(loop):
                return grid[loop].astype(self.dtype)
            case BatchSize():
                return np.asarray(self.dtype(self.batch_size))
            case Uniform(stream, names):
                counters: Array = np.asarray(0)
                for name in names:
                    counters = counters * self._length(self.comprehension.extents[name]) + grid[name]
                return uniform(self.seed, self.step, stream, counters).astype(self.dtype)
            case Call(function, arguments):
                values = [self._compute(argument, grid, gathered) for argument in arguments]
                return np.asarray(_FUNCTIONS[function](*values))
        raise TypeError(f"{self.comprehension.label}: no such expression: {expression}")

    def _length(self, extent: Extent) -> int:
        return self.batch_size if extent == BATCH else extent

    def _dtype(self, dtype: DType) -> type[np.generic]:
        return _array_dtype(dtype, self.dtype)


def _checked(value: Value, array: Array, batch_size: int, dtype: type[np.floating[Any]]) -> Array:
    """The array in the element type of its value."""
    shape = tuple(batch_size if extent == BATCH else extent for extent in value.type.shape)
    if array.shape != shape:
        raise ValueError(f"{value.name} of type {value.type} was bound to an array of shape {array.shape}")
    return array.astype(_array_dtype(value.type.dtype, dtype))


def _array_dtype(dtype: DType, floating: type[np.floating[Any]]) -> type[np.generic]:
    exact: dict[DType, type[np.generic]] = {"int32": np.int32, "int64": np.int64, "uint8": np.uint8}
    return exact.get(dtype, floating)


def _first_largest(elements: Array, taking_part: Array, positions: Array) -> Array:
    """The position of the first of the largest elements along the last axis; NaN is larger than any number.

    It is 0 where no element takes part.
    """
    candidates = np.where(taking_part, elements, -np.inf)
    best = candidates.max(axis=-1, keepdims=True)
    winners = taking_part & ((candidates == best) | np.isnan(candidates))
    first = winners.argmax(axis=-1, keepdims=True)
    chosen = np.take_along_axis(positions, first, axis=-1)
    return np.where(winners.any(axis=-1), chosen[..., 0], 0)


_FOLDS: Final[Mapping[str, tuple[np.ufunc, float]]] = {
    "sum": (np.add, 0.0),
    "max": (np.maximum, -np.inf),
    "min": (np.minimum, np.inf),
}

_FUNCTIONS: Final[Mapping[str, Any]] = {
    **{name: getattr(np, name) for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "power")},
    **{name: getattr(np, name) for name in ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal")},
    **{name: getattr(np, name) for name in ("logical_and", "logical_or", "logical_not", "negative", "absolute")},
    **{name: getattr(np, name) for name in ("sqrt", "floor", "exp", "expm1", "log", "log1p", "tanh", "arctan")},
    "sigmoid": lambda x: np.where(x < 0, np.exp(-np.abs(x)), 1) / (1 + np.exp(-np.abs(x))),
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    "where": np.where,
}
