"""constant: given numbers."""

from __future__ import annotations

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser
from graphnet.ir.settings import Number

Nested = Number | tuple["Nested", ...]


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

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        try:
            values = np.array(self.value, dtype=np.float64)
        except ValueError:
            raise AttributeProblem(
                "the lists of a constant differ in length", attribute="value", code="init",
                expected=f"lists for the shape {shape}", found=repr(self.value),
            ) from None  # fmt: skip
        if values.shape != shape[len(shape) - values.ndim :]:
            raise AttributeProblem(
                "a constant does not fit the parameter", attribute="value", code="init",
                expected=f"a number, or lists for the last axes of {shape}", found=f"lists for {values.shape}",
            )  # fmt: skip
        return np.broadcast_to(values, shape).copy()
