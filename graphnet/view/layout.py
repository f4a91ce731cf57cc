"""From DOT to a picture, in this process: the wheels of pygraphviz carry Graphviz itself."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal

import pygraphviz

from graphnet.core.diagnostics import InternalError

PictureFormat = Literal["svg", "png", "pdf"]
Engine = Literal["dot", "nop"]
"""Who places the nodes: Graphviz in layers (`dot`), or the document itself (`nop`: every node has its `pos`)."""

STANDARD_ERROR: Final = 2
GUTTER: Final = 14.0
"""Between panels, in points."""
_NUMBER: Final = r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
_BOX: Final = re.compile(rf'\bbb="0,0,({_NUMBER}),({_NUMBER})"')
_PLACES: Final = re.compile(r'\b(pos|lp|xlp|head_lp|tail_lp|bb)="([^"]*)"')
_POINT: Final = re.compile(rf"({_NUMBER}),({_NUMBER})")


def lay_out(source: str, picture: PictureFormat, engine: Engine = "dot") -> bytes:
    """Place and draw a DOT document.

    Args:
        source: the document.
        picture: the format of the result.
        engine: who places the nodes.

    Raises:
        InternalError: Graphviz does not take the document.
    """
    return _graphviz(source, picture, engine)


def lay_out_panels(above: Sequence[str], panels: Sequence[str], picture: PictureFormat) -> bytes:
    """Place each document by itself, and draw all in one picture.

    Args:
        above: documents to stand under each other, in the middle above the others.
        panels: documents to stand side by side, their upper ends on one height.
        picture: the format of the result.

    Raises:
        InternalError: Graphviz does not take a document.
    """
    rows, columns = [_Placed(source) for source in above], [_Placed(source) for source in panels]
    width = sum(panel.width for panel in columns) + GUTTER * (len(columns) - 1)
    height = max(panel.height for panel in columns)
    x, y = 0.0, height
    parts = []
    for panel in columns:
        parts.append(panel.moved(x, height - panel.height))
        x += panel.width + GUTTER
    for row in reversed(rows):
        parts.append(row.moved((width - row.width) / 2, y))
        y += row.height
    inner = "\n".join(f'subgraph "part {k}" {{\n{part}\n}}' for k, part in enumerate(parts))
    return _graphviz(f"digraph {{\ngraph [{columns[0].looks}]\n{inner}\n}}", picture, "nop2")


class _Placed:
    """A document whose nodes, arrows and frames have their places, as text.

    Attributes:
        width, height: in points.
        looks: the attributes of the whole graph that have nothing to do with places.
    """

    def __init__(self, source: str) -> None:
        text = _graphviz(source, "dot", "dot").decode().replace("\\\n", "")
        self._body = text[text.index("{") + 1 : text.rindex("}")]
        box = _BOX.search(self._body)
        if box is None:
            raise InternalError("drawing", "Graphviz placed nothing")
        self.width, self.height = float(box.group(1)), float(box.group(2))
        document = pygraphviz.AGraph(string=source)
        self.looks = ", ".join(f'{name}="{document.graph_attr[name]}"' for name in ("bgcolor", "pad", "dpi"))

    def moved(self, x: float, y: float) -> str:
        """What stands between the braces of the document, at another place."""

        def move(found: re.Match[str]) -> str:
            places = _POINT.sub(lambda p: f"{float(p[1]) + x:.2f},{float(p[2]) + y:.2f}", found[2])
            return f'{found[1]}="{places}"'

        return _PLACES.sub(move, self._body)


def _graphviz(source: str, form: str, program: str) -> bytes:
    messages: list[str] = []
    with _messages(messages):
        try:
            drawn: bytes = pygraphviz.AGraph(string=source).draw(format=form, prog=program)
        except (ValueError, pygraphviz.DotError) as problem:
            messages.append(f"Error: {problem}")
            drawn = b""
    errors = [line for line in messages if line.startswith("Error")]
    if errors or not drawn:
        raise InternalError("drawing", "; ".join(errors) or "Graphviz gave no picture")
    for line in messages:
        if not line.startswith("Fontconfig warning"):  # about the machine's font settings, on every call
            sys.stderr.write(line + "\n")
    return drawn


@contextmanager
def _messages(found: list[str]) -> Iterator[None]:
    """Collect what Graphviz has to say: it writes to the process's standard error and reports nothing else."""
    sys.stderr.flush()
    kept = os.dup(STANDARD_ERROR)
    with tempfile.TemporaryFile() as sink:
        os.dup2(sink.fileno(), STANDARD_ERROR)
        try:
            yield
        finally:
            os.dup2(kept, STANDARD_ERROR)
            os.close(kept)
            sink.seek(0)
            found += sink.read().decode(errors="replace").splitlines()
