"""Fixtures that compare an operator with PyTorch's, forward and backward, in float64."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from graphnet.ir.operator import Operator
from graphnet.testing.samples import TRAINING, Mode, Run, Sample, run

Agree = Callable[..., Run]


@pytest.fixture(scope="session")
def torch() -> ModuleType:
    """PyTorch, from the `oracle` extra."""
    return pytest.importorskip("torch")


@pytest.fixture
def agree(torch: ModuleType) -> Agree:
    """A check that an operator and a function of tensors give the same output and the same gradients."""

    def check(operator: Operator, function: Callable[..., Any], *operands: np.ndarray, mode: Mode = TRAINING) -> Run:
        sample = Sample(operator, operands, None)
        ours = run(sample, mode)
        tensors = {name: torch.tensor(array) for name, array in sample.inputs.items()}
        for name, tensor in tensors.items():
            if tensor.is_floating_point() and not name.startswith("running_"):
                tensor.requires_grad_()
            elif tensor.dtype == torch.int32:
                tensors[name] = tensor.long()
        theirs = function(**tensors)
        np.testing.assert_allclose(ours.output, theirs.detach().numpy(), rtol=1e-9, atol=1e-9)
        if mode.training:
            theirs.backward(torch.tensor(sample.upstream))
            wanted = {name: tensor.grad.numpy() for name, tensor in tensors.items() if tensor.grad is not None}
            assert set(wanted) <= set(ours.gradients)
            for name, gradient in wanted.items():
                np.testing.assert_allclose(ours.gradients[name], gradient, rtol=1e-8, atol=1e-8, err_msg=name)
        return ours

    return check
