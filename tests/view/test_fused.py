"""The drawing of kernels, as DOT text."""

from __future__ import annotations

from collections.abc import Callable

from graphnet.ir.graph import Graph
from graphnet.ir.schedule import FusedGraph
from graphnet.transforms.differentiate import attach_loss, differentiate
from graphnet.transforms.fuse import fuse
from graphnet.transforms.lower import lower
from graphnet.view.fused import draw_fused
from graphnet.view.layout import lay_out

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
    source = draw_fused(fused).source
    assert all(f'"kernel {kernel.name}" [' in source for kernel in fused.kernels)
    assert lay_out(source, "svg").startswith(b"<?xml")
