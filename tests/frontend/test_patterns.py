"""Globs over parameter paths."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.frontend.patterns import is_match

TEXT = st.text(alphabet="ab.*?", max_size=12)


@given(TEXT, TEXT)
def test_against_regular_expressions(pattern: str, path: str) -> None:
    translated = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    assert is_match(pattern, path) == bool(re.fullmatch(translated, path))


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.weight", "layer1.0.conv1.weight", True), ("encoder.*", "encoder", False), ("encoder.*", "encoder.a", True),
        ("fc.?eight", "fc.weight", True), ("weight", "fc.weight", False), ("*", "", True), ("", "a", False),
        ("*a" * 40 + "b", "a" * 200, False),
    ],
)  # fmt: skip
def test_full_matches_only(pattern: str, path: str, fits: bool) -> None:
    assert is_match(pattern, path) is fits
