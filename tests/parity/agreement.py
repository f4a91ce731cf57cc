"""What it means that both models of a pair agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from .pairs import Pair, arrays_of, relative_error

NEGLIGIBLE = 1e-6
"""A parameter's gradient is rounding errors, if its norm is a smaller part of that of the whole gradient: that of a
bias, say, which the next normalisation takes away again."""


@dataclass(frozen=True)
class Tolerance:
    """Largest relative errors.

    Attributes:
        value: of outputs and losses.
        gradient: of a parameter's gradient, or of the parameter after some steps, by norm.
    """

    value: float
    gradient: float


TOLERANCES = {"float32": Tolerance(1e-4, 1e-3), "float64": Tolerance(1e-9, 1e-9)}


def assert_equal_predictions(pair: Pair) -> None:
    """All outputs agree, and so do the places of the largest elements: the classes."""
    for found, wanted in predictions(pair):
        assert found.dtype == wanted.dtype
        assert relative_error(found, wanted) < TOLERANCES[pair.model.dtype].value
        np.testing.assert_array_equal(found.argmax(1), wanted.argmax(1))


def predictions(pair: Pair) -> list[tuple[np.ndarray, np.ndarray]]:
    """Every output, as graphnet and as PyTorch computes it."""
    return list(zip(pair.outputs(), pair.oracle_outputs(), strict=True))


def assert_equal_gradients(pair: Pair) -> None:
    """The losses agree, and the gradients of all parameters; and they leave the parameters as they were."""
    tolerance = TOLERANCES[pair.model.dtype]
    before = arrays_of(pair.oracle)
    wanted, found, errors = gradient_errors(pair)
    assert found == pytest.approx(wanted, rel=tolerance.value)
    assert max(errors.values()) < tolerance.gradient, max(errors.items(), key=lambda item: item[1])
    pair.oracle.load_state_dict({path: torch.from_numpy(array) for path, array in before.items()})
    for path, array in pair.model.parameters.items():  # gradients alone leave statistics as they are
        np.testing.assert_array_equal(array, before[path], err_msg=path)


def gradient_errors(pair: Pair) -> tuple[float, float, dict[str, float]]:
    """PyTorch's loss, graphnet's, and by path the relative error of each trained parameter's gradient."""
    loss, gradients = pair.loss_and_gradients()
    pair.oracle.zero_grad()
    wanted = pair.oracle_loss()
    wanted.backward()
    theirs = {path: p.grad.numpy() for path, p in pair.oracle.named_parameters() if p.grad is not None}
    assert set(gradients) == set(theirs)
    floor = NEGLIGIBLE * float(np.sqrt(sum((g.astype(np.float64) ** 2).sum() for g in theirs.values())))
    errors = {path: relative_error(gradients[path], gradient, floor) for path, gradient in theirs.items()}
    return wanted.item(), loss, errors


def assert_equal_training(pair: Pair, steps: int) -> None:
    """Train on one batch: losses agree, then all parameters and running statistics."""
    tolerance = TOLERANCES[pair.model.dtype]
    start = arrays_of(pair.oracle)
    for step in range(steps):
        wanted = pair.oracle_step()
        assert pair.model.train_step(pair.batch) == pytest.approx(wanted, rel=tolerance.gradient), step
    end = arrays_of(pair.oracle)
    found = pair.model.parameters
    assert list(found) == list(end)
    for path, array in end.items():
        assert not np.array_equal(array, start[path]), f"{path} was not trained"
        assert relative_error(found[path], array) < tolerance.gradient, path
