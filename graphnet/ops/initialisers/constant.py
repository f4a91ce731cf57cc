"""constant: given numbers."""

from __future__ import annotations

import math
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser


def _nested(value: Any) -> Any:
    """A finite number, or lists of equal lengths of them, as tuples."""
    if isinstance(value, list | tuple):
        return tuple(_nested(v) for v in value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError("a finite number, or nested lists of them")
    return float(value)


def _even(value: Any) -> Any:
    try:
        np.array(value, dtype=np.float64)
    except ValueError:
        raise ValueError("lists of equal lengths") from None
    return value


Nested = Annotated[Any, AfterValidator(_nested), AfterValidator(_even)]
"""A finite number, or nested lists of them: the elements of an array."""


@INITIALISERS.register("constant", primary="value")
class Constant(Initialiser):
    """A number for every element, or the elements themselves as nested lists: a fixed filter.

    Lists with fewer axes than the parameter are repeated along its first ones: a 3 x 3 filter for every pair of
    channels.

    Example:
        `init: {bias: {constant: 0.1}}`
        `init: {weight: {constant: [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]}}`

    Attributes:
        value: the number, or nested lists of numbers.
    """

    value: Nested

    def check(self, shape: tuple[int, ...]) -> None:
        values = np.array(self.value)
        if values.shape != shape[len(shape) - values.ndim :]:
            raise AttributeProblem(
                "the constant does not fit", attribute="value", code="init",
                expected=f"a number, or lists for the last axes of {shape}", found=f"lists for {values.shape}",
            )  # fmt: skip

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        self.check(shape)
        return np.broadcast_to(np.array(self.value), shape).copy()
