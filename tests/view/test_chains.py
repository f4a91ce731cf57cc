"""Which layers stand right under others."""

from __future__ import annotations

import pytest

from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.view.chains import chains

SPEC = """
graphnet: 1
name: chained
inputs: {{image: [3, 13, 11]}}
layers:
{layers}
{rest}
"""


def stacks_of(*layers: str, rest: str = "") -> list[list[str]]:
    text = SPEC.format(layers="\n".join(f"  - {layer}" for layer in layers), rest=rest)
    graph: Graph = loads(text).graph
    units = [(node,) for node in graph.nodes]
    return [[node.name for (node,) in stack] for stack in chains(units, set(graph.results))]


def test_normalisation_and_activation_stand_under_the_convolution() -> None:
    assert stacks_of("conv2d: {out_channels: 5, kernel_size: 3}", "batch_norm", "relu", "max_pool2d: 2") == [
        ["conv2d1", "batch_norm1", "relu1"],
        ["max_pool2d1"],
    ]


def test_multiply_adds_start_a_new_stack() -> None:
    same = "conv2d: {out_channels: 3, kernel_size: 3, padding: 1}"
    assert stacks_of(same, same) == [["conv2d1"], ["conv2d2"]]


def test_a_value_read_twice_ends_its_stack() -> None:
    layers = "{conv2d: {out_channels: 3, kernel_size: 1}, name: a}", "{relu, name: b}", "{add, from: [a, b]}", "tanh"
    assert stacks_of(*layers) == [["a"], ["b"], ["add1", "tanh1"]]


def test_an_output_ends_its_stack() -> None:
    layers = "{conv2d: {out_channels: 3, kernel_size: 1}, name: a}", "{relu, name: b}"
    assert stacks_of(*layers, rest="outputs: {before: a, after: b}") == [["a"], ["b"]]
    assert stacks_of(*layers, rest="outputs: {after: b}") == [["a", "b"]]


@pytest.mark.parametrize("name", ["inner", "outer"])
def test_a_frame_ends_a_stack(name: str) -> None:
    layers = "conv2d: {out_channels: 3, kernel_size: 1}", f"{{sequential: [relu], name: {name}}}"
    assert stacks_of(*layers) == [["conv2d1"], [f"{name}.0"]]


def test_a_loss_stands_alone() -> None:
    layers = "global_avg_pool2d", "{linear: 7, name: fc}"
    rest = "loss: [{mse: wanted, from: fc}]"
    assert stacks_of(*layers, rest=rest) == [["global_avg_pool2d1"], ["fc"], ["mse1"]]
