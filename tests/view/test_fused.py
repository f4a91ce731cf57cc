"""The drawing of kernels, as DOT text."""

from __future__ import annotations

from collections.abc import Callable

from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.ir.schedule import FusedGraph
from graphnet.network import compiled_stage
from graphnet.transforms.differentiate import attach_loss, differentiate
from graphnet.transforms.fuse import fuse
from graphnet.transforms.lower import lower
from graphnet.view.fused import draw_fused

Golden = Callable[[str, str], None]
Arrows = Callable[[str], set[tuple[str, str]]]


def test_golden(step: FusedGraph, assert_golden: Golden) -> None:
    assert_golden(draw_fused(step).source, "fused.dot")


def test_arrows_are_values_in_memory(step: FusedGraph, arrows: Arrows) -> None:
    """tanh reads the product in a register: no arrow. The tanh gradient reads `gy` so, and `y` from memory."""
    first, error, gradient, weight = (f"kernel {kernel.name}" for kernel in step.kernels)
    assert arrows(draw_fused(step).source) == {
        ("input x", first), (first, error), ("target t", error), (first, gradient), ("target t", gradient),
        (gradient, weight), ("input x", weight), (first, "output y"), (error, "output loss"),
    }  # fmt: skip


def test_kernels_carry_their_number_and_layers(step: FusedGraph) -> None:
    source = draw_fused(step).source
    for words in ("layer + squash", "error + squash", "2 kernels forward, 2 backward"):
        assert words in source


def test_each_kernel_of_a_network_has_its_box(residual: Graph) -> None:
    fused = fuse(lower(differentiate(attach_loss(residual)), training=True))
    drawing = draw_fused(fused, fold=False)
    assert all(f'"kernel {kernel.name}" [' in drawing.source for kernel in fused.kernels)
    assert drawing.picture("svg").startswith(b"<?xml")


def test_kernels_of_a_layer_share_a_box(residual: Graph, arrows: Arrows) -> None:
    fused = fuse(lower(differentiate(attach_loss(residual)), training=True))
    drawing = draw_fused(fused)
    norm = [kernel for kernel in fused.kernels if kernel.root.layer == "stage.0.bn1" and not kernel.root.backward]
    assert len(norm) > 2
    assert [f'"kernel {kernel.name}" [' in drawing.source for kernel in norm] == [True] + [False] * (len(norm) - 1)
    assert "× 3" in drawing.source
    ends = {name for pair in arrows(drawing.source) for name in pair if name.startswith("kernel ")}
    assert ends <= {f"kernel {kernel.name}" for kernel in fused.kernels}
    assert drawing.picture("svg").startswith(b"<?xml")


def test_values_are_followed_to_the_kernel_that_has_them(arrows: Arrows) -> None:
    """Kernels that read a copy in another layout keep their outputs: whose producer is the node before that."""
    spec = "graphnet: 1\nname: n\ninputs: {x: [3, 9, 7]}\nlayers: [{conv2d: {out_channels: 32, kernel_size: 3}}, relu, "
    spec += "{conv2d: {out_channels: 64, kernel_size: 3}}, {max_pool2d: 2}, flatten, {linear: 5}]\n"
    spec += "loss: [cross_entropy: label]\n"
    graph = loads(spec).graph
    fused = compiled_stage(graph, "fused", 4)
    assert isinstance(fused, FusedGraph)
    copies = [kernel for kernel in fused.kernels if any("relayout" in node.name for node in kernel.nodes)]
    assert copies, "this network no longer has copies"
    found = arrows(draw_fused(fused, fold=False).source)
    outputs = {value: kernel for kernel in fused.kernels for value in kernel.writes}
    wanted = {(f"kernel {outputs[v].name}", f"kernel {k.name}") for k in fused.kernels for v in k.reads if v in outputs}
    assert wanted <= found
