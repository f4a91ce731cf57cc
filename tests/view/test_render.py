"""Files: formats, errors, and that nothing is left behind."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from graphnet.core.diagnostics import InternalError, RunError, SpecError
from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.view.layout import lay_out
from graphnet.view.render import draw, drawing_format, drawing_stage, render

STARTS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph"}


@pytest.mark.parametrize("ending", STARTS)
def test_the_ending_says_the_format(lenet: Graph, tmp_path: Path, ending: str) -> None:
    ordinary = tmp_path / "ordinary"
    ordinary.touch()
    path = render(lenet, tmp_path / f"picture.{ending}")
    assert path.read_bytes().startswith(STARTS[ending])
    assert path.stat().st_mode == ordinary.stat().st_mode
    assert set(tmp_path.iterdir()) == {path, ordinary}, "no temporary file is left"


def test_endings_may_be_in_capitals() -> None:
    assert drawing_format("PICTURE.PNG") == "png"


def test_a_picture_holds_the_layers(lenet: Graph, tmp_path: Path) -> None:
    root = ElementTree.parse(render(lenet, str(tmp_path / "lenet.svg"))).getroot()
    words = " ".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))
    for expected in ("lenet", "image", "input 1×19×17", "conv2d", "tanh", "5×17×15", "5×8×7", "280", "cross_entropy"):
        assert expected in words


@pytest.mark.parametrize(
    ("name", "found"), [("picture.jpg", ".jpg"), ("picture", "no ending"), ("pictures/v1.2", ".2"), ("", "no ending")]
)
def test_other_endings_are_refused(lenet: Graph, name: str, found: str) -> None:
    with pytest.raises(SpecError) as caught:
        render(lenet, name)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.found == found
    assert diagnostic.expected == "a file ending in .svg, .png, .pdf, .dot"


def test_an_unknown_stage_gets_a_hint(lenet: Graph, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no stage 'trainning' to draw") as caught:
        render(lenet, tmp_path / "x.svg", stage="trainning")
    assert caught.value.diagnostics[0].hint == "did you mean 'training'?"
    assert not list(tmp_path.iterdir())
    assert drawing_stage("memory") == "memory"


def test_a_folder_that_is_not_there_is_the_users_to_mend(lenet: Graph, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"cannot write .*No such file or directory"):
        render(lenet, tmp_path / "missing" / "x.dot")


def test_a_failed_write_leaves_the_old_drawing(lenet: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = render(lenet, tmp_path / "x.dot")
    before = path.read_text()
    other = loads("graphnet: 1\nname: other\ninputs: {x: [3]}\nlayers: [{linear: 2}]\n").graph

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match="No space left on device"):
        render(other, path)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_stage_draws_its_own_type_only(lenet: Graph) -> None:
    with pytest.raises(InternalError, match="stage memory does not draw a Graph"):
        draw(lenet, "memory")


def test_what_graphviz_refuses_is_our_fault(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InternalError, match="drawing"):
        lay_out("digraph { a [label=<<B>open>] }", "svg")
    with pytest.raises(InternalError, match="drawing"):
        lay_out("digraph {", "svg")
    assert capfd.readouterr().err == ""
