"""The direct evaluation, against loops in plain Python: it must be right, for everything else is compared with it."""

import itertools
import math

import numpy as np
import pytest

from graphnet.codegen.cpu.counters import mix_key, random
from graphnet.codegen.cpu.vectors import VectorType
from graphnet.core.types import BATCH, TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Comprehension, Index, Loop, Read, Result, window, windows_over
from graphnet.ir.expression import ARITY, BatchSize, Coordinate, Load, Uniform, call, sqrt, where
from graphnet.ir.graph import Value
from graphnet.testing import evaluate as module
from graphnet.testing.arrays import distinct
from graphnet.testing.evaluate import evaluate, mix, uniform


def compute(made: Comprehension, *arrays: np.ndarray, batch_size: int = 3, **options) -> tuple[np.ndarray, ...]:
    b = Builder()
    inputs = [Value(f"x{k}", TensorType(a.shape), "input") for k, a in enumerate(arrays)]
    outputs = b.comprehension(made, *inputs)
    known = evaluate(b.nodes, dict(zip(inputs, arrays, strict=True)), batch_size, **options)
    return tuple(known[v] for v in outputs)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("stride", "dilation", "padding"), [*itertools.product((1, 2, 3), (1, 2), (0, 1, 2))])
def test_a_fold_takes_what_lies_inside_and_whole(stride: int, dilation: int, padding: int, backwards: bool) -> None:
    """Strided windows that stick out on both sides, folded in each way, and read backwards."""
    x = distinct((7,))
    index = (windows_over if backwards else window)("h", "i", stride, dilation, padding)

    def position(h: int, i: int) -> float:
        return (h + padding - i * dilation) / stride if backwards else h * stride + i * dilation - padding

    taken = [[(i, int(p)) for i in range(3) if (p := position(h, i)) in range(7)] for h in range(5)]
    results = [Result(Load(0), fold) for fold in ("sum", "max", "min")]
    results.append(Result(Load(0), "argmax", Coordinate("i") * 10, "int32"))
    made = Comprehension("fold", (Loop("h", 5),), (Loop("i", 3),), (Read(0, (index,)),), tuple(results))
    total, largest, smallest, winner = compute(made, x)
    np.testing.assert_allclose(total, [sum(x[p] for _, p in taps) for taps in taken])
    assert largest.tolist() == [max((x[p] for _, p in taps), default=-math.inf) for taps in taken]
    assert smallest.tolist() == [min((x[p] for _, p in taps), default=math.inf) for taps in taken]
    assert winner.tolist() == [max(taps, key=lambda tap: x[tap[1]], default=(0, 0))[0] * 10 for taps in taken]
    assert winner.dtype == np.int32


def test_a_result_ignores_reads_that_it_does_not_load() -> None:
    reads = (Read(0, (window("h", "i"),)), Read(0, (Index((("h", 1), ("i", 1)), 2),)))
    results = (Result(Load(0), "sum"), Result(Load(1), "sum"), Result(Load(0) + Load(1), "sum"))
    first, second, both = compute(
        Comprehension("f", (Loop("h", 1),), (Loop("i", 4),), reads, results), np.arange(1.0, 5)
    )
    assert (first[0], second[0], both[0]) == (10, 7, 3 + 7)


def test_outside_gives_the_fill_where_nothing_is_folded() -> None:
    made = Comprehension(
        "pad", (Loop("h", 5),), (), (Read(0, (Index((("h", 1),), -1),), fill=9.0),), (Result(Load(0)),)
    )
    assert compute(made, np.array([1.0, 2, 3]))[0].tolist() == [9, 1, 2, 3, 9]


def test_the_first_of_equals_wins_and_nan_is_largest() -> None:
    made = Comprehension(
        "argmax", (Loop("h", 4),), (Loop("i", 3),), (Read(0, (Index.of("h"), Index.of("i"))),),
        (Result(Load(0), "max"), Result(Load(0), "argmax", Coordinate("i"), "uint8")),
    )  # fmt: skip
    nan, inf = math.nan, math.inf
    largest, winner = compute(made, np.array([[1, 3, 3], [2, nan, nan], [-inf, -inf, -inf], [nan, inf, 1]]))
    np.testing.assert_array_equal(largest, [3, nan, -inf, nan])
    assert winner.tolist() == [1, 1, 0, 0]


def test_every_primitive_has_a_meaning() -> None:
    x = np.array([0.25, 0.5, 0.75])
    plain = {
        "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b, "maximum": max, "minimum": min, "power": pow,
        "less": lambda a, b: a < b, "less_equal": lambda a, b: a <= b, "greater": lambda a, b: a > b,
        "greater_equal": lambda a, b: a >= b, "equal": lambda a, b: a == b, "not_equal": lambda a, b: a != b,
        "negative": lambda a: -a, "absolute": abs, "sqrt": math.sqrt, "floor": math.floor, "exp": math.exp,
        "expm1": math.expm1, "log": math.log, "log1p": math.log1p, "tanh": math.tanh, "erf": math.erf,
        "sigmoid": lambda a: 1 / (1 + math.exp(-a)), "arctan": math.atan,
        "logical_and": lambda a, b: a and b, "logical_or": lambda a, b: a or b, "logical_not": lambda a: not a,
        "where": lambda c, a, b: a if c else b,
    }  # fmt: skip
    assert set(plain) == set(ARITY)
    for name, function in plain.items():
        logical = name.startswith("logical") or name == "where"
        first = Load(0) > 0.4 if logical else Load(0)
        others = [Load(0) < 0.6 if name.startswith("logical") else Load(0) * 3 - 0.5, Load(0) + 1]
        arguments = [first, *others][: ARITY[name]]
        found = compute(
            Comprehension("f", (Loop("h", 3),), (), (Read(0, (Index.of("h"),)),), (Result(call(name, *arguments)),)), x
        )
        rows = [(v > 0.4 if logical else v, v < 0.6 if name.startswith("logical") else v * 3 - 0.5, v + 1) for v in x]
        np.testing.assert_allclose(found[0], [function(*row[: ARITY[name]]) for row in rows], err_msg=name)


