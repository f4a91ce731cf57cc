"""Draw any stage of a compilation into a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final, Literal, get_args

from graphnet.core.diagnostics import Diagnostic, InternalError, RunError, SpecError, nearest
from graphnet.ir.graph import Graph
from graphnet.ir.schedule import FusedGraph, Schedule
from graphnet.view.drawing import Drawing
from graphnet.view.fused import draw_fused
from graphnet.view.memory import draw_memory
from graphnet.view.network import draw_network
from graphnet.view.training import draw_training

Stage = Literal["graph", "training", "fused", "memory"]
DrawingFormat = Literal["svg", "png", "pdf", "dot"]

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
FORMATS: Final[tuple[DrawingFormat, ...]] = get_args(DrawingFormat)


def render(subject: Graph | FusedGraph | Schedule, path: str | Path, stage: str = "graph", fold: bool = True) -> Path:
    """Draw what a stage made.

    Args:
        subject: a network's graph (stage `graph`), a differentiated one (`training`), a fused one (`fused`), or a
            schedule (`memory`).
        path: the file to write; its ending says how: svg, png, pdf, or dot for Graphviz's text.
        stage: what the drawing is to show.
        fold: draw repeated blocks once, and a layer's gradient, or its kernels, as one box.

    Returns:
        the path of the drawing.

    Raises:
        SpecError: there is no such stage, or nothing is drawn in files of this ending.
        RunError: the file cannot be written.
    """
    picture = drawing_format(path)
    drawing = draw(subject, drawing_stage(stage), fold)
    content = drawing.source.encode() if picture == "dot" else drawing.picture(picture)
    return _write(Path(path), content)


def draw(subject: Graph | FusedGraph | Schedule, stage: Stage, fold: bool = True) -> Drawing:
    """The drawing of a stage."""
    match stage, subject:
        case "graph", Graph():
            return draw_network(subject, fold)
        case "training", Graph():
            return draw_training(subject, fold)
        case "fused", FusedGraph():
            return draw_fused(subject, fold)
        case "memory", Schedule():
            return draw_memory(subject)
    raise InternalError("drawing", f"stage {stage} does not draw a {type(subject).__name__}")


def drawing_stage(name: str) -> Stage:
    """The stage of this name.

    Raises:
        SpecError: there is none.
    """
    for stage in STAGES:
        if stage == name:
            return stage
    likely = nearest(name, STAGES)
    hint = f"did you mean '{likely}'?" if likely else None
    message = f"there is no stage '{name}' to draw"
    raise SpecError(Diagnostic("stage", message, expected=", ".join(STAGES), found=name, hint=hint))


def drawing_format(path: str | Path) -> DrawingFormat:
    """How to write a drawing, by the file's ending.

    Raises:
        SpecError: nothing is drawn in files of this ending.
    """
    ending = Path(path).suffix.lower().removeprefix(".")
    for picture in FORMATS:
        if picture == ending:
            return picture
    expected = f"a file ending in {', '.join(f'.{picture}' for picture in FORMATS)}"
    found = f".{ending}" if ending else "no ending"
    hint = f"call it '{Path(path).with_suffix('.svg').name}'" if Path(path).name else None
    raise SpecError(Diagnostic("format", f"cannot draw into '{path}'", expected=expected, found=found, hint=hint))


def _write(path: Path, content: bytes) -> Path:
    """Replace a file in one step, so that nobody sees half a drawing."""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise RunError(f"cannot write '{path}': {problem.strerror or problem}") from None
    return path


def _umask() -> int:
    """The permissions that new files are to go without. It can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
