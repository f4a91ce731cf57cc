"""Layouts: halos, shared memory under a flatten, copies where kernels disagree."""

from __future__ import annotations

import graphnet as gn
from graphnet.ir.graph import Value
from graphnet.ir.layout import blocked, filters, merged, plain
from graphnet.transforms.choose_layouts import LaidOutGraph, choose_layouts
from graphnet.transforms.fuse import fuse

from .networks import convolutional, prediction_graph, training_graph

LANES = 4


def laid(net: gn.Network, *, training: bool = False) -> LaidOutGraph:
    graph = training_graph(net) if training else prediction_graph(net)
    return choose_layouts(fuse(graph), LANES)


def output_of(made: LaidOutGraph, label: str) -> Value:
    nodes = [node for kernel in made.fused.kernels for node in kernel.nodes]
    return next(v for node in nodes if node.comprehension.label == label for v in node.outputs)


def test_maps_get_the_zeros_that_windows_read() -> None:
    made = laid(convolutional())
    assert made.layouts[made.fused.graph.inputs[0]].halo == 1
    assert made.layouts[output_of(made, "bias")].halo == 1  # read by a 3x3 window with padding 1
    assert made.layouts[output_of(made, "relu")].halo == 0  # read by pooling, which clips


def test_flatten_copies_nothing() -> None:
    made = laid(convolutional())
    (flat,) = made.aliases
    assert [node.outputs[0] for node in made.views] == [flat]
    assert made.layouts[flat].dims[1].step == LANES * 3 * 3  # a block of channels is so many features away


def test_input_gradients_read_transposed_copies_of_the_weights() -> None:
    made = laid(convolutional(), training=True)
    copies = [k for k in made.fused.kernels if k.root.comprehension.label == "relayout"]
    assert {kernel.reads[0].name for kernel in copies} >= {"second.weight", "logits.weight"}


def test_gradients_lie_as_their_parameters_do() -> None:
    made = laid(convolutional(), training=True)
    graph = made.fused.graph
    for path, gradient in graph.gradients.items():
        assert made.layouts[gradient].form() == made.layouts[graph.parameter(path).value].form(), path


def test_rows_share_the_zeros_between_them() -> None:
    layout = blocked(("N", 5, 3, 7), 1, LANES, halo=2)
    row = layout.dims[layout.row]
    assert layout.base == 2 * LANES
    assert layout.dims[layout.row - 1].stride == (7 + 2) * row.stride
    assert layout.sample_size == 2 * (2 + 3 * (7 + 2)) * LANES  # two blocks, each with zeros before its first row


def test_filters_round_up_what_kernels_reduce_over() -> None:
    assert filters((5, 3, 2, 2), LANES).size(1) == 2 * 2 * 2 * 3 * LANES
    assert filters((5, 7, 2, 2), LANES).size(1) == 2 * 2 * 2 * 8 * LANES


def test_merging_axes_keeps_the_memory() -> None:
    layout = blocked(("N", 8, 3, 7), 1, LANES)
    flat = merged(layout, ("N", 8, 3, 7), ("N", 168))
    assert flat is not None
    assert [(d.step, d.extent) for d in flat.along(1)] == [(84, 2), (21, 4), (7, 3), (1, 7)]
    assert merged(plain(("N", 6, 4)), ("N", 6, 4), ("N", 4, 6)) is None