def test_batch_constants_and_views() -> None:
    b = Builder()
    x = Value("x", TensorType.batched(2, 3), "input")
    table = b.constant(np.array([1.0, 10.0]), "table")
    y = b.pointwise("f", lambda v, t: v * t / BatchSize(), x, table)
    flat = b.reshape(y, (BATCH, 6))
    array = distinct((5, 2, 3))
    known = evaluate(b.nodes, {x: array}, 5)
    np.testing.assert_allclose(known[flat], (array * np.array([1, 10])[:, None] / 5).reshape(5, 6))


def test_random_numbers_are_those_of_the_kernels() -> None:
    vector = VectorType("float64", 4)
    primitives = random(vector)
    for seed, step, stream in [(0, 0, 1), (7, 123, 2), (2**63 - 1, 2**40, 31)]:
        key = mix_key(mix_key(seed, step), stream)
        assert int(mix(mix(seed, step), stream)) == key % 2**64
        ours = uniform(seed, step, stream, np.arange(vector.lanes) * 5 + 1000)
        np.testing.assert_array_equal(ours, primitives["uniform"](key, 1000, 5))


def test_a_random_number_belongs_to_its_logical_position() -> None:
    loops = (Loop("n", BATCH), Loop("c", 5))
    made = Comprehension("u", loops, (), (), (Result(Uniform(3, ("n", "c"))),))
    small, large = (compute(made, batch_size=n, seed=1, step=2)[0] for n in (2, 7))
    np.testing.assert_array_equal(small, large[:2])
    np.testing.assert_array_equal(large, uniform(1, 2, 3, np.arange(35)).reshape(7, 5))
    assert abs(uniform(0, 0, 1, np.arange(100_000)).mean() - 0.5) < 0.005


def test_a_large_grid_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    x, w = distinct((11, 5)), distinct((7, 5), seed=1)
    b = Builder()
    values = [Value("x", TensorType((11, 5)), "input"), Value("w", TensorType((7, 5)), "input")]
    of = Index.of
    y = b.contract(
        "f", [Loop("a", 11), Loop("c", 7)], [Loop("k", 5)],
        values[0], [of("a"), of("k")], values[1], [of("c"), of("k")],
    )  # fmt: skip
    for limit in (1, 100, 10**6):
        monkeypatch.setattr(module, "GRID_LIMIT", limit)
        np.testing.assert_allclose(evaluate(b.nodes, dict(zip(values, (x, w), strict=True)), 1)[y], x @ w.T)


def test_unused_branches_may_be_undefined() -> None:
    made = Comprehension(
        "f", (Loop("h", 2),), (), (Read(0, (Index.of("h"),)),), (Result(where(Load(0) > 0, sqrt(Load(0)), 0)),)
    )
    assert compute(made, np.array([4.0, -4.0]))[0].tolist() == [2, 0]


def test_bindings_are_checked() -> None:
    b = Builder()
    x = Value("x", TensorType.batched(2), "input")
    b.pointwise("f", lambda v: v + 1, x)
    with pytest.raises(ValueError, match="neither bound nor computed"):
        evaluate(b.nodes, {}, 3)
    with pytest.raises(ValueError, match=r"was bound to an array of shape \(3, 5\)"):
        evaluate(b.nodes, {x: np.zeros((3, 5))}, 3)


def test_positions_that_another_read_gives() -> None:
    """Outside, they give the fill where nothing is folded, and take no part in a fold."""
    table, tokens = distinct((5, 3)), np.array([[4, 0, -1], [5, 2, 2]], np.int32)
    b = Builder()
    x, row = Value("x", TensorType((2, 3), "int32"), "input"), Value("table", TensorType((5, 3)), "input")
    at = (Read(0, (Index.of("n"), Index.of("l"))), Read(1, (Index.given_by(0), Index.of("c")), fill=7.0))
    n, position, c = Loop("n", 2), Loop("l", 3), Loop("c", 3)
    (plain,) = b.comprehension(Comprehension("plain", (n, position, c), (), at, (Result(Load(1)),)), x, row)
    (largest,) = b.comprehension(Comprehension("fold", (n, c), (position,), at, (Result(Load(1), "max"),)), x, row)
    known = evaluate(b.nodes, {x: tokens, row: table}, 1)
    rows = [[table[t] if t in range(5) else np.full(3, 7.0) for t in sample] for sample in tokens]
    np.testing.assert_array_equal(known[plain], rows)
    inside = [np.max([table[t] for t in sample if t in range(5)], axis=0) for sample in tokens]
    np.testing.assert_array_equal(known[largest], inside)
