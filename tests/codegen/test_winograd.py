"""Convolutions by minimal filtering: kernels against the direct evaluation, and programs against exact ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import compiler
from graphnet.codegen import algorithms
from graphnet.codegen.cpu import winograd_plan
from graphnet.codegen.cpu.winograd_tile import POINTS
from graphnet.compiler import compile_graph
from graphnet.runtime import program
from graphnet.runtime.module import Module
from graphnet.testing.kernels import check_kernels

Array = np.ndarray[Any, Any]
MOST = 3
ERROR = 2.5e-6
"""Root mean square of the errors of a convolution in float32, relative to that of its outputs: the documented bound."""
LARGER = {2: 1.2, 4: 3.0}
"""How many times the errors of a sum term by term they may be, for each size of tiles."""


@contextmanager
def filtering(least_gain: float | None) -> Iterator[None]:
    """Other networks than those for which it is worth it, and other precisions, are computed by minimal filtering."""
    with pytest.MonkeyPatch.context() as patch:
        made = compiler.options_for
        patch.setattr(compiler, "options_for", lambda *args, **kw: replace(made(*args, **kw), filtering=least_gain))
        yield


def compiled(net: gn.Network, least_gain: float | None, **options: Any) -> Module:
    with filtering(least_gain):
        return compile_graph(net, **{"batch_size": MOST, "dtype": "float64", "device": "python"} | options)


def filtered(module: Module, purpose: str) -> list[str]:
    """What is computed by minimal filtering, without the transforms of weights: `conv1/conv2d_input_gradient`."""
    (stage,) = module.prepare(purpose).executable.stages
    roots = [kernel.root for kernel, _ in stage.kernels]
    return [r.name for r in roots if r.comprehension.filtering and r.comprehension.filtering.step != "weights"]


def two_convolutions(
    channels: int, units: int, rows: int, columns: int, padding: int | tuple[int, int], *, bias: bool = True
) -> gn.Network:
    """Something pointwise before, between and behind, with a halo where the second one reads."""
    net = gn.Network("two")
    h = gn.relu(gn.conv2d(net.input("image", (3, rows, columns)), channels, kernel_size=1, name="mixed"))
    h = gn.conv2d(h, units, kernel_size=3, padding=padding, bias=bias, name="conv1")
    h = gn.relu(gn.batch_norm(h, name="bn"))
    h = gn.leaky_relu(gn.conv2d(h, 5, kernel_size=3, padding=1, name="conv2"))
    net.output("y", h)
    net.loss(gn.squared_error(h, "target"))
    return net


def batch_of(net: gn.Network, count: int = MOST, seed: int = 0) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    values = (*net.graph.inputs, net.graph.outputs["y"])
    arrays = [rng.standard_normal((count, *value.type.shape[1:])) for value in values]
    return dict(zip(("image", "target"), arrays, strict=True))


SHAPES: dict[str, tuple[int, int, int, int, int | tuple[int, int]]] = {
    "whole blocks, no multiple of the tile": (16, 32, 7, 11, 1),
    "ragged blocks, no padding": (19, 11, 9, 6, 0),
    "wide padding": (17, 13, 5, 3, 2),
    "uneven padding, map smaller than a tile": (5, 24, 3, 2, (1, 2)),
    "more tiles than a task has": (9, 8, 18, 15, 1),
}


@pytest.mark.parametrize("size", POINTS)
@pytest.mark.parametrize("lanes_bits", [128, 512])
@pytest.mark.parametrize("shape", SHAPES)
def test_kernels_agree_with_the_direct_evaluation(
    shape: str, lanes_bits: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHNET_LANES_BITS", str(lanes_bits))
    monkeypatch.setattr(algorithms, "SIZES", (size,))
    net = two_convolutions(*SHAPES[shape])
    module = compiled(net, 0.0)
    layers = [f"{name}/conv2d" for name in ("conv1", "conv2")]
    gradients = [f"{layer}_{what}" for layer in layers for what in ("input_gradient", "weight_gradient/part")]
    assert sorted(filtered(module, "gradients")) == sorted([*layers, *gradients])
    for count in (MOST, MOST - 1):
        assert check_kernels(module, batch_of(net, count), "gradients") == []


@pytest.mark.parametrize("most", [1, 40])
def test_sums_over_samples_in_parts_and_whole(most: int) -> None:
    """One sample is no part of anything; of 40, parts have several, and the last ones none."""
    net = two_convolutions(*SHAPES["wide padding"])
    module = compiled(net, 0.0, batch_size=most)
    suffix = "/part" if most > 1 else ""
    assert f"conv1/conv2d_weight_gradient{suffix}" in filtered(module, "gradients")
    for count in {1, most // 2 + 1, most}:
        assert check_kernels(module, batch_of(net, count), "gradients") == []


@pytest.mark.parametrize(("channels", "units"), [(19, 32), (32, 19), (9, 21)])
def test_work_is_cut_into_groups_of_blocks(channels: int, units: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of up to three blocks of four channels, the last of which may have fewer."""
    monkeypatch.setenv("GRAPHNET_LANES_BITS", "256")  # of float64: four lanes
    monkeypatch.setattr(winograd_plan, "GROUPS", (12,))
    monkeypatch.setattr(winograd_plan, "NARROWEST", 2)
    net = two_convolutions(channels, units, 5, 6, 1)
    assert check_kernels(compiled(net, 0.0), batch_of(net), "gradients") == []


