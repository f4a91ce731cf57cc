"""Where values lie: halos for windows, lanes along units, shared memory for flatten, copies where kernels disagree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.compiler import comprehensions_of, graph_for, kernels_of, options_for
from graphnet.core.types import BATCH, TensorType
from graphnet.frontend.network import Network
from graphnet.ir.builder import Builder
from graphnet.ir.graph import Graph, Value
from graphnet.ir.layout import plain
from graphnet.runtime.arrays import pack, unpack
from graphnet.runtime.inspection import Inspector
from graphnet.testing.strategies import networks
from graphnet.transforms.choose_layouts import LaidOutGraph, choose_layouts, default_layout
from graphnet.transforms.fuse import fuse

Make = Callable[..., Graph]

LANES = 4


def laid_out(net: gn.Network, purpose: str = "gradients") -> LaidOutGraph:
    graph = graph_for(net.graph, purpose)  # type: ignore[arg-type]
    options = options_for(3, "float64")
    inspect = Inspector("test")
    lowered = comprehensions_of(graph, training=True, updates=False, options=options, inspect=inspect)
    given = {p.value: default_layout(p.value.type, options.target.lanes) for p in graph.parameters}
    return kernels_of(lowered, options=options, given=given, inspect=inspect)


def value_of(laid: LaidOutGraph, name: str) -> Value:
    return next(v for v in laid.layouts if v.name == name)


def kernel_labels(laid: LaidOutGraph) -> list[str]:
    return [k.root.comprehension.label for k in laid.fused.kernels if k.root not in laid.views]


# -- halos -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kernel", "padding", "dilation", "halo"), [(3, 1, 1, 1), (5, 2, 2, 2), (5, 4, 2, 4), (1, 0, 1, 0)]
)
def test_a_map_has_as_many_columns_of_zeros_as_windows_stick_out(
    kernel: int, padding: int, dilation: int, halo: int
) -> None:
    net = gn.Network("halo")
    x = gn.tanh(net.input("x", (5, 17, 17)))
    net.output("y", gn.conv2d(x, 3, kernel_size=kernel, padding=padding, dilation=dilation))
    laid = laid_out(net, "predict")
    assert laid.layouts[value_of(laid, "tanh1/tanh")].halo == halo
    assert laid.layouts[value_of(laid, "x")].halo == 0


def test_the_widest_reader_decides() -> None:
    net = gn.Network("halo")
    x = net.input("x", (5, 17, 17))
    net.output("a", gn.conv2d(x, 3, kernel_size=3, padding=1))
    net.output("b", gn.conv2d(x, 3, kernel_size=7, padding=3))
    laid = laid_out(net, "predict")
    layout = laid.layouts[value_of(laid, "x")]
    assert layout.halo == 3
    assert layout.sample_size == 3 + 5 * 17 * (17 + 3) + 3 * 4, "rows share their halo; each plane begins with one"


def test_pooling_needs_no_halo() -> None:
    net = gn.Network("pool")
    net.output("y", gn.max_pool2d(gn.tanh(net.input("x", (5, 17, 17))), 3, padding=1))
    laid = laid_out(net, "predict")
    assert all(layout.halo == 0 for layout in laid.layouts.values())


# -- lanes -------------------------------------------------------------------------------------------------------


def test_default_layouts() -> None:
    maps = default_layout(TensorType.batched(7, 5, 3), LANES)
    assert (maps.lane_axis, maps.lanes, maps.units, maps.is_ragged) == (1, 4, 7, True)
    assert [d.axis for d in maps.dims] == [0, 1, 2, 3, 1]
    weights = default_layout(TensorType((7, 5, 3, 3)), LANES)
    assert weights.lane_axis == 0
    assert weights.positions(1) == 8, "more inputs than lanes are rounded up to whole blocks"
    assert default_layout(TensorType((7, 3, 3, 3)), LANES).positions(1) == 3
    for type in (TensorType(()), TensorType((BATCH,)), TensorType((BATCH, 7), "int32"), TensorType((5,), "int64")):
        assert default_layout(type, LANES) == plain(type.shape)


def test_a_gradient_lies_as_its_parameter() -> None:
    net = gn.Network("gradients")
    x = net.input("x", (6, 7, 5))
    h = gn.conv2d(gn.conv2d(x, 9, kernel_size=3, groups=3, name="grouped"), 5, kernel_size=3, stride=2, name="conv")
    net.loss(gn.cross_entropy(gn.linear(gn.flatten(h), 3, name="fc"), "label"))
    laid = laid_out(net)
    graph = laid.fused.graph
    assert len(graph.gradients) == 6
    for path, gradient in graph.gradients.items():
        assert laid.layouts[gradient] == laid.layouts[graph.parameter(path).value], path
        assert gradient not in laid.aliases


def test_a_fold_runs_vectors_along_the_lanes_of_its_largest_operand() -> None:
    """Weights have lanes along the features too; the features are folded, and the positions have the vectors."""
    net = gn.Network("norm")
    net.loss(gn.squared_error(gn.layer_norm(gn.prelu(net.input("x", (9, 17)))), "target"))
    net.loss(gn.squared_error(gn.layer_norm(gn.prelu(net.input("z", (9,)))), "other"))
    laid = laid_out(net)
    sums = [k.root.outputs[0] for k in laid.fused.kernels if k.root.comprehension.label == "layer_norm_sums"]
    assert {value.type.rank: laid.layouts[value].lane_axis for value in sums} == {2: 1, 1: None}


# -- views -------------------------------------------------------------------------------------------------------


def test_flatten_shares_memory() -> None:
    net = gn.Network("flat")
    h = gn.flatten(gn.tanh(net.input("x", (5, 3, 7))))
    net.output("y", gn.linear(h, 2))
    laid = laid_out(net, "predict")
    flat, source = value_of(laid, "flatten1/flatten"), value_of(laid, "tanh1/tanh")
    assert laid.aliases[flat] is source
    assert "flatten" not in kernel_labels(laid)
    assert "reshape" not in kernel_labels(laid)


def test_the_gradient_of_flatten_shares_memory_too() -> None:
    net = gn.Network("flat")
    h = gn.tanh(gn.conv2d(net.input("x", (5, 3, 7)), 6, kernel_size=1, name="conv"))
    net.loss(gn.mse(gn.linear(gn.flatten(h), 2), "t"))
    laid = laid_out(net)
    assert {v.name for v in laid.aliases} == {"flatten1/flatten", "flatten1/unflatten"}
    assert "reshape" not in kernel_labels(laid)


def test_a_flat_map_reads_as_the_map(make_graph: Make) -> None:
    """The shared layout puts element (c, h, w) of the map where the flat value looks for c * H * W + h * W + w."""
    b = Builder()
    x = Value("x", TensorType.batched(5, 3, 7), "input")
    y = b.pointwise("y", lambda v: v * 2, x)
    flat = b.reshape(y, (BATCH, 105))
    laid = choose_layouts(fuse(make_graph(b, [x], {"flat": flat})), LANES)
    array = np.arange(2 * 105.0).reshape(2, 5, 3, 7)
    memory = np.full(laid.layouts[y].size(2), np.nan)
    pack(array, memory, laid.layouts[y], y.type.shape)
    np.testing.assert_array_equal(unpack(memory, laid.layouts[flat], flat.type.shape, 2), array.reshape(2, 105))


def test_rows_of_one_element_between_zeros_are_copied(make_graph: Make) -> None:
    net = gn.Network("thin")
    h = gn.tanh(net.input("x", (5, 7, 1)))
    net.output("map", gn.conv2d(h, 2, kernel_size=3, padding=1))
    net.output("flat", gn.linear(gn.flatten(h), 2))
    laid = laid_out(net, "predict")
    assert laid.layouts[value_of(laid, "tanh1/tanh")].halo == 1
    assert "relayout" in kernel_labels(laid)


def test_padding_between_flat_positions_is_copied_away(make_graph: Make) -> None:
    """(3, 5, 2) with 5 rounded up to 8 is no (15, 2): the flat positions would have gaps."""
    b = Builder()
    w = Value("w", TensorType((3, 5, 2)), "parameter")
    doubled = b.pointwise("doubled", lambda v: v * 2, w)
    flat = b.reshape(doubled, (15, 2))
    laid = choose_layouts(fuse(make_graph(b, [], {"y": flat})), LANES)
    assert laid.layouts[doubled].positions(1) == 8
    assert "relayout" in kernel_labels(laid)
    assert laid.aliases[flat].name.startswith("reshape/relayout")


# -- copies ------------------------------------------------------------------------------------------------------


def test_input_gradients_read_a_copy_of_the_weights() -> None:
    """Forward has lanes along the outputs, the input gradient along the inputs."""
    net = gn.Network("copies")
    h = gn.tanh(gn.linear(net.input("x", (5,)), 19, name="first"))
    net.loss(gn.mse(gn.linear(h, 23, name="second"), "t"))
    laid = laid_out(net)
    copies = [k for k in laid.fused.kernels if k.root.comprehension.label == "relayout"]
    read = [(k.reads[0].name, laid.layouts[k.writes[0]].lane_axis) for k in copies]
    assert ("second.weight", 1) in read
    assert "first.weight" not in [name for name, _ in read], "nothing asks for the gradient of the input"


def test_one_copy_serves_all_readers() -> None:
    net = gn.Network("copies")
    x = net.input("x", (5, 3, 7))
    net.output("a", gn.tanh(x))
    net.output("b", gn.sigmoid(x))
    assert kernel_labels(laid_out(net, "predict")).count("relayout") <= 1


def test_copies_have_room_for_whole_blocks_of_what_is_folded() -> None:
    """Positions of a sequence, 19 of them: then the gradient of the weights is a tile."""
    net = gn.Network("sequence")
    x = gn.tanh(net.input("x", (19, 5)))
    h = gn.tanh(gn.linear(x, 7, name="fc"))
    net.loss(gn.squared_error(gn.linear(h, 3), "t"))
    laid = laid_out(net)
    kernel = next(k for k in laid.fused.kernels if k.root.name == "fc/linear_weight_gradient")
    (copy,) = (v for v in kernel.reads if v.producer is not None and v.producer.op.label == "relayout")
    lanes = laid.layouts[copy].lanes
    assert laid.layouts[copy].lane_axis == 2
    assert laid.layouts[copy].positions(1) == -(-19 // lanes) * lanes


@settings(max_examples=60)
@given(networks(max_layers=8), st.sampled_from(["gradients", "input_gradients", "predict"]))
def test_whole_networks_are_laid_out(net: Network, purpose: str) -> None:
    """Every value has a layout with a place of its own for every element, and views share what they should."""
    laid = laid_out(net, purpose)
    for kernel in laid.fused.kernels:
        for value in (*kernel.reads, *kernel.writes):
            layout = laid.layouts[value]
            shape = tuple(2 if e == BATCH else int(e) for e in value.type.shape)
            memory = np.full(layout.size(2), -1.0)
            array = np.arange(float(np.prod(shape, dtype=int))).reshape(shape)
            pack(array, memory, layout, value.type.shape)
            np.testing.assert_array_equal(unpack(memory, layout, value.type.shape, 2), array)
    for target, source in laid.aliases.items():
        assert source not in laid.aliases
        assert laid.layouts[target].size(3) == laid.layouts[source].size(3)
        assert laid.layouts[target].base == laid.layouts[source].base
