"""Long sums are cut by their shapes alone, and give the same results."""

from __future__ import annotations

import numpy as np
import pytest

from graphnet.ir.graph import Graph
from graphnet.testing.batches import random_batch
from graphnet.testing.evaluate import evaluate
from graphnet.transforms.place_results import place_results
from graphnet.transforms.split_reductions import split_reductions

from .networks import convolutional, training_graph

BATCH = 64


def gradients(graph: Graph, samples: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    batch = random_batch(graph, samples, seed=3)
    bindings = {v: batch[v.name] for v in (*graph.inputs, *graph.targets)}
    for parameter in graph.parameters:
        bindings[parameter.value] = rng.uniform(0.5, 1.5, parameter.value.type.sample_shape)
    known = evaluate(graph.nodes, bindings, samples)
    return {path: known[value] for path, value in graph.gradients.items()}


def test_sums_over_the_batch_are_cut() -> None:
    made = split_reductions(training_graph(convolutional()), batch=BATCH, lanes=4)
    parts = [n for n in made.nodes if n.comprehension.label.endswith("_part")]
    assert parts
    for node in parts:
        assert all(loop.extent != "N" for loop in node.comprehension.reduce)
        assert node.comprehension.out[-1].name == "part"


@pytest.mark.parametrize("samples", [3, 64, 37])
def test_parts_add_up(samples: int) -> None:
    graph = training_graph(convolutional(size=5))
    whole, cut = gradients(graph, samples), gradients(split_reductions(graph, batch=BATCH, lanes=4), samples)
    for path, gradient in whole.items():
        np.testing.assert_allclose(cut[path], gradient, rtol=1e-9, atol=1e-10, err_msg=path)


def test_small_sums_stay_whole() -> None:
    graph = training_graph(convolutional(size=5))
    assert len(split_reductions(graph, batch=1, lanes=4).nodes) == len(graph.nodes)


def test_each_gradient_has_a_value_of_its_own() -> None:
    placed = place_results(training_graph(convolutional()))
    values = [*placed.gradients.values(), *(new for _, new in placed.updates)]
    assert len(values) == len(set(values))
    assert not {v for n in placed.nodes if n.comprehension.view for v in n.outputs} & set(values)
