"""From DOT to a picture, in this process: the wheels of pygraphviz carry Graphviz itself."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

import pygraphviz

from graphnet.core.diagnostics import InternalError

PictureFormat = Literal["svg", "png", "pdf"]
Engine = Literal["dot", "nop"]
"""Who places the nodes: Graphviz in layers (`dot`), or the document itself (`nop`: every node has its `pos`)."""

STANDARD_ERROR: Final = 2


def lay_out(source: str, picture: PictureFormat, engine: Engine = "dot") -> bytes:
    """Place and draw a DOT document.

    Args:
        source: the document.
        picture: the format of the result.
        engine: who places the nodes.

    Raises:
        InternalError: Graphviz does not take the document.
    """
    messages: list[str] = []
    with _messages(messages):
        try:
            drawn: bytes = pygraphviz.AGraph(string=source).draw(format=picture, prog=engine)
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
