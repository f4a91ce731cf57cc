"""Worked numbers from lectures on neural networks, through specs and the public interface."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn

Array = np.ndarray[Any, Any]
SPECS = Path(__file__).parents[1] / "specs"


def network(inputs: str, layers: str, more: str = "") -> gn.Network:
    """A spec of a few lines."""
    return gn.loads(f"graphnet: 1\nname: lecture\ninputs: {inputs}\nlayers:\n{layers}\n{more}\n")


def compiled(inputs: str, layers: str, more: str = "", batch_size: int = 1, **options: Any) -> gn.Model:
    """The module of such a spec, in float64."""
    return gn.compile(network(inputs, layers, more), batch_size=batch_size, **{"dtype": "float64"} | options)


def shapes(net: gn.Network) -> dict[str, tuple[int, ...]]:
    return {layer.name: layer.shape for layer in net.summary().layers}


def correlate(image: Array, kernel: Array) -> Array:
    """Cross-correlation without padding, as the definition says it."""
    rows, columns = (n - k + 1 for n, k in zip(image.shape, kernel.shape, strict=True))
    windows = [[image[i : i + len(kernel), j : j + kernel.shape[1]] for j in range(columns)] for i in range(rows)]
    return np.array([[(window * kernel).sum() for window in row] for row in windows])


# -- shapes and counts -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stride", "padding", "size", "fits"), [(1, 0, 5, True), (2, 0, 3, True), (3, 0, 2, False), (1, 1, 7, True)]
)
def test_the_output_of_a_convolution_is_n_minus_f_over_s_plus_1(
    stride: int, padding: int, size: int, fits: bool
) -> None:
    layer = f"  - conv2d: {{out_channels: 1, kernel_size: 3, stride: {stride}, padding: {padding}}}"
    net = network("{x: [1, 7, 7]}", layer)
    assert shapes(net) == {"conv2d1": (1, size, size)}
    assert [("unread" in w.message) for w in net.warnings] == ([] if fits else [True, True])


def test_filters_of_5x5_shrink_an_image() -> None:
    net = network("{image: [3, 32, 32]}", "\n".join(["  - conv2d: {out_channels: 6, kernel_size: 5}"] * 2))
    assert [shape[1:] for shape in shapes(net).values()] == [(28, 28), (24, 24)]


@pytest.mark.parametrize(("filters", "parameters"), [(1, 76), (5, 380), (6, 456)])
def test_a_filter_of_5x5x3_has_76_parameters(filters: int, parameters: int) -> None:
    net = network("{image: [3, 32, 32]}", f"  - conv2d: {{out_channels: {filters}, kernel_size: 5}}")
    assert shapes(net) == {"conv2d1": (filters, 28, 28)}
    assert net.summary().cost.parameters == parameters


@pytest.mark.parametrize(
    ("layer", "parameters"),
    [
        ("flatten\n  - linear: {out_features: 3, bias: false}", 21),
        ("locally_connected2d: {out_channels: 1, kernel_size: [1, 3], stride: [1, 2], bias: false}", 9),
        ("conv2d: {out_channels: 1, kernel_size: [1, 3], stride: [1, 2], bias: false}", 3),
    ],
    ids=["full", "local", "shared"],
)
def test_weights_of_connections_from_7_inputs_to_3_units(layer: str, parameters: int) -> None:
    net = network("{x: [1, 1, 7]}", f"  - {layer}")
    assert net.summary().cost.parameters == parameters
    assert math.prod(list(shapes(net).values())[-1]) == 3


@pytest.mark.parametrize(
    ("layer", "connections", "weights"),
    [
        ("flatten\n  - linear: {out_features: 5, bias: false}", 25, 25),
        ("locally_connected2d: {out_channels: 1, kernel_size: [1, 3], padding: [0, 1], bias: false}", 13, 13),
        ("conv2d: {out_channels: 1, kernel_size: [1, 3], padding: [0, 1], bias: false}", 13, 3),
    ],
    ids=["full", "local", "shared"],
)
def test_layers_as_matrices(layer: str, connections: int, weights: int) -> None:
    """From n = 5 inputs to 5 units: n^2 connections, or the 3n - 2 to neighbours, whose weights differ or repeat."""
    model = compiled("{x: [1, 1, 5]}", f"  - {layer}", batch_size=5, seed=2)
    matrix = model(np.eye(5).reshape(5, 1, 1, 5)).reshape(5, 5)
    assert np.count_nonzero(matrix) == connections
    assert len(np.unique(matrix[matrix != 0])) == weights


@pytest.mark.parametrize(
    ("layer", "parameters"),
    [
        ("flatten\n  - linear: {out_features: 400000, bias: false}", 16_000_000_000),
        ("locally_connected2d: {out_channels: 1000, kernel_size: 10, stride: 10, bias: false}", 40_000_000),
    ],
    ids=["full", "local"],
)
def test_an_image_connected_to_400000_units(layer: str, parameters: int) -> None:
    """Counting only: nothing is allocated."""
    net = network("{image: [1, 200, 200]}", f"  - {layer}")
    assert math.prod(list(shapes(net).values())[-1]) == 400_000
    assert net.summary().cost.parameters == parameters


def test_alexnet() -> None:
    net = gn.load(SPECS / "alexnet" / "alexnet_lecture.yaml")
    wanted = {
        "conv1": (96, 55, 55), "pool1": (96, 27, 27), "norm1": (96, 27, 27),
        "conv2": (256, 27, 27), "pool2": (256, 13, 13), "norm2": (256, 13, 13),
        "conv3": (384, 13, 13), "conv4": (384, 13, 13), "conv5": (256, 13, 13), "pool3": (256, 6, 6),
        "fc6": (4096,), "fc7": (4096,), "fc8": (1000,),
    }  # fmt: skip
    found = shapes(net)
    assert {name: found[name] for name in wanted} == wanted
    costs = {layer.name: layer.cost.parameters for layer in net.summary().layers}
    assert costs["conv1"] == 34_848 + 96
    assert costs["pool1"] == costs["norm1"] == 0
    assert net.summary().cost.parameters == 62_378_344


def test_a_convolution_of_1x1_saves_multiplications() -> None:
    wide = "  - conv2d: {out_channels: 32, kernel_size: 5, padding: 2}"
    direct = network("{x: [192, 28, 28]}", wide)
    reduced = network("{x: [192, 28, 28]}", f"  - conv2d: {{out_channels: 16, kernel_size: 1}}\n{wide}")
    assert direct.summary().cost.macs == 120_422_400
    assert [layer.cost.macs for layer in reduced.summary().layers] == [2_408_448, 10_035_200]
    assert reduced.summary().cost.macs == 12_443_648


@pytest.mark.parametrize("widths", [[3, 2], [784, 100, 10], [5, 7, 11, 13]])
def test_weights_of_a_fully_connected_network(widths: Sequence[int]) -> None:
    features, *hidden, classes = widths
    cost = gn.load(SPECS / "basics" / "mlp.yaml", features=features, hidden=hidden, classes=classes).summary().cost
    assert cost.macs == sum(a * b for a, b in pairwise(widths))
    assert cost.parameters == sum(b * (a + 1) for a, b in pairwise(widths))


# -- losses and derivatives ------------------------------------------------------------------------------------------


def test_softmax_cross_entropy_of_three_scores() -> None:
    model = compiled("{scores: [3]}", "  - softmax", "loss: [{cross_entropy: label, from: scores}]")
    batch = {"scores": [[3.2, 5.1, -1.7]], "label": [0]}
    assert round(float(model(batch["scores"])[0, 0]), 2) == 0.13
    loss, _ = model.evaluate_batch(batch)
    assert round(loss, 2) == 2.04
    assert model.training_loss(batch) == pytest.approx(loss)


def test_multiclass_hinge_loss_of_three_images() -> None:
    model = compiled("{scores: [3]}", "  - identity", "loss: [hinge: label]", batch_size=3)
    scores, labels = [[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]], [0, 1, 2]
    each = [model.training_loss({"scores": [s], "label": [t]}) for s, t in zip(scores, labels, strict=True)]
    np.testing.assert_allclose(each, [2.9, 0, 12.9], atol=1e-12)
    assert round(model.training_loss({"scores": scores, "label": labels}), 2) == 5.27


@pytest.mark.parametrize(
    ("layers", "point", "value", "gradients"),
    [
        ("  - {add, from: [x, y]}\n  - {multiply, from: [add1, z]}", {"x": -2, "y": 5, "z": -4}, -12, (-4, -4, 3)),
        ("  - {multiply, from: [x, y]}", {"x": 4, "y": -3}, -12, (-3, 4)),
    ],
    ids=["(x + y) z", "x y"],
)  # fmt: skip
def test_gradients_of_a_small_graph(
    layers: str, point: dict[str, float], value: float, gradients: tuple[float, ...]
) -> None:
    inputs = ", ".join(f"{name}: [1]" for name in point)
    model = compiled(f"{{{inputs}}}", layers, "loss: [squared_error: target]")
    batch = {name: [[number]] for name, number in point.items()}
    assert model(batch) == value
    # The derivative of (f - t)^2 is 2 (f - t) df, which is df for t = f - 1/2.
    _, found = model.input_gradients({**batch, "target": [[value - 0.5]]})
    assert tuple(float(found[name][0, 0]) for name in point) == gradients


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_gradient_of_a_logistic_unit(decay: float) -> None:
    model = gn.compile(
        SPECS / "basics" / "logistic_regression.yaml", batch_size=17, dtype="float64", features=5, decay=decay / 2
    )
    rng = np.random.default_rng(1)
    z, t = rng.standard_normal((17, 5)), rng.integers(0, 2, (17, 1)).astype(float)
    w = model.parameters["logit.weight"]
    y = model.predict({"x": z})["probability"]
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-(z @ w.T + model.parameters["logit.bias"]))))
    _, gradients = model.loss_and_gradients({"x": z, "label": t})
    # graphnet's loss is the mean; l2 has no factor 1/2, so half the decay makes alpha w
    np.testing.assert_allclose(17 * (gradients["logit.weight"] - decay * w), -((t - y) * z).sum(0, keepdims=True))
    np.testing.assert_allclose(17 * gradients["logit.bias"], -(t - y).sum(0))


def test_two_linear_layers_are_one() -> None:
    deep = compiled(
        "{x: [7]}", "  - linear: {out_features: 5, bias: false}\n  - linear: {out_features: 3, bias: false}"
    )
    flat = compiled("{x: [7]}", "  - linear: {out_features: 3, bias: false}")
    w1, w2 = deep.parameters["linear1.weight"], deep.parameters["linear2.weight"]
    flat.load_parameters({"linear1.weight": w2 @ w1})
    x = np.random.default_rng(0).standard_normal((11, 7))
    np.testing.assert_allclose(deep(x), flat(x), rtol=1e-12)


# -- convolutions by hand --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "kernel", "result"),
    [
        (["11100"], ["101"], ["211"]),
        (["11100", "01110", "00111", "00110", "01100"], ["101", "010", "101"], ["434", "243", "234"]),
    ],
    ids=["1-D", "2-D"],
)
def test_cross_correlation(image: list[str], kernel: list[str], result: list[str]) -> None:
    x, w, y = (np.array([[int(digit) for digit in row] for row in rows]) for rows in (image, kernel, result))
    layer = f"  - conv2d: {{out_channels: 1, kernel_size: {list(w.shape)}, bias: false}}"
    model = compiled(f"{{x: {[1, *x.shape]}}}", layer)
    model.load_parameters({"conv2d1.weight": w[None, None]})
    np.testing.assert_array_equal(model(x[None, None])[0, 0], y)


@pytest.mark.parametrize("stride", [1, 2])
def test_the_input_gradient_of_a_convolution_is_its_transpose(stride: int) -> None:
    layer = f"  - conv2d: {{out_channels: 1, kernel_size: [1, 3], stride: [1, {stride}], padding: [0, 1], bias: false}}"
    model = compiled("{a: [1, 1, 4]}", layer, "loss: [squared_error: target]", batch_size=4)
    kernel = np.array([2.0, 3.0, 5.0])
    model.load_parameters({"conv2d1.weight": kernel.reshape(1, 1, 1, 3)})
    columns = model(np.eye(4).reshape(4, 1, 1, 4)).reshape(4, -1)
    matrix = columns.T
    padded = np.array(
        [np.concatenate([np.zeros(stride * row), kernel, np.zeros(8)])[1:5] for row in range(len(matrix))]
    )
    np.testing.assert_array_equal(matrix, padded)
    v = np.array([7.0, 11.0, 13.0, 17.0])[: len(matrix)]
    a = np.array([[[[1.0, -2.0, 3.0, -4.0]]]])
    _, gradients = model.input_gradients({"a": a, "target": model(a) - v / 2})  # so that the outputs' gradient is v
    np.testing.assert_allclose(gradients["a"].ravel(), matrix.T @ v, rtol=1e-12)


@pytest.mark.parametrize(("stride", "output_padding"), [(1, 0), (2, 1)])
def test_a_transposed_convolution_multiplies_by_the_transposed_matrix(stride: int, output_padding: int) -> None:
    """For the filter (x, y, z) and vectors of 4: one layer's matrix is the other's, transposed."""
    attributes = f"out_channels: 1, kernel_size: 3, stride: {stride}, padding: 1, bias: false"
    there = compiled("{a: [1, 4]}", f"  - conv1d: {{{attributes}}}", batch_size=4)
    length = 4 // stride
    more = f", output_padding: {output_padding}"
    back = compiled(f"{{b: [1, {length}]}}", f"  - conv_transpose1d: {{{attributes}{more}}}", batch_size=length)
    kernel = np.array([[[2.0, 3.0, 5.0]]])
    there.load_parameters({"conv1d1.weight": kernel})
    back.load_parameters({"conv_transpose1d1.weight": kernel})
    matrix = there(np.eye(4)[:, None])[:, 0].T
    band = [[3, 5, 0, 0], [2, 3, 5, 0], [0, 2, 3, 5], [0, 0, 2, 3]]
    np.testing.assert_array_equal(matrix, band[::stride])
    np.testing.assert_array_equal(back(np.eye(length)[:, None])[:, 0].T, matrix.T)


@pytest.mark.parametrize(
    ("layer", "rows"),
    [
        ("upsample: 2", [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]),
        ("unpool: 2", [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]),
    ],
    ids=["nearest neighbour", "bed of nails"],
)
def test_unpooling(layer: str, rows: list[list[int]]) -> None:
    model = compiled("{x: [1, 2, 2]}", f"  - {layer}")
    np.testing.assert_array_equal(model(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]))[0, 0], rows)


FILTERS = {
    "edges": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "sharp": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "box": np.full((3, 3), 1 / 9),
    "gaussian": np.outer([1, 2, 1], [1, 2, 1]) / 16,
}


def test_fixed_filters_on_an_image() -> None:
    model = gn.compile(SPECS / "filters" / "image_filters.yaml", batch_size=1, dtype="float64", size=17)
    assert model.network.summary().cost.trainable_parameters == 0
    rows, columns = np.mgrid[0:17, 0:17]
    disc = np.where((rows - 6) ** 2 + (columns - 8) ** 2 < 20, 0.9, 0.1)
    image = np.stack([disc, disc + 0.01 * columns, disc * rows])
    found = model.predict({"image": image[None]})
    assert found.keys() == FILTERS.keys()
    for name, kernel in FILTERS.items():
        for filtered, channel in zip(found[name][0], image, strict=True):
            np.testing.assert_allclose(filtered, correlate(np.pad(channel, 1), kernel), atol=1e-12)


# -- layers in training ----------------------------------------------------------------------------------------------


def test_batch_normalisation_makes_mean_0_and_variance_1() -> None:
    """The gradients of sum y^2 for y = gamma x^ + beta at gamma 1, beta 0 are 2 sum x^^2 and 2 sum x^."""
    model = compiled("{x: [5, 7, 11]}", "  - {batch_norm: {eps: 0}, name: bn}", "loss: [squared_error: zero]", 3)
    x = np.random.default_rng(4).normal(3, 2, (3, 5, 7, 11)) * np.arange(1, 6)[:, None, None]
    count = 3 * 7 * 11
    _, gradients = model.loss_and_gradients({"x": x, "zero": np.zeros_like(x)})
    np.testing.assert_allclose(gradients["bn.bias"] / (2 * count), np.zeros(5), atol=1e-12)
    np.testing.assert_allclose(gradients["bn.weight"] / (2 * count), np.ones(5), rtol=1e-12)


def test_dropout_keeps_the_expectation() -> None:
    """The weight gradient of a sum of outputs is the sum of the layer's inputs: what dropout let through."""
    p, samples, features, steps = 0.3, 64, 50, 40
    model = compiled(
        f"{{x: [{features}]}}", f"  - dropout: {p}\n  - linear: {{out_features: 1, bias: false}}",
        "loss: [squared_error: target]", samples, optimizer={"sgd": {"lr": 0.0}},
    )  # fmt: skip
    model.load_parameters({"linear1.weight": np.zeros((1, features))})
    batch = {"x": np.ones((samples, features)), "target": np.full((samples, 1), -0.5)}  # the outputs' gradient is 1
    seen = []
    for _ in range(steps):
        seen.append(model.loss_and_gradients(batch)[1]["linear1.weight"].sum() / (samples * features))
        model.train_step(batch)
    deviation = math.sqrt(p / (1 - p) / (steps * samples * features))
    assert abs(np.mean(seen) - 1) < 4 * deviation
    assert np.std(seen) == pytest.approx(deviation * math.sqrt(steps), rel=0.5)
    model.load_parameters({"linear1.weight": np.ones((1, features))})
    np.testing.assert_allclose(model(batch["x"]), features)  # in a prediction nothing is dropped or scaled


