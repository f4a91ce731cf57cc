"""Every kernel of random networks, one by one: it computes what its nodes say, whatever lay in memory before.

Networks that once broke follow; each names what was wrong.
"""

from __future__ import annotations

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.codegen.cpu import tile_plan
from graphnet.compiler import compile_graph
from graphnet.frontend.network import Network
from graphnet.testing.batches import random_batch
from graphnet.testing.kernels import check_kernels
from graphnet.testing.strategies import networks
from graphnet.transforms import split_reductions

WIDTHS = (128, 256, 512)
PURPOSES = ("gradients", "input_gradients", "predict")


def problems(
    net: Network, lanes_bits: int, purpose: str, *, samples: int = 2, fusion: bool = True, cuts_sums: bool = False
) -> str:
    """What is wrong with the kernels of a network, for at most 3 samples."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHNET_LANES_BITS", str(lanes_bits))
        if cuts_sums:  # as if they were long
            patch.setattr(split_reductions, "SMALL", 1)
            patch.setattr(tile_plan, "LINES", 100)
            patch.setattr(tile_plan, "TASKS", 1)
        module = compile_graph(net, batch_size=3, device="python", dtype="float64", fusion=fusion)
        return "\n\n".join(check_kernels(module, random_batch(net.graph, samples), purpose))


@settings(max_examples=150)
@given(
    networks(max_layers=7), st.sampled_from(WIDTHS), st.sampled_from(PURPOSES), st.integers(1, 3), st.booleans(),
    st.booleans(),
)  # fmt: skip
def test_kernels_of_random_networks(
    net: Network, bits: int, purpose: str, samples: int, fusion: bool, cuts_sums: bool
) -> None:
    note(net.to_yaml())
    found = problems(net, bits, purpose, samples=samples, fusion=fusion, cuts_sums=cuts_sums)
    assert not found, found


@settings(max_examples=50)
@given(
    networks(max_layers=5, layers=["conv2d", "max_pool2d", "avg_pool2d", "relu", "concat"]),
    st.sampled_from(WIDTHS), st.sampled_from(PURPOSES),
)  # fmt: skip
def test_kernels_of_random_convolutional_networks(net: Network, bits: int, purpose: str) -> None:
    note(net.to_yaml())
    found = problems(net, bits, purpose)
    assert not found, found


FOUND = {
    "a view of an input was planned into the arena, over the input": """
        inputs: {x: [2, 7, 3], y: [1, 7, 3]}
        layers:
          - {multiply, from: [y, y]}
          - avg_pool2d: {kernel_size: [5, 1]}
          - {flatten, from: x}
          - {flatten, from: avg_pool2d1}
          - {concat, from: [flatten1, flatten2]}
          - linear: 1
    """,
    "an operand with lanes along rows: the last block of rows was walked beyond its end": """
        inputs: {x: [2, 7, 5]}
        layers: [softmax, flatten, linear: 3]
    """,
    "dropout inside of a fold: its random numbers count a loop that is folded": """
        inputs: {x: [3]}
        layers:
          - dropout
          - softmax
          - {add, from: [dropout1, softmax1]}
          - dropout
    """,
    "tiles whose rows are samples left garbage between the rows of a map": """
        inputs: {x: [2, 7, 7]}
        layers:
          - relu
          - {add, from: [relu1, x]}
          - conv2d: {out_channels: 4, kernel_size: [5, 4], stride: [3, 2]}
          - flatten
          - linear: 3
    """,
    "rows of one element lost their zeros when the map was flattened": """
        inputs: {x: [3, 7, 1]}
        layers:
          - conv2d: {out_channels: 5, kernel_size: 1}
          - {flatten, name: f}
          - {conv2d: {out_channels: 2, kernel_size: 3, padding: 1}, from: conv2d1}
          - {flatten, name: g}
          - {concat, from: [f, g]}
    """,
    "groups of inputs that are rounded up to whole blocks were flattened with their padding": """
        inputs: {x: [6, 7, 11]}
        layers:
          - conv2d: {out_channels: 9, kernel_size: 3, stride: 2, groups: 3, bias: false}
          - flatten
    """,
    "copies of weights left garbage in the block of inputs that is not full": """
        inputs: {y: [5, 3, 1]}
        layers:
          - conv2d: {out_channels: 5, kernel_size: [5, 3], padding: same, dilation: [5, 2], bias: false}
          - flatten
    """,
    "the same with a copy that is cut into blocks by what it reads": """
        inputs: {x: [2, 2, 3]}
        layers:
          - conv2d: {out_channels: 3, kernel_size: [3, 2], padding: [4, 0]}
          - conv2d: {out_channels: 5, kernel_size: [3, 2]}
          - {concat, from: [conv2d2, conv2d2]}
          - {arctan, from: conv2d2}
          - {flatten, from: arctan1}
          - {flatten, from: concat1}
          - {concat, from: [flatten1, flatten2]}
    """,
    "units that are reshaped lie evenly, and their kernel walks them in the blocks of its weights": """
        inputs: {x: [5, 6]}
        layers:
          - linear: 18
          - reshape: [5, 3, 2, 3]
          - tanh
          - flatten
    """,
    "without eps the padding lanes' deviations have infinite inverses, which times a weight of zero were stored": """
        inputs: {x: [17, 5, 1]}
        layers:
          - prelu
          - conv2d: {out_channels: 5, kernel_size: 1}
          - batch_norm: {eps: 0.0}
          - flatten
    """,
    "windows over channels whose blocks follow each other were taken for moves of whole blocks": """
        inputs: {x: [9, 1]}
        layers:
          - local_response_norm: {size: 5, alpha: 1.0}
          - flatten
          - linear: 1
    """,
    "padding lanes took the next sample's numbers from a row-major operand": """
        inputs: {x: [3, 1, 1]}
        layers:
          - tanh
          - flatten
          - {concat, from: [flatten1, flatten1]}
    """,
    "the same where a fold left its lanes along rows": """
        inputs: {x: [2, 7]}
        layers:
          - sum: 1
          - {mean: 1, from: x}
          - {concat, from: [sum1, mean1]}
    """,
    "an operand that is read twice had one offset": """
        inputs: {x: [2]}
        layers:
          - arctan
          - {concat, from: [x, arctan1, arctan1]}
    """,
}


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("bits", WIDTHS)
@pytest.mark.parametrize("what", FOUND)
def test_what_was_found(what: str, bits: int, purpose: str) -> None:
    lines = FOUND[what].splitlines()
    text = "\n".join(["graphnet: 1", "name: found", *(line[8:] for line in lines), "loss: [squared_error: target]"])
    found = problems(gn.loads(text), bits, purpose)
    assert not found, found


@pytest.mark.parametrize("samples", [1, 2, 3])
@pytest.mark.parametrize("bits", WIDTHS)
def test_sums_that_are_cut_end_with_the_samples(bits: int, samples: int) -> None:
    """Element by element, too: the layout of pieces is no multiple of the lanes."""
    net = gn.Network("parts")
    net.loss(gn.binary_cross_entropy(gn.maxout(net.input("x", (2,)), 3, pieces=3), "target"))
    found = problems(net, bits, "gradients", samples=samples, cuts_sums=True)
    assert not found, found
