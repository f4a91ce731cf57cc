"""The command line, called in this process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graphnet.cli import run

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command in a wide terminal; gives its exit status, standard output and standard error."""
    monkeypatch.setenv("COLUMNS", "200")

    def called(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run([str(a) for a in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return called
