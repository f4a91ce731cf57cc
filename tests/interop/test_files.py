"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphnet.core.diagnostics import RunError
from graphnet.interop.files import replacing, write_text


def test_a_file_is_made_with_its_folders_and_ordinary_rights(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "text.csv"
    write_text(path, "one\n")
    write_text(path, "zwei, drei: \u00e4\n")
    assert path.read_bytes() == "zwei, drei: \u00e4\n".encode()
    assert [p.name for p in path.parent.iterdir()] == ["text.csv"]
    (tmp_path / "other").touch()
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    write_text(path, "old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as new:
        new.write_text("half of the ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["weights"]


def test_a_place_that_cannot_be_written_is_an_error_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match=r"cannot write .*log\.csv"):
        write_text(tmp_path / "file" / "log.csv", "text")
