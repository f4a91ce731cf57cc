"""Of two loops over the batch, the second ends with the largest batch; nothing that is computed changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from graphnet.core.types import BATCH, TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Fold, Index, Loop, Result
from graphnet.ir.expression import Coordinate, Load, exp
from graphnet.ir.graph import Graph, Value
from graphnet.ir.verify import verify
from graphnet.testing.arrays import distinct
from graphnet.testing.evaluate import evaluate
from graphnet.transforms.bound_pairs import bound_pairs

Make = Callable[..., Graph]
Compute = Callable[..., dict[str, np.ndarray]]

MOST = 11
X, Y = Value("x", TensorType.batched(5), "input"), Value("y", TensorType.batched(5), "input")
N, M, F = Loop("n", BATCH), Loop("m", BATCH), Loop("f", 5)
ROW, COLUMN, FEATURE = Index.of("n"), Index.of("m"), Index.of("f")


def products(b: Builder) -> Value:
    return b.contract("products", [N, M], [F], X, [ROW, FEATURE], Y, [COLUMN, FEATURE])


def bounded(graph: Graph) -> Graph:
    return verify(bound_pairs(graph, batch=MOST), "bound_pairs")


def labels(graph: Graph) -> list[str]:
    return [node.comprehension.label for node in graph.nodes]


def test_products_of_samples_stay_a_contraction(make_graph: Make) -> None:
    b = Builder()
    after = bounded(make_graph(b, [X, Y], {"y": products(b)}))
    assert labels(after) == ["samples", "products"]
    copy, made = after.nodes
    assert copy.outputs[0].type == TensorType((MOST, 5))
    assert made.outputs[0].type == TensorType((BATCH, MOST))
    assert made.comprehension.family == "contraction"


@pytest.mark.parametrize("samples", [1, 4, MOST])
def test_what_lies_beyond_the_samples_is_zero(samples: int, make_graph: Make) -> None:
    """A product, a formula of it that is not zero at zero, and a fold of such a formula over features."""
    b = Builder()
    y = products(b)
    shifted = b.pointwise("shifted", lambda v: v + 1, y)
    reads = [(X, [ROW, FEATURE]), (Y, [COLUMN, FEATURE])]
    (furthest,) = b.fold("furthest", [N, M], [F], reads, Result(Load(0) - Load(1), "max"))
    outputs = {"y": y, "shifted": shifted, "furthest": furthest}
    before = make_graph(b, [X, Y], outputs)
    after = bounded(before)
    bindings = {X: distinct((samples, 5)), Y: distinct((samples, 5), seed=1)}
    wanted = evaluate(before.nodes, bindings, samples)
    known = evaluate(after.nodes, bindings, samples)
    for name, value in outputs.items():
        found = known[after.outputs[name]]
        assert found.shape == (samples, MOST)
        np.testing.assert_allclose(found[:, :samples], wanted[value], rtol=1e-12)
        assert not found[:, samples:].any()


@pytest.mark.parametrize("fold", ["sum", "max", "min"])
@pytest.mark.parametrize("samples", [1, 4, MOST])
def test_folds_end_with_the_samples(fold: Fold, samples: int, make_graph: Make, computed: Compute) -> None:
    b = Builder()
    y = products(b)
    one = {"sum": 1.0, "max": -100.0, "min": 100.0}[fold]  # at which a fold of zeros would show
    rows = b.reduce("rows", fold, lambda v: exp(v * 0.1) + one, y, axes=(1,))
    everything = b.reduce("everything", fold, lambda v: v + one, y, axes=(0, 1))
    graph = make_graph(b, [X, Y], {"rows": rows, "everything": everything})
    after = bounded(graph)
    for name, wanted in computed(graph, samples).items():
        np.testing.assert_allclose(computed(after, samples)[name], wanted, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("samples", [1, 4, MOST])
def test_numbers_of_samples_along_columns(samples: int, make_graph: Make, computed: Compute) -> None:
    """A value with a number for each sample is read at both loops; so is the position."""
    b = Builder()
    squares = b.reduce("squares", "sum", lambda v: v * v, X, axes=(1,))
    apart = b.pointwise(
        "apart", lambda p, r, c: r + c - 2 * p + Coordinate("n") - Coordinate("c"), products(b), squares, squares,
        axes=(None, (0,), (1,)),
    )  # fmt: skip
    mixed = b.contract("mixed", [N, F], [M], apart, [ROW, COLUMN], Y, [COLUMN, FEATURE])
    graph = make_graph(b, [X, Y], {"mixed": mixed})
    after = bounded(graph)
    assert labels(after).count("samples") == 2
    np.testing.assert_allclose(computed(after, samples)["mixed"], computed(graph, samples)["mixed"], rtol=1e-11)


@pytest.mark.parametrize("samples", [1, 4, MOST])
def test_columns_become_rows(samples: int, make_graph: Make, computed: Compute) -> None:
    """The first loop of the outputs may read the second axis: it ends with the samples, as it is."""
    b = Builder()
    y = products(b)
    turned = b.contract("turned", [N, F], [M], y, [COLUMN, ROW], X, [COLUMN, FEATURE])
    graph = make_graph(b, [X, Y], {"turned": turned})
    np.testing.assert_allclose(
        computed(bounded(graph), samples)["turned"], computed(graph, samples)["turned"], rtol=1e-11
    )


def test_sums_over_samples_alone_stay_as_they_are(make_graph: Make) -> None:
    b = Builder()
    c, f = Loop("c", 5), Loop("f", 5)
    gw = b.contract("gw", [c, f], [N], X, [ROW, Index.of("c")], Y, [ROW, FEATURE])
    total = b.reduce("total", "sum", lambda v: v, X, axes=(0, 1))
    graph = make_graph(b, [X, Y], {"gw": gw, "total": total})
    assert bounded(graph).nodes == graph.nodes
