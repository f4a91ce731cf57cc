"""Affine maps of images about their centre."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from graphnet.ir.data import Array
from graphnet.ir.settings import NonNegativeNumber, Number


def _around_zero(value: Any) -> Any:
    return (-value, value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _in_order(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] <= interval[1]:
        return interval
    raise PydanticCustomError(
        "interval", "the interval ends before it begins", {"expected": "a number from 0, or the smaller of two first"}
    )


Interval = Annotated[
    tuple[Number, Number],
    BeforeValidator(_around_zero, json_schema_input_type=NonNegativeNumber | tuple[Number, Number]),
    AfterValidator(_in_order),
]
"""The least and the most of something; one number d means from -d to d."""


def matrices(degrees: Array, scale: Array | float = 1.0, shear: Array | float = 0.0) -> Array:
    """Maps R S of (x, y), y down, with the rotation R (counter-clockwise) and S = scale [[1, tan(shear)], [0, 1]].

    Args:
        degrees: of the rotation, (N,).
        scale: factors, (N,).
        shear: in degrees, (N,).

    Returns:
        (N, 2, 2).
    """
    angle = np.deg2rad(degrees)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    one, slope = np.ones_like(angle), np.tan(np.deg2rad(shear)) * np.ones_like(angle)
    slant = np.array([[one, slope], [0 * one, one]]) * scale
    product: Array = np.einsum("abn,bcn->nac", rotation, slant)
    return product


def affine_places(
    forward: Array, height: int, width: int, shift: Array | tuple[float, float] = (0, 0)
) -> tuple[Array, Array]:
    """The rows and columns that the pixels of a mapped image show, each (N, H, W).

    Args:
        forward: where things come to, as maps of (x, y) about the centre, (N, 2, 2).
        height, width: of the image.
        shift: what is added to (x, y) then, in pixels, (N, 2).
    """
    (a, b), (c, d) = np.moveaxis(np.linalg.inv(forward), 0, -1).reshape(2, 2, -1, 1, 1)
    to_right, down = np.asarray(shift, dtype=float).reshape(-1, 2).T.reshape(2, -1, 1, 1)
    x = np.arange(width) - (width - 1) / 2 - to_right
    y = np.arange(height)[:, None] - (height - 1) / 2 - down
    return (c * x + d * y) + (height - 1) / 2, (a * x + b * y) + (width - 1) / 2
