"""The contract of initialisers, and how a parameter gets its first values."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from graphnet.core.diagnostics import InternalError
from graphnet.ir.definitions import INITIALISERS, Definition
from graphnet.ir.graph import ParameterSpec

Array = np.ndarray[Any, Any]


class Initialiser(Definition):
    """How a parameter starts; subclasses are registered in `INITIALISERS`, one file each."""

    def check(self, shape: tuple[int, ...]) -> None:
        """Refuse a parameter whose shape does not suit; most initialisers take any.

        Raises:
            AttributeProblem: it does not.
        """

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        """First values.

        Args:
            rng: the parameter's own generator.
            shape: of the parameter, in PyTorch's layout.
            fan_in: how many inputs reach one output, as the operator says.
            fan_out: how many outputs one input reaches.

        Returns:
            an array of float64.

        Raises:
            AttributeProblem: the shape does not suit the initialiser.
        """
        raise NotImplementedError


def initialise(spec: ParameterSpec, rng: np.random.Generator) -> Array:
    """The first values of a parameter or buffer, as float64.

    Raises:
        AttributeProblem: its shape does not suit its initialiser.
    """
    if spec.init.name not in INITIALISERS:
        raise InternalError("initialisation", f"there is no initialiser '{spec.init.name}'")
    made: Initialiser = INITIALISERS[spec.init.name](**spec.init.settings)
    return np.asarray(made.sample(rng, spec.shape, spec.fan_in, spec.fan_out), dtype=np.float64)


def parameter_generator(seed: int, path: str) -> np.random.Generator:
    """The random numbers of one parameter, so that adding a layer does not change the others.

    Args:
        seed: of the module, not negative.
        path: of the parameter.
    """
    digest = hashlib.blake2b(path.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64([seed, int.from_bytes(digest, "little")]))