def test_weights_of_transposed_convolutions() -> None:
    """Taps run backwards, and maps change their roles."""
    net = gn.Network("transposed")
    h = gn.relu(gn.conv2d(net.input("image", (3, 6, 7)), 18, kernel_size=1, name="mixed"))
    h = gn.conv_transpose2d(h, 20, kernel_size=3, padding=1, name="up")
    net.output("y", h)
    net.loss(gn.squared_error(h, "target"))
    module = compiled(net, 0.0)
    assert len(filtered(module, "gradients")) == 3
    assert check_kernels(module, batch_of(net), "gradients") == []


@pytest.mark.parametrize("shape", ["ragged blocks, no padding", "wide padding"])
def test_compiled_programs_agree_with_exact_ones(shape: str) -> None:
    net = two_convolutions(*SHAPES[shape], bias=False)
    batch = {name: array.astype(np.float32) for name, array in batch_of(net, MOST - 1).items()}
    exact, quick = (
        compiled(net, least_gain, dtype="float32", device="cpu").loss_and_gradients(batch) for least_gain in (None, 0.0)
    )
    assert abs(quick[0] - exact[0]) < 1e-4 * abs(exact[0])
    for path, gradient in exact[1].items():
        np.testing.assert_allclose(quick[1][path], gradient, rtol=1e-3, atol=1e-4 * np.abs(gradient).max() + 1e-7)


def test_any_number_of_workers_gives_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "default_workers", lambda: 3)  # whatever this machine has
    net = two_convolutions(*SHAPES["more tiles than a task has"])
    batch = {name: array.astype(np.float32) for name, array in batch_of(net).items()}
    one, three = (
        compiled(net, 0.0, dtype="float32", device="cpu", threads=threads).loss_and_gradients(batch)
        for threads in (1, 3)
    )
    assert one[0] == three[0]
    assert all(np.array_equal(gradient, three[1][path]) for path, gradient in one[1].items())


def wide(channels: int, units: int, side: int, **attributes: Any) -> gn.Network:
    net = gn.Network("wide")
    x = gn.relu(net.input("image", (channels, side, side)))
    net.output("y", gn.conv2d(x, units, name="conv", **{"kernel_size": 3, "padding": 1, "bias": False} | attributes))
    return net


@pytest.mark.parametrize(
    ("options", "expected"),
    [({}, True), ({"exact": True}, False), ({"dtype": "float64"}, False)],
    ids=["float32", "exact", "float64"],
)
def test_wide_convolutions_are_computed_so_unless_results_are_to_be_exact(
    options: dict[str, Any], expected: bool
) -> None:
    model = gn.compile(wide(64, 64, 28), batch_size=8, device="python", **options)
    assert bool(filtered(model, "predict")) == expected


