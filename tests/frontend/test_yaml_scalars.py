"""Scalars by the YAML 1.2 core schema."""

from __future__ import annotations

import math

import pytest

from graphnet.frontend.text.yaml_scalars import ScalarValue, read_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("5e-4", 5e-4), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("-2", -2), ("+7", 7), ("010", 10),
        ("0o17", 15), ("0x1F", 31), ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        (".inf", math.inf), ("-.inf", -math.inf),
    ],
)  # fmt: skip
def test_numbers_and_constants(text: str, value: ScalarValue) -> None:
    found = read_scalar(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    ["no", "yes", "on", "off", "No", "1_000", "0b11", "12:30", "1e", "3a", "0o8", "tRue", "nan", "inf", "1 2", "٣"],
)
def test_text_stays_text(text: str) -> None:
    """What YAML 1.1 read as truth values, sexagesimal numbers and so on."""
    assert read_scalar(text) == text


def test_nan_is_a_number() -> None:
    assert math.isnan(read_scalar(".nan"))  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["9" * 41, "1e999", "-1e999", "0x" + "f" * 50, "1" + "0" * 5000])
def test_numbers_beyond_reason_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number"):
        read_scalar(text)
