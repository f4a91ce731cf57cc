"""Generated kernels as text: what is compiled can be read, and no change of it goes unseen.

`pytest --update-golden` writes the files anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import graphnet as gn
from graphnet.codegen.generate import CpuTarget
from graphnet.compiler import Options, comprehensions_of, generated, graph_for, kernels_of, planned
from graphnet.runtime.inspection import Inspector
from graphnet.transforms.choose_layouts import default_layout

FOLDER = Path(__file__).with_name("golden")
OPTIONS = Options(CpuTarget("float32", lanes=8, registers=12, batch=13))
"""The same on every machine: AVX vectors, batches of up to 13."""


@cache
def kernels() -> dict[str, str]:
    """The sources of a training step without its update, by what their first node computes."""
    net = gn.Network("golden")
    x = net.input("image", (3, 17, 19))
    h = gn.relu(gn.conv2d(x, 11, kernel_size=3, padding=1, name="conv1"))
    h = gn.max_pool2d(h, 2)
    h = gn.relu(
        gn.batch_norm(gn.conv2d(h, 24, kernel_size=3, stride=2, padding=1, bias=False, name="conv2"), name="bn")
    )
    h = gn.dropout(gn.flatten(h), 0.5)
    net.loss(gn.cross_entropy(gn.linear(h, 10, name="fc"), "label"))
    return sources(net)


@cache
def grouped_kernels() -> dict[str, str]:
    """The same of a network whose convolutions keep channels apart: each, and groups of 4."""
    net = gn.Network("golden_groups")
    h = gn.batch_norm(net.input("image", (20, 17, 19)), name="bn")
    h = gn.relu(gn.conv2d(h, 20, kernel_size=3, padding=1, groups=20, name="depthwise"))
    h = gn.relu(gn.conv2d(h, 20, kernel_size=3, stride=2, padding=1, groups=5, name="narrow"))
    net.loss(gn.squared_error(h, "target"))
    return sources(net)


@cache
def filtered_kernels() -> dict[str, str]:
    """The same of a network whose second convolution, and its input gradient, are computed by minimal filtering."""
    net = gn.Network("golden_filtering")
    h = gn.conv2d(net.input("image", (3, 17, 19)), 24, kernel_size=1, name="mixed")
    h = gn.relu(gn.conv2d(h, 32, kernel_size=3, padding=1, name="wide"))
    net.loss(gn.squared_error(h, "target"))
    return sources(net, replace(OPTIONS, filtering=0.0))


def sources(net: gn.Network, options: Options = OPTIONS) -> dict[str, str]:
    """The kernels' sources by layer and label."""
    inspect = Inspector("golden")
    lowered = comprehensions_of(
        graph_for(net.graph, "gradients"), training=True, updates=False, options=options, inspect=inspect
    )
    given = {p.value: default_layout(p.value.type, options.target.lanes) for p in net.graph.parameters}
    laid = kernels_of(lowered, options=options, given=given, inspect=inspect)
    placed = {*given, *laid.fused.graph.gradients.values()}
    stage = generated(laid, planned(laid, options=options, placed=placed), options=options, inspect=inspect)
    found: dict[str, str] = {}
    for kernel, made in stage.kernels:
        found.setdefault(f"{kernel.root.layer}_{kernel.root.comprehension.label}", made.source.text)
    return found


@pytest.mark.parametrize(
    "name",
    [
        "conv1_conv2d", "conv2_conv2d_input_gradient", "conv2_conv2d_weight_gradient", "max_pool2d1_max_pool2d",
        "bn_channel_sum_part", "cross_entropy1_classes",
    ],
)  # fmt: skip
def test_kernels_read_as_they_did(name: str, golden: Callable[[Path, str], None]) -> None:
    assert name in kernels(), sorted(kernels())
    golden(FOLDER / f"{name}.py", kernels()[name])


@pytest.mark.parametrize(
    "name", ["depthwise_conv2d_grouped", "depthwise_conv2d_weight_gradient_part", "narrow_conv2d_grouped"]
)
def test_kernels_of_grouped_convolutions_read_as_they_did(name: str, golden: Callable[[Path, str], None]) -> None:
    assert name in grouped_kernels(), sorted(grouped_kernels())
    golden(FOLDER / f"{name}.py", grouped_kernels()[name])


@pytest.mark.parametrize(
    "name", ["wide_winograd_weights", "wide_conv2d", "wide_conv2d_input_gradient", "wide_conv2d_weight_gradient_part"]
)
def test_kernels_of_minimal_filtering_read_as_they_did(name: str, golden: Callable[[Path, str], None]) -> None:
    assert name in filtered_kernels(), sorted(filtered_kernels())
    golden(FOLDER / f"filtered_{name}.py", filtered_kernels()[name])


def test_every_kernel_is_python() -> None:
    for name, text in (kernels() | grouped_kernels() | filtered_kernels()).items():
        compile(text, name, "exec")
        assert text.count("def kernel(args, worker, workers):") == 1