@pytest.mark.parametrize(
    ("channels", "attributes"),
    [
        (3, {}), (64, {"stride": 2}), (64, {"dilation": 2}), (64, {"groups": 2}), (64, {"kernel_size": 1}),
        (64, {"kernel_size": (3, 5)}), (64, {"padding_mode": "reflect"}),
    ],
    ids=str,
)  # fmt: skip
def test_others_are_not(channels: int, attributes: dict[str, Any]) -> None:
    model = gn.compile(wide(channels, 64, 28, **attributes), batch_size=8, device="python")
    kernels = model.prepare("predict").executable.stages[0].kernels
    is_plain = not any(kernel.root.comprehension.filtering for kernel, _ in kernels)
    assert is_plain or attributes.get("padding_mode") == "reflect"  # a copy with the border, then no padding


def test_layers_that_share_weights_share_transformed_ones() -> None:
    net = gn.Network("shared")
    x = gn.relu(net.input("image", (4, 6, 6)))
    shared = gn.conv2d(x, 4, kernel_size=3, padding=1, bias=False, name="conv")
    net.output("y", shared)
    module = compiled(net, 0.0)
    labels = [k.root.comprehension.label for k, _ in module.prepare("predict").executable.stages[0].kernels]
    assert labels.count("winograd_weights") == 1


@pytest.mark.parametrize("size", LARGER)
@pytest.mark.parametrize(("channels", "units", "side"), [(64, 64, 28), (256, 64, 14), (512, 32, 7)])
def test_errors_are_a_few_roundings(
    channels: int, units: int, side: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of layers as ResNets and VGGs have them, with their initial weights, on what a rectifier gives."""
    monkeypatch.setattr(algorithms, "SIZES", (size,))
    net = wide(channels, units, side)
    x = np.random.default_rng(channels).standard_normal((2, channels, side, side)).astype(np.float32)
    reference = compiled(net, None, device="cpu")
    expected = reference.predict({"image": x.astype(np.float64)})
    errors = []
    for least_gain in (0.0, None):
        module = compiled(net, least_gain, dtype="float32", device="cpu")
        module.load_parameters(reference.parameters)
        errors.append(error(module.predict({"image": x}), expected))
        assert filtered(module, "predict") == (["conv/conv2d"] if least_gain is not None else [])
    assert errors[0] < ERROR
    assert errors[0] < LARGER[size] * errors[1]


@pytest.mark.parametrize("size", LARGER)
@pytest.mark.parametrize(("channels", "units", "side"), [(64, 64, 28), (256, 32, 14)])
def test_errors_of_gradients_are_a_few_roundings(
    channels: int, units: int, side: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gradients of its weights, and of what stands before it."""
    monkeypatch.setattr(algorithms, "SIZES", (size,))
    net = gn.Network("wide")
    h = gn.relu(gn.conv2d(net.input("image", (4, side, side)), channels, kernel_size=1, name="mixed"))
    h = gn.conv2d(h, units, kernel_size=3, padding=1, bias=False, name="conv")
    net.output("y", h)
    net.loss(gn.squared_error(h, "target"))
    batch = batch_of(net, seed=channels)
    reference = compiled(net, None, device="cpu")
    _, expected = reference.loss_and_gradients(batch)
    batch = {name: array.astype(np.float32) for name, array in batch.items()}
    found = []
    for least_gain in (0.0, None):
        module = compiled(net, least_gain, dtype="float32", device="cpu")
        module.load_parameters(reference.parameters)
        found.append(module.loss_and_gradients(batch)[1])
    for path in ("conv.weight", "mixed.weight"):
        quick, exact = (error(gradients[path], expected[path]) for gradients in found)
        assert quick < ERROR
        assert quick < LARGER[size] * exact


def error(found: Any, expected: Any) -> float:
    (a, b) = (np.asarray(v["y"] if isinstance(v, dict) else v, np.float64) for v in (found, expected))
    return float(np.sqrt(np.mean((a - b) ** 2) / np.mean(b**2)))
