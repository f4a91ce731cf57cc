"""Networks to draw, and comparison with golden drawings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pygraphviz
import pytest

from graphnet.core.types import BATCH, TensorType
from graphnet.frontend.loader import loads
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Index, Loop
from graphnet.ir.expression import tanh
from graphnet.ir.graph import Graph, Initializer, Loss, Node, Parameter, ParameterSpec, Value
from graphnet.ir.schedule import FusedGraph, FusedKernel, MemoryPlan, Placement, Schedule

GOLDEN = Path(__file__).parent / "golden"

LENET = """
graphnet: 1
name: lenet
inputs: {image: [1, 19, 17]}
layers:
  - conv2d: {out_channels: 5, kernel_size: 3}
  - tanh
  - max_pool2d: 2
  - flatten
  - {linear: 7, name: logits}
loss: [cross_entropy: label]
"""

RESIDUAL = """
graphnet: 1
name: residual
inputs: {image: [3, 13, 11]}
blocks:
  basic_block:
    params: {width}
    layers:
      - add:
        - sequential:
            - {conv2d: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}, name: conv1}
            - {batch_norm, name: bn1}
            - relu
            - {conv2d: {out_channels: $width, kernel_size: 3, padding: 1, bias: false}, name: conv2}
        - if: $(input.channels != width)
          then: [{conv2d: {out_channels: $width, kernel_size: 1}, name: downsample}]
      - relu
layers:
  - {conv2d: {out_channels: 5, kernel_size: 3}, name: stem}
  - name: stage
    sequential:
      - repeat: 4
        layers: [basic_block: 7]
  - {global_avg_pool2d, name: pool}
  - {linear: 2, name: fc}
outputs: {logits: fc, embedding: pool}
loss: [{cross_entropy: label, from: fc, weight: 0.5}, {l2: "*.weight", weight: 1e-4}]
"""


@pytest.fixture
def lenet() -> Graph:
    return loads(LENET).graph


@pytest.fixture
def residual() -> Graph:
    return loads(RESIDUAL).graph


@pytest.fixture
def assert_golden(golden: Callable[[Path, str], None]) -> Callable[[str, str], None]:
    """Compare a document with the golden one of this name."""
    return lambda text, name: golden(GOLDEN / name, text)


def joined(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Arrows with those that go on in another column put together: to the circle `to 3`, and from it there."""
    entries: dict[str, set[str]] = {}
    for start, end in found:
        if start.startswith("from "):
            entries.setdefault(start.split()[1], set()).add(end)
    direct = {(a, b) for a, b in found if not (a.startswith("from ") or b.startswith("to "))}
    return direct | {(a, end) for a, b in found if b.startswith("to ") for end in entries[b.split()[1]]}


@pytest.fixture
def arrows() -> Callable[[str], set[tuple[str, str]]]:
    """Who points at whom in a document, as Graphviz reads it; across columns, too."""

    def read(source: str) -> set[tuple[str, str]]:
        found = set()
        document = pygraphviz.AGraph(string=source)  # its edges do not keep it alive
        for edge in document.edges():
            if edge.attr["style"] != "invis":
                start, end = edge
                found.add((end, start) if edge.attr["dir"] == "back" else (start, end))
        return joined(found)

    return read


@pytest.fixture
def step() -> FusedGraph:
    """A training step written out by hand: y = tanh(x w), loss = sum((y - t)^2), and the gradient of w."""
    b = Builder()
    x, t = Value("x", TensorType.batched(5), role="input"), Value("t", TensorType.batched(3), role="target")
    w = Value("layer.weight", TensorType((3, 5)), role="parameter")
    n, c, f = Loop("n", BATCH), Loop("c", 3), Loop("f", 5)
    at_nc, at_nf, at_cf = [Index.of("n"), Index.of("c")], [Index.of("n"), Index.of("f")], [Index.of("c"), Index.of("f")]
    with b.origin(Node.make("layer", None, [], [])):
        product = b.contract("linear", [n, c], [f], x, at_nf, w, at_cf)
    with b.origin(Node.make("squash", None, [], [])):
        y = b.pointwise("tanh", tanh, product)
    with b.origin(Node.make("error", None, [], [])):
        loss = b.reduce("squared_error", "sum", lambda y, t: (y - t) * (y - t), y, t, axes=(0, 1))
    with b.origin(Node.make("error", None, [], []), backward=True):
        gy = b.pointwise("squared_error_gradient", lambda y, t: 2 * (y - t), y, t)
    with b.origin(Node.make("squash", None, [], []), backward=True):
        gz = b.pointwise("tanh_gradient", lambda g, y: g * (1 - y * y), gy, y)
    with b.origin(Node.make("layer", None, [], []), backward=True):
        gw = b.contract("linear_weight_gradient", [c, f], [n], gz, at_nc, x, at_nf)
    forward, squash, error, error_gradient, squash_gradient, weight_gradient = b.nodes
    graph = Graph(
        "step", (x,), tuple(b.nodes), {"y": y, "loss": loss}, (t,),
        (Parameter("layer.weight", w, ParameterSpec((3, 5), Initializer("zeros")), True),),
        (Loss("error", loss),), gradients={"layer.weight": gw},
    )  # fmt: skip
    kernels = (
        FusedKernel("layer/linear+tanh", (forward, squash), (x, w), (y,)),
        FusedKernel("error/squared_error", (error,), (y, t), (loss,)),
        FusedKernel("error/squared_error_gradient+tanh_gradient", (error_gradient, squash_gradient), (y, t), (gz,)),
        FusedKernel("layer/linear_weight_gradient", (weight_gradient,), (gz, x), (gw,)),
    )
    return FusedGraph(graph, kernels)


@pytest.fixture
def schedule(step: FusedGraph) -> Schedule:
    """That step with a plan, made by hand, that wastes a little; `scratch` belongs to no value."""
    y, loss, gz, gw = (kernel.writes[0] for kernel in step.kernels)
    places = (
        Placement("y#0", 0, 3 * 4 * 64, 0, 2), Placement("loss#1", 1024, 64, 1, 4), Placement("gz#2", 1152, 768, 2, 3),
        Placement("gw#3", 0, 64, 3, 4), Placement("scratch", 128, 512, 3, 3),
    )  # fmt: skip
    return Schedule(step, MemoryPlan(places, 1920, 1600), {y: "y#0", loss: "loss#1", gz: "gz#2", gw: "gw#3"})
