"""Long sums over samples become parts and their sum; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from graphnet.core.types import BATCH, TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Fold, Index, Loop
from graphnet.ir.expression import Coordinate
from graphnet.ir.graph import Graph, Value
from graphnet.ir.verify import verify
from graphnet.transforms.split_reductions import SMALL, split_reductions

Make = Callable[..., Graph]
Compute = Callable[..., dict[str, np.ndarray]]

MOST = 37
X = Value("x", TensorType.batched(5, 41), "input")
N = Loop("n", BATCH)


def labels(graph: Graph) -> list[str]:
    return [node.comprehension.label for node in graph.nodes]


def split(graph: Graph) -> Graph:
    return verify(split_reductions(graph, batch=MOST, lanes=8), "split_reductions")


@pytest.mark.parametrize("samples", [1, 2, 19, MOST])
def test_a_long_sum_is_cut_whatever_the_number_of_samples(samples: int, make_graph: Make, computed: Compute) -> None:
    b = Builder()
    graph = make_graph(b, [X], {"y": b.reduce("total", "sum", lambda v: v * v, X, axes=(0, 2))})
    after = split(graph)
    assert labels(after) == ["total_part", "total_total"]
    part = after.nodes[0].comprehension.out[-1]
    assert (part.name, 1 < int(part.extent) <= MOST) == ("part", True)
    np.testing.assert_allclose(computed(after, samples)["y"], computed(graph, samples)["y"], rtol=1e-12)


def test_a_contraction_over_samples_is_cut(make_graph: Make, computed: Compute) -> None:
    """A weight gradient: few results, a long sum."""
    b = Builder()
    x, gy = Value("x", TensorType.batched(13), "input"), Value("gy", TensorType.batched(11), "input")
    c, f = Loop("c", 11), Loop("f", 13)
    y = b.contract("gw", [c, f], [N], gy, [Index.of("n"), Index.of("c")], x, [Index.of("n"), Index.of("f")])
    graph = make_graph(b, [x, gy], {"y": y})
    after = split(graph)
    assert labels(after) == ["gw_part", "gw_total"]
    np.testing.assert_allclose(computed(after, 23)["y"], computed(graph, 23)["y"], rtol=1e-11)


def test_several_results_are_cut_together(make_graph: Make, computed: Compute) -> None:
    b = Builder()
    total = b.reduce("total", "sum", lambda v: v, X, axes=(0, 2))
    (node,) = b.nodes
    assert node.outputs == (total,)
    graph = make_graph(b, [X], {"y": total, "z": b.pointwise("z", lambda t: t + 1, total)})
    after = split(graph)
    assert labels(after) == ["total_part", "total_total", "z"]
    np.testing.assert_allclose(computed(after)["z"], computed(graph)["z"])


@pytest.mark.parametrize("fold", ["max", "min"])
def test_only_sums_are_cut(fold: Fold, make_graph: Make) -> None:
    b = Builder()
    graph = make_graph(b, [X], {"y": b.reduce("fold", fold, lambda v: v, X, axes=(0, 2))})
    assert labels(split(graph)) == ["fold"]


def test_short_sums_stay_whole(make_graph: Make) -> None:
    b = Builder()
    x = Value("x", TensorType.batched(3), "input")
    assert MOST * 3 * 3 < SMALL
    graph = make_graph(b, [x], {"y": b.reduce("total", "sum", lambda v: v, x, axes=(0,))})
    assert labels(split(graph)) == ["total"]


def test_a_sum_with_many_results_stays_whole(make_graph: Make) -> None:
    """There is enough for every worker already."""
    b = Builder()
    x = Value("x", TensorType.batched(1021), "input")
    graph = make_graph(b, [x], {"y": b.reduce("total", "sum", lambda v: v, x, axes=(0,))})
    assert labels(split(graph)) == ["total"]


def test_a_sum_that_does_not_reach_over_samples_stays_whole(make_graph: Make) -> None:
    b = Builder()
    w = Value("w", TensorType((997, 11)), "parameter")
    graph = make_graph(b, [], {"y": b.reduce("total", "sum", lambda v: v, w, axes=(0,))})
    assert labels(split(graph)) == ["total"]


def test_a_sum_that_counts_samples_stays_whole(make_graph: Make) -> None:
    b = Builder()
    graph = make_graph(b, [X], {"y": b.reduce("total", "sum", lambda v: v * Coordinate("n"), X, axes=(0, 2))})
    assert labels(split(graph)) == ["total"]


def test_a_sum_of_what_no_sample_holds_stays_whole(make_graph: Make, computed: Compute) -> None:
    """The bias gradient under a constant gradient reads nothing that ends with the samples."""
    b = Builder()
    w = Value("w", TensorType((5,)), "input")
    y = b.reduce("total", "sum", lambda v: v, w, axes=(0, 2), shape=(BATCH, 5, 41), operand_axes=[(1,)])
    graph = make_graph(b, [w], {"y": y})
    after = split(graph)
    np.testing.assert_allclose(computed(after, 3)["y"], computed(graph, 3)["y"])
    assert labels(after) == ["total"]
