"""Images read at other places, against PyTorch's interpolation."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from graphnet.ops.families.affine import affine_places, matrices
from graphnet.ops.families.image_sampling import sample_at, stretch

pytestmark = pytest.mark.oracle

RNG = np.random.default_rng(5)
PIXELS = RNG.normal(size=(4, 3, 13, 17))


@pytest.mark.parametrize("smooth", [True, False])
def test_stretched_rectangles_are_interpolated_crops(torch: ModuleType, smooth: bool) -> None:
    first, size = np.array([[0, 0], [3, 2], [5, 11], [12, 0]]), np.array([[13, 17], [7, 5], [2, 6], [1, 3]])
    found = stretch(PIXELS, first, size, smooth=smooth)
    for one, (top, left), (height, width), expected in zip(found, first, size, PIXELS, strict=True):
        part = torch.from_numpy(expected[None, :, top : top + height, left : left + width].copy())
        options = {"mode": "bilinear", "align_corners": False} if smooth else {"mode": "nearest-exact"}
        np.testing.assert_allclose(
            one, torch.nn.functional.interpolate(part, (13, 17), **options)[0].numpy(), atol=1e-12
        )


@pytest.mark.parametrize("smooth", [True, False])
def test_affine_maps_are_those_of_a_sampling_grid(torch: ModuleType, smooth: bool) -> None:
    height, width = PIXELS.shape[2:]
    forward = matrices(RNG.uniform(-180, 180, 4), RNG.uniform(0.6, 1.6, 4), RNG.uniform(-30, 30, 4))
    shift = RNG.uniform(-3, 3, (4, 2))
    found = sample_at(PIXELS, *affine_places(forward, height, width, shift), outside=0.0, smooth=smooth)
    backward = np.linalg.inv(forward)
    moved = np.concatenate([backward, -backward @ shift[:, :, None]], axis=2)
    half = np.array([width, height]) / 2  # PyTorch measures in halves of the image
    scaled = moved * np.concatenate([half / half[:, None], 1 / half[:, None]], axis=1)
    grid = torch.nn.functional.affine_grid(torch.from_numpy(scaled), list(PIXELS.shape), align_corners=False)
    mode = "bilinear" if smooth else "nearest"
    expected = torch.nn.functional.grid_sample(
        torch.from_numpy(PIXELS), grid, mode=mode, padding_mode="zeros", align_corners=False
    )
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-9)
