"""bilinear: the filters that make a transposed convolution upsample."""

from __future__ import annotations

import numpy as np

from graphnet.core.diagnostics import AttributeProblem
from graphnet.ir.definitions import INITIALISERS
from graphnet.ir.initialiser import Array, Initialiser


@INITIALISERS.register("bilinear")
class Bilinear(Initialiser):
    """Each channel is upsampled by itself, with the weights of bilinear interpolation.

    W[i, i, h, w] = (1 - |h - c| / f) * (1 - |w - c| / f) with f = ceil(k / 2) and the filter's middle c = (k - 1) / 2,
    for filters of size k along each axis. A weight with one channel per group holds such a filter for each channel.

    Example:
        `- {conv_transpose2d: {out_channels: 21, kernel_size: 4, stride: 2, padding: 1}, init: {weight: bilinear}}`

    Source: Long, Shelhamer, Darrell, "Fully convolutional networks for semantic segmentation", 2015.
    """

    def check(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 4 or (shape[0] != shape[1] and shape[1] != 1):
            raise AttributeProblem(
                "bilinear filters do not fit", code="init",
                expected="filters (C, C, height, width) or (C, 1, height, width)", found=str(shape),
            )  # fmt: skip

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> Array:
        self.check(shape)
        filters = np.zeros(shape)
        channels = np.arange(shape[0])
        filters[channels, channels if shape[1] > 1 else 0] = np.outer(_triangle(shape[2]), _triangle(shape[3]))
        return filters


def _triangle(size: int) -> Array:
    """Weights of linear interpolation along one axis."""
    return np.asarray(1 - np.abs(np.arange(size) - (size - 1) / 2) / ((size + 1) // 2))
