"""Initialisers: their statistics, PyTorch's bounds, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

import graphnet.ops  # noqa: F401 - registers the initialisers
from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.graph import Initializer, ParameterSpec
from graphnet.ir.initialiser import initialise, parameter_generator

SHAPE, FAN_IN, FAN_OUT = (101, 103, 3, 5), 103 * 15, 101 * 15


def sample(name: str, shape=SHAPE, seed: int = 0, **settings):
    spec = ParameterSpec(shape, Initializer(name, settings), fan_in=FAN_IN, fan_out=FAN_OUT)
    return initialise(spec, parameter_generator(seed, "layer.weight"))


@pytest.mark.parametrize(
    ("name", "settings", "bound"),
    [
        ("uniform", {"low": -0.25, "high": 0.25}, 0.25),
        ("kaiming_uniform", {}, math.sqrt(6 / FAN_IN)),
        ("kaiming_uniform", {"a": math.sqrt(5)}, math.sqrt(1 / FAN_IN)),
        ("kaiming_uniform", {"mode": "fan_out", "nonlinearity": "relu"}, math.sqrt(6 / FAN_OUT)),
        ("kaiming_uniform", {"nonlinearity": "tanh"}, 5 / 3 * math.sqrt(3 / FAN_IN)),
        ("xavier_uniform", {}, math.sqrt(6 / (FAN_IN + FAN_OUT))),
        ("xavier_uniform", {"gain": 2.0}, 2 * math.sqrt(6 / (FAN_IN + FAN_OUT))),
    ],
)
def test_uniform_ones_fill_their_interval_evenly(name, settings, bound) -> None:
    values = sample(name, **settings)
    assert values.dtype == np.float64
    assert values.shape == SHAPE
    assert -bound <= values.min() < -0.999 * bound
    assert 0.999 * bound < values.max() <= bound
    shares = np.histogram(values, bins=8, range=(-bound, bound))[0] / values.size
    np.testing.assert_allclose(shares, 1 / 8, atol=5 * math.sqrt(1 / 8 / values.size))


@pytest.mark.parametrize(
    ("name", "settings", "mean", "std"),
    [
        ("normal", {"std": 0.02, "mean": 0.5}, 0.5, 0.02),
        ("kaiming_normal", {}, 0, math.sqrt(2 / FAN_IN)),
        ("kaiming_normal", {"mode": "fan_out"}, 0, math.sqrt(2 / FAN_OUT)),
        ("kaiming_normal", {"nonlinearity": "linear"}, 0, math.sqrt(1 / FAN_IN)),
        ("kaiming_normal", {"nonlinearity": "selu"}, 0, 0.75 * math.sqrt(1 / FAN_IN)),
        ("xavier_normal", {}, 0, math.sqrt(2 / (FAN_IN + FAN_OUT))),
    ],
)
def test_normal_ones_have_their_mean_and_deviation(name, settings, mean, std) -> None:
    values = sample(name, **settings)
    assert values.mean() == pytest.approx(mean, abs=5 * std / math.sqrt(values.size))
    assert values.std() == pytest.approx(std, rel=0.01)
    assert np.mean(np.abs(values - mean) < std) == pytest.approx(0.6827, abs=0.01)


@pytest.mark.oracle
@pytest.mark.parametrize("nonlinearity", ["linear", "sigmoid", "tanh", "relu", "selu", "leaky_relu"])
def test_gains_are_pytorchs(nonlinearity: str) -> None:
    torch = pytest.importorskip("torch")
    gain = torch.nn.init.calculate_gain(nonlinearity, 0.3 if nonlinearity == "leaky_relu" else None)
    bound = gain * math.sqrt(3 / FAN_IN)
    assert np.abs(sample("kaiming_uniform", nonlinearity=nonlinearity, a=0.3)).max() == pytest.approx(bound, rel=1e-3)


@pytest.mark.parametrize("name", sorted(set(INITIALISERS) - {"bilinear"}))
@pytest.mark.parametrize("shape", [(), (1,)], ids=str)
def test_a_single_number_starts_too(name: str, shape: tuple[int, ...]) -> None:
    """A learned temperature, for instance."""
    settings = {"value": 2.0} if name == "constant" else {}
    found = sample(name, shape, **settings)
    assert (found.shape, found.dtype) == (shape, np.float64)
    assert np.isfinite(found).all()


def test_zeros_ones_and_constants() -> None:
    assert not sample("zeros").any()
    assert (sample("ones") == 1).all()
    assert (sample("constant", value=-0.5) == -0.5).all()
    filters = sample("constant", shape=(2, 3, 2, 2), value=[[1, 2], [3, 4]])
    assert (filters == np.array([[1, 2], [3, 4]])).all()
    np.testing.assert_array_equal(
        sample("constant", shape=(2, 3), value=[[1, 2, 3], [4, 5, 6]]), [[1, 2, 3], [4, 5, 6]]
    )


@pytest.mark.parametrize("value", [[1, 2], [[1, 2, 3]], [[[1, 2, 3], [4, 5, 6]]]], ids=str)
def test_a_constant_does_not_broadcast_along_its_own_axes(value) -> None:
    with pytest.raises(AttributeProblem, match="does not fit"):
        sample("constant", shape=(2, 3), value=value)


@pytest.mark.parametrize("value", ["zero", True, [1, "a"], [[1, 2], [3]], float("inf")], ids=str)
def test_a_constant_is_a_number_or_even_lists_of_them(value) -> None:
    with pytest.raises(ValueError, match="value"):
        INITIALISERS["constant"](value=value)


@pytest.mark.parametrize(("size", "stride", "padding"), [(4, 2, 1), (3, 2, 1), (2, 2, 0)])
def test_bilinear_filters_upsample_a_ramp_to_a_ramp(size: int, stride: int, padding: int) -> None:
    """A transposed convolution, written out: every input puts its filter down, `stride` apart."""
    filters = sample("bilinear", shape=(3, 3, size, size))
    assert not filters[~np.eye(3, dtype=bool)].any()
    one = filters[1, 1].sum(axis=0) / filters[1, 1].sum(axis=0).sum() * stride
    ramp = np.arange(11.0)
    out = np.zeros((len(ramp) - 1) * stride + size)
    for k, value in enumerate(ramp):
        out[k * stride : k * stride + size] += value * one
    inner = out[padding + stride : -padding - stride or None]
    steps = np.diff(inner)[stride:-stride]
    if size == 2:
        np.testing.assert_allclose(inner[2:-2], np.repeat(ramp, 2)[4:-4])
    else:
        np.testing.assert_allclose(steps, 1 / stride)


def test_bilinear_fits_grouped_filters_and_refuses_others() -> None:
    grouped = sample("bilinear", shape=(5, 1, 4, 4))
    np.testing.assert_array_equal(grouped[0, 0], grouped[4, 0])
    assert grouped[0, 0, 1, 1] == pytest.approx(0.75 * 0.75)
    for shape in [(3, 2, 4, 4), (3, 3), (3, 3, 4)]:
        with pytest.raises(AttributeProblem, match="bilinear"):
            sample("bilinear", shape=shape)


def test_each_parameter_has_random_numbers_of_its_own() -> None:
    first, again = (parameter_generator(3, "conv1.weight").normal(size=7) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, parameter_generator(3, "conv2.weight").normal(size=7))
    assert not np.allclose(first, parameter_generator(4, "conv1.weight").normal(size=7))


def test_uniform_has_its_ends_in_order() -> None:
    with pytest.raises(AttributeProblem, match="above"):
        INITIALISERS["uniform"](low=1.0, high=0.0)


def test_rows_of_padding_are_zero_and_the_others_as_without_it() -> None:
    plain, padded = sample("normal", (5, 3)), sample("normal", (5, 3), zero_rows=(1, 4))
    np.testing.assert_array_equal(padded, plain * np.array([1, 0, 1, 1, 0])[:, None])
    with pytest.raises(AttributeProblem, match="there are no such rows"):
        sample("normal", (5, 3), zero_rows=(5,))
