"""What compiled networks promise, on one network that has a little of everything.

The contract suite of operators runs each on its own; here they meet, with three widths of vectors and both precisions.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.analysis.cost import node_macs, total_cost
from graphnet.compiler import compile_graph, graph_for
from graphnet.core.types import BATCH
from graphnet.runtime.arrays import numpy_dtype
from graphnet.runtime.module import Module
from graphnet.testing.batches import random_batch
from graphnet.testing.evaluate import evaluate
from graphnet.testing.gradients import check_gradients
from graphnet.transforms.lower import lower

Array = np.ndarray[Any, Any]

MOST, SAMPLES = 5, 3
VARIANTS = {"float32": ("float32", 512), "float64": ("float64", 256), "narrow": ("float32", 128)}
"""Precision and width of vectors, in bits; a machine that has no such vectors takes its widest."""
TOLERANCES = {"float32": 3e-5, "float64": 1e-9}

every_variant = pytest.mark.parametrize("variant", VARIANTS)


@cache
def network() -> gn.Network:
    net = gn.Network("everything")
    x = net.input("image", (3, 11, 7))
    h = gn.relu(gn.batch_norm(gn.conv2d(x, 10, kernel_size=3, padding=1, bias=False, name="conv1"), name="bn1"))
    shortcut = gn.conv2d(h, 9, kernel_size=1, stride=2, name="shortcut")
    h = gn.conv2d(gn.max_pool2d(h, 3, stride=2, padding=1), 9, kernel_size=3, padding=1, groups=1, name="conv2")
    h = gn.leaky_relu(h + shortcut)
    side = gn.tanh(gn.conv2d(h, 9, kernel_size=3, padding=1, groups=9, name="depthwise"))
    h = gn.dropout(gn.concat(h, side), 0.25)
    logits = gn.linear(gn.flatten(h), 5, name="fc")
    net.output("logits", logits)
    net.output("pooled", gn.global_avg_pool2d(side))
    net.loss(gn.cross_entropy(logits, "label", label_smoothing=0.1))
    net.loss(gn.l2("*.weight"), weight=1e-3)
    return net


@cache
def parameters() -> dict[str, Array]:
    """Where everything is compared: near the initial values, with statistics and biases that are not special."""
    rng = np.random.default_rng(5)
    module = compile_graph(network(), batch_size=MOST, device="python", dtype="float64")
    return {
        path: array + 0.1 * rng.random(array.shape) if array.dtype.kind == "f" else array
        for path, array in module.parameters.items()
    }


def module_of(variant: str, monkeypatch: pytest.MonkeyPatch, device: str = "cpu", **options: Any) -> Module:
    dtype, bits = VARIANTS[variant]
    monkeypatch.setenv("GRAPHNET_LANES_BITS", str(bits))
    module = compile_graph(network(), batch_size=MOST, device=device, dtype=dtype, **options)
    module.load_parameters(parameters())
    return module


def batch(samples: int = SAMPLES) -> dict[str, Array]:
    return random_batch(network().graph, samples)


@cache
def expected() -> tuple[float, dict[str, Array]]:
    """The loss and the gradients by the direct evaluation, of operators that no pass has touched."""
    graph = lower(graph_for(network().graph, "gradients"), training=True)
    bindings = {v: batch()[v.name] for v in (*graph.inputs, *graph.targets)}
    known = evaluate(graph.nodes, bindings | {p.value: parameters()[p.path] for p in graph.parameters}, SAMPLES)
    return float(known[graph.outputs["loss"]]), {path: known[v] for path, v in graph.gradients.items()}


def assert_near(found: Array, wanted: Array, tolerance: float, name: str) -> None:
    scale = max(1.0, float(np.abs(wanted).max(initial=0.0)))
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * scale, err_msg=name)


@every_variant
def test_gradients_are_those_of_the_direct_evaluation(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With fewer samples than there is room for."""
    loss, gradients = module_of(variant, monkeypatch).loss_and_gradients(batch())
    wanted_loss, wanted = expected()
    tolerance = TOLERANCES[VARIANTS[variant][0]]
    assert loss == pytest.approx(wanted_loss, rel=tolerance)
    assert gradients.keys() == wanted.keys()
    for path, gradient in gradients.items():
        assert gradient.dtype == VARIANTS[variant][0]
        assert_near(gradient, wanted[path], tolerance, path)


@every_variant
def test_nothing_depends_on_what_lay_in_memory(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that was not finite leaves NaN behind; the next one must not find them."""
    module = module_of(variant, monkeypatch)
    loss, gradients = module.loss_and_gradients(batch())
    for arena in module.programs["gradients"].executable.arenas:
        arena[:] = 0xFF
    again, others = module.loss_and_gradients(batch())
    assert loss == again
    for path, gradient in gradients.items():
        np.testing.assert_array_equal(gradient, others[path], err_msg=path)


@every_variant
def test_any_number_of_threads_gives_the_same_bits(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = (module_of(variant, monkeypatch, threads=n).loss_and_gradients(batch()) for n in (1, 2))
    assert one[0] == two[0]
    for path, gradient in one[1].items():
        np.testing.assert_array_equal(gradient, two[1][path], err_msg=path)


@every_variant
def test_the_interpreter_agrees_within_rounding(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = module_of(variant, monkeypatch).loss_and_gradients(batch())
    interpreted = module_of(variant, monkeypatch, device="python").loss_and_gradients(batch())
    tolerance = {"float32": 1e-5, "float64": 1e-12}[VARIANTS[variant][0]]
    assert compiled[0] == pytest.approx(interpreted[0], rel=tolerance)
    for path, gradient in compiled[1].items():
        assert_near(gradient, interpreted[1][path], tolerance, path)


def test_a_sample_is_predicted_alone_as_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any number of samples runs in the same kernels, more than fit in several parts."""
    module = module_of("float32", monkeypatch)
    images = {"image": batch(2 * MOST + 1)["image"]}
    together = module.predict(images)
    for k in (0, MOST - 1, 2 * MOST):
        alone = module.predict({"image": images["image"][k : k + 1]})
        for name, array in together.items():
            np.testing.assert_array_equal(alone[name][0], array[k], err_msg=name)


def test_compiled_gradients_are_finite_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of("float64", monkeypatch)
    report = check_gradients(module, batch(MOST), directions=1, elements=1)
    assert report.passed, str(report)


def test_multiply_adds_are_those_of_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of("float64", monkeypatch, device="python")
    (stage,) = module.prepare("predict").executable.stages
    executed = sum(node_macs(node) for kernel, _ in stage.kernels for node in kernel.nodes)
    assert executed == total_cost(network().graph).macs


def test_executed_types_are_those_inferred(monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of("float64", monkeypatch, device="python")
    assert module.first_nonfinite(batch()) is None
    built = module.programs["trace"]
    for node in network().graph.nodes:
        type = node.outputs[0].type
        found = built.executable.fetch(built.graph.outputs[node.name], SAMPLES)
        assert found.shape == tuple(SAMPLES if e == BATCH else e for e in type.shape), node.name
        assert found.dtype == numpy_dtype(type.dtype, "float64")