def test_the_network_of_16_lines() -> None:
    """Two layers, sigmoid, sum of squares, gradient descent: the same losses as the NumPy program."""
    steps = 250
    model = gn.compile(SPECS / "basics" / "two_layer_net.yaml", dtype="float64")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((64, 1000)), rng.standard_normal((64, 10))
    w1, w2 = rng.standard_normal((1000, 100)), rng.standard_normal((100, 10))
    model.load_parameters({"w1.weight": w1.T, "w2.weight": w2.T})
    wanted = []
    for _ in range(steps):
        h = 1 / (1 + np.exp(-x.dot(w1)))
        y_pred = h.dot(w2)
        wanted.append(np.square(y_pred - y).sum())
        grad_y_pred = 2.0 * (y_pred - y)
        grad_w2 = h.T.dot(grad_y_pred)
        grad_h = grad_y_pred.dot(w2.T)
        grad_w1 = x.T.dot(grad_h * h * (1 - h))
        w1 -= 1e-4 * grad_w1
        w2 -= 1e-4 * grad_w2
    found = [model.train_step({"x": x, "y": y}) for _ in range(steps)]
    assert wanted[-1] < wanted[0] / 10
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    np.testing.assert_allclose(model.parameters["w1.weight"], w1.T, rtol=1e-9)


def test_shifted_rectifiers_make_a_bump() -> None:
    model = gn.compile(SPECS / "basics" / "bump_approximator.yaml", dtype="float64")
    x = np.linspace(-3, 5, 161)
    np.testing.assert_allclose(model(x[:, None])[:, 0], np.interp(x, [0, 1, 2], [0, 1, 0]), atol=1e-12)
