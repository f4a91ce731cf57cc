"""The curves of a run: its history as a picture, in SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from graphnet.interop.files import write_text
from graphnet.train.history import History, Row
from graphnet.train.run import Callback, Run
from graphnet.view.palette import ACCENT, FONT, GRID, INK, PAPER, QUIET_INK

TRAINING_INK: Final = "#2f6db5"
VALIDATION_INK: Final = ACCENT

_WIDTH, _HEIGHT = 380, 220  # of a panel's plot
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 20, 52, 44  # around it
_COLUMNS: Final = 2
_TITLE: Final = 40


class CurvesPicture(Callback):
    """Writes `curves.svg` into the run's folder, anew after each epoch."""

    def epoch_ended(self, run: Run, row: Row) -> None:
        if run.out is not None:
            write_text(run.out / "curves.svg", draw_curves(run.history, run.graph.name))


@dataclass(frozen=True)
class Series:
    """One line of a panel; points that are not finite interrupt it."""

    label: str
    color: str
    values: Sequence[float]


@dataclass(frozen=True)
class Scale:
    """From numbers to places along an axis, linearly."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def draw_curves(history: History, title: str) -> str:
    """A panel for the loss and one for each metric, over the epochs, as SVG text.

    Args:
        history: of the run.
        title: the network's name.
    """
    panels = [_panel_series(history, name) for name in _measures(history)]
    epochs = [row["epoch"] for row in history.rows]
    columns = min(_COLUMNS, max(1, len(panels)))
    step_x, step_y = _LEFT + _WIDTH + _RIGHT, _TOP + _HEIGHT + _BOTTOM
    width, height = columns * step_x, _TITLE + -(-len(panels) // columns) * step_y
    text = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="{FONT}" font-size="11" fill="{INK}">',
        f"<title>{escape(title)}: curves of training</title>",
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        f'<text x="{_LEFT}" y="28" font-size="16" font-weight="bold">{escape(title)}</text>',
    ]
    for place, (name, series) in enumerate(panels):
        x, y = place % columns * step_x + _LEFT, _TITLE + place // columns * step_y + _TOP
        text += [f'<g transform="translate({x} {y})">', *_panel(name, epochs, series), "</g>"]
    return "\n".join([*text, "</svg>", ""])


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from below `low` to above `high`, about `count` of them."""
    if high - low <= 1e-9 * max(abs(low), abs(high)):  # flat, as far as floats can tell
        pad = abs(low) * 0.1 or 1.0
        low, high = low - pad, high + pad
    rough = (high - low) / max(1, count - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * k for k in range(first, last + 1)]


def _measures(history: History) -> list[str]:
    """The loss and the metrics, each once."""
    metrics = [name.removeprefix("val_") for name in history.columns if name.startswith("val_")]
    return list(dict.fromkeys([name for name in ("loss",) if name in history.columns] + metrics))


def _panel_series(history: History, name: str) -> tuple[str, list[Series]]:
    known = (("training", TRAINING_INK, name), ("validation", VALIDATION_INK, f"val_{name}"))
    return name, [Series(label, color, history[key]) for label, color, key in known if key in history.columns]


def _panel(name: str, epochs: Sequence[float], series: Sequence[Series]) -> list[str]:
    values = [v for one in series for v in one.values if math.isfinite(v)] or [0.0]
    heights = ticks(min(values), max(values), 5)
    x = Scale(min(epochs), max(epochs), 0, _WIDTH) if len(epochs) > 1 else Scale(0, 2 * epochs[0], 0, _WIDTH)
    y = Scale(heights[0], heights[-1], _HEIGHT, 0)
    text = [f'<text y="-30" font-size="13" font-weight="bold">{escape(name.replace("_", " "))}</text>']
    for value in heights:
        at = _place(y(value))
        text.append(f'<line x2="{_WIDTH}" y1="{at}" y2="{at}" stroke="{GRID}"/>')
        text.append(f'<text x="-8" y="{at}" dy="4" text-anchor="end" fill="{QUIET_INK}">{value:.6g}</text>')
    for value in ticks(min(epochs), max(epochs), 6):
        if value == round(value) and min(epochs) <= value <= max(epochs):
            at = f'x="{_place(x(value))}" y="{_HEIGHT + 18}"'
            text.append(f'<text {at} text-anchor="middle" fill="{QUIET_INK}">{value:.0f}</text>')
    text.append(f'<text x="{_WIDTH}" y="{_HEIGHT + 34}" text-anchor="end" fill="{QUIET_INK}">epoch</text>')
    for place, one in enumerate(series):
        text += [*_line(one, epochs, x, y), *_key(one, place)]
    return text


def _line(series: Series, epochs: Sequence[float], x: Scale, y: Scale) -> list[str]:
    """Runs of finite points as lines; single ones as dots; the last one as a dot too."""
    runs: list[list[str]] = [[]]
    for epoch, value in zip(epochs, series.values, strict=True):
        if math.isfinite(value):
            runs[-1].append(f"{_place(x(epoch))},{_place(y(value))}")
        elif runs[-1]:
            runs.append([])
    text = [
        f'<polyline points="{" ".join(run)}" fill="none" stroke="{series.color}" stroke-width="1.8" '
        'stroke-linejoin="round"/>'
        for run in runs
        if len(run) > 1
    ]
    dots = [run[-1].split(",") for run in runs if run and (len(run) == 1 or run is runs[-1])]
    return text + [f'<circle cx="{cx}" cy="{cy}" r="2.6" fill="{series.color}"/>' for cx, cy in dots]


def _key(series: Series, place: int) -> list[str]:
    """What a line stands for, with its last value."""
    start = place * 170
    last = next((f" {v:.4g}" for v in reversed(series.values) if math.isfinite(v)), "")
    return [
        f'<line x1="{start}" x2="{start + 16}" y1="-14" y2="-14" stroke="{series.color}" stroke-width="2.4"/>',
        f'<text x="{start + 22}" y="-10" fill="{QUIET_INK}">{series.label}{last}</text>',
    ]


def _place(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
