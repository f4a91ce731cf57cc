"""What joins which kernel."""

from __future__ import annotations

from collections.abc import Sequence

import graphnet as gn
from graphnet.ir.schedule import FusedGraph
from graphnet.transforms.fuse import fuse

from .networks import convolutional, prediction_graph, training_graph


def kernels(fused: FusedGraph) -> Sequence[Sequence[str]]:
    return [[node.comprehension.label for node in kernel.nodes] for kernel in fused.kernels]


def test_a_prediction_normalises_adds_and_rectifies_in_the_convolution() -> None:
    made = kernels(fuse(prediction_graph(convolutional())))
    assert ["conv2d", "bias"] in made
    assert ["conv2d", "batch_norm", "add", "relu"] in made


def test_training_waits_for_the_statistics() -> None:
    made = kernels(fuse(training_graph(convolutional())))
    assert ["conv2d"] in made
    assert ["batch_norm", "add", "relu"] in made
    assert any(names[0] == "conv2d_input_gradient" and len(names) > 1 for names in made)


def test_every_kernel_reads_what_earlier_ones_wrote() -> None:
    fused = fuse(training_graph(convolutional()))
    written = set()
    for kernel in fused.kernels:
        assert all(v in written for v in kernel.reads if v.role == "node"), kernel.name
        written.update(kernel.writes)
    assert set(fused.graph.results) <= written | set(fused.graph.inputs)


def test_nothing_is_lost_or_done_twice() -> None:
    graph = training_graph(convolutional())
    nodes = [node for kernel in fuse(graph).kernels for node in kernel.nodes]
    assert len(nodes) == len(set(nodes)) == len(graph.nodes)


def test_without_fusion_each_node_is_a_kernel() -> None:
    graph = training_graph(convolutional())
    assert len(fuse(graph, enabled=False).kernels) == len(graph.nodes)


def test_a_value_that_others_need_is_written_too() -> None:
    net = gn.Network("both")
    x = net.input("x", (5,))
    y = gn.linear(x, 3, name="first")
    z = gn.tanh(y)
    net.output("y", y)
    net.output("z", z)
    (kernel,) = fuse(prediction_graph(net)).kernels
    assert len(kernel.writes) == 2
