"""Colours, fonts and spacing of all drawings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FONT: Final = "Helvetica,Arial,DejaVu Sans,sans-serif"
INK: Final = "#263238"
QUIET_INK: Final = "#6b7a86"
FORWARD_INK: Final = "#5c7285"
BACKWARD_INK: Final = "#c4623f"
SAVED_INK: Final = "#a9b4bd"
ACCENT: Final = "#b3541e"
PAPER: Final = "white"
GRID: Final = "#eaeef1"


@dataclass(frozen=True)
class Tint:
    """A light fill with a border of the same hue."""

    fill: str
    line: str


BLUE: Final = Tint("#dfebf9", "#8fb3de")
TEAL: Final = Tint("#daf1eb", "#7fc1ae")
AMBER: Final = Tint("#fdf1d3", "#dcbf6a")
VIOLET: Final = Tint("#ebe4f7", "#b19ad3")
SLATE: Final = Tint("#e8edf2", "#a5b3c0")
ROSE: Final = Tint("#fbe5ec", "#dc9db1")
CORAL: Final = Tint("#fce0d8", "#de8a74")
GREEN: Final = Tint("#e4f3da", "#9cc684")
STONE: Final = Tint("#f0efec", "#bcb8ae")

CATEGORIES: Final[Mapping[str, Tint]] = {
    "contraction": BLUE,
    "normalisation": TEAL,
    "activation": AMBER,
    "pooling": VIOLET,
    "reduction": VIOLET,
    "movement": SLATE,
    "arithmetic": ROSE,
    "regularisation": GREEN,
    "attention": GREEN,
    "loss": CORAL,
}
"""By `Operator.category`."""

FAMILIES: Final[Mapping[str, Tint]] = {
    "contraction": BLUE,
    "reduction": VIOLET,
    "movement": SLATE,
    "pointwise": AMBER,
}
"""By `Comprehension.family`."""

CLUSTER_FILLS: Final = ("#f7f9fb", "#f0f4f7", "#e9eef3")
"""By depth of nesting; deeper ones start again."""

FORWARD_FRAME: Final = Tint("#f7f9fb", "#b7c4cf")
BACKWARD_FRAME: Final = Tint("#fef6f3", "#e0a894")
CLUSTER_LINE: Final = "#cfd8df"
INPUT: Final = Tint("#eceff1", "#78909c")
OUTPUT: Final = Tint("#e0f0e3", "#6fae7d")
TARGET: Final = Tint("#fff8e6", "#c9a84c")


def category_tint(category: str) -> Tint:
    """The colour of an operator's category."""
    return CATEGORIES.get(category, STONE)


def family_tint(family: str) -> Tint:
    """The colour of a kernel family."""
    return FAMILIES.get(family, STONE)
