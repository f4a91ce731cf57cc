"""Numbers as people read them."""

from __future__ import annotations

import pytest

from graphnet.analysis.units import format_bytes, format_count, format_shape


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"), (7, "7"), (999, "999"), (1000, "1k"), (9408, "9.41k"), (999_499, "999k"), (999_500, "1M"),
        (11_689_512, "11.7M"), (1_814_073_344, "1.81G"), (4_089_184_256, "4.09G"), (175_000_000_000, "175G"),
        (2_000_000_000_000, "2T"),
    ],
)  # fmt: skip
def test_counts_have_three_digits_and_a_prefix(count: int, text: str) -> None:
    assert format_count(count) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (2**29, "512 MiB"), (2**30, "1 GiB")],
)
def test_bytes_have_binary_prefixes(count: int, text: str) -> None:
    assert format_bytes(count) == text


def test_bytes_between_1000_and_1024_take_the_larger_prefix() -> None:
    assert format_bytes(1023) == "0.999 KiB"


def test_shapes_are_products() -> None:
    assert format_shape((64, 56, 57)) == "64×56×57"
    assert format_shape(("N", 3)) == "N×3"
    assert format_shape(()) == "scalar"
