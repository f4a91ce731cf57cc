"""Downloads from a server on this machine that sends what it should, or breaks off, lies, or is not there."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet.ops  # noqa: F401 - registers the sources
from graphnet.cli import run
from graphnet.core.diagnostics import RunError
from graphnet.interop import download
from graphnet.interop.download import fetch, is_complete
from graphnet.ir.data import RemoteFile
from graphnet.ir.definitions import SOURCES

CONTENT = np.random.default_rng(0).bytes(700_001)
DIGEST = hashlib.sha256(CONTENT).hexdigest()

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Answers each request with the next behaviour, the last one again and again."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviours: list[Behaviour] = [whole()]
        self.requests: list[tuple[str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/files"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no matter for standard error."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append((self.path, self.headers.get("Range")))
        behaviours = self.server.behaviours
        (behaviours.pop(0) if len(behaviours) > 1 else behaviours[0])(self)

    def log_message(self, *_: Any) -> None:
        """Standard error is for failures."""


def whole(content: bytes = CONTENT, *, ranges: bool = True, send: int | None = None, shift: int = 0) -> Behaviour:
    """Sends a file, or the part that was asked for.

    Args:
        content: of the file.
        ranges: whether parts are known at all.
        send: bytes after which the connection breaks off.
        shift: how far the part that is sent lies from the one that was asked for.
    """

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range") or "")
        start = int(asked.group(1)) + shift if asked and ranges else 0
        if asked and ranges and start >= len(content):
            request.send_error(416)
            return
        body = content[start:]
        request.send_response(206 if asked and ranges else 200)
        if asked and ranges:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[:send])

    return answer


def error(code: int) -> Behaviour:
    return lambda request: request.send_error(code)


def hang_up(request: BaseHTTPRequestHandler) -> None:
    request.connection.close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(download, "_PAUSE", 0.0)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def file_at(*urls: str, name: str = "data.bin", content: bytes = CONTENT, members: tuple[str, ...] = ()) -> RemoteFile:
    return RemoteFile(name, len(content), hashlib.sha256(content).hexdigest(), urls, members)


def test_a_file_is_downloaded_once(server: Server, tmp_path: Path) -> None:
    file = file_at(server.url)
    told: list[int] = []
    assert not is_complete(file, tmp_path / "new" / "data")
    fetch(file, tmp_path / "new" / "data", progress=told.append)
    assert (tmp_path / "new" / "data" / "data.bin").read_bytes() == CONTENT
    assert is_complete(file, tmp_path / "new" / "data")
    assert sorted(told) == told
    assert told[-1] == len(CONTENT)
    fetch(file, tmp_path / "new" / "data")
    assert server.requests == [("/files/data.bin", None)]


def test_a_connection_that_breaks_off_goes_on_where_it_was(server: Server, tmp_path: Path) -> None:
    server.behaviours = [whole(send=100_000), hang_up, error(503), whole(send=300_000), whole()]
    fetch(file_at(server.url), tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert [asked for _, asked in server.requests] == [None, *["bytes=100000-"] * 3, "bytes=400000-"]
    assert [path.name for path in tmp_path.iterdir()] == ["data.bin"]


def test_another_run_goes_on_where_the_first_one_gave_up(server: Server, tmp_path: Path) -> None:
    server.behaviours = [whole(send=123_456), hang_up]
    with pytest.raises(RunError, match=r"cannot download data.bin: http://.*: the connection broke off") as caught:
        fetch(file_at(server.url), tmp_path)
    assert "`--from URL` names another place" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["data.bin.part"]
    assert len(server.requests) == download.ATTEMPTS
    server.requests.clear()
    server.behaviours = [whole()]
    fetch(file_at(server.url), tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert server.requests == [("/files/data.bin", "bytes=123456-")]


def test_a_server_without_ranges_sends_everything_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin.part").write_bytes(CONTENT[:5000])
    server.behaviours = [whole(ranges=False)]
    fetch(file_at(server.url), tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_a_whole_part_needs_no_connection(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin.part").write_bytes(CONTENT)
    fetch(file_at(server.url), tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert server.requests == []


@pytest.mark.parametrize(
    "part", [b"x" * 5000, CONTENT[1:] + b"x", CONTENT + b"xyz"], ids=["begun", "whole", "too long"]
)
def test_a_part_of_something_else_is_replaced(part: bytes, server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.bin.part").write_bytes(part)
    fetch(file_at(server.url), tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert len(server.requests) <= 2


@pytest.mark.parametrize(
    ("behaviours", "words", "requests"),
    [
        ([error(404)], r"it answers 404 \(Not Found\)", 1),
        ([error(403)], r"it answers 403 \(Forbidden\)", 1),
        ([error(500)], r"it answers 500 \(Internal Server Error\)", download.ATTEMPTS),
        ([hang_up], "the connection broke off", download.ATTEMPTS),
        ([whole(b"?" + CONTENT[1:])], "its file is damaged, or another one: the checksum is wrong", 1),
        ([whole(CONTENT + b"!")], "it sends more than the 700,001 bytes", 1),
        ([whole(CONTENT[:-1])], "its file is smaller than the 700,001 bytes that it should have", 2),
        ([whole(send=9), whole(shift=1)], "another part of the file than was asked for", 2),
        ([whole(send=9), whole(b"?" * len(CONTENT))], "the checksum is wrong", 2),
    ],
)
def test_what_is_wrong_is_said_and_nothing_gets_the_name(
    behaviours: list[Behaviour], words: str, requests: int, server: Server, tmp_path: Path
) -> None:
    server.behaviours = behaviours
    with pytest.raises(RunError, match=words):
        fetch(file_at(server.url), tmp_path)
    assert not (tmp_path / "data.bin").exists()
    assert len(server.requests) == requests
    server.behaviours = [whole()]
    fetch(file_at(server.url), tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_other_places_are_tried_in_turn(server: Server, tmp_path: Path) -> None:
    gone = "http://127.0.0.1:9/gone"
    fetch(file_at(gone, server.url), tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    server.behaviours = [error(404)]
    with pytest.raises(RunError, match=r"(?s)gone/data.bin: it cannot be reached.*files/data.bin: it answers 404"):
        fetch(file_at(gone, server.url), tmp_path / "again")


def test_a_server_that_falls_silent_is_given_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TIMEOUT", 0.05)
    monkeypatch.setattr(download, "ATTEMPTS", 2)
    release = threading.Event()
    server.behaviours = [lambda request: release.wait(10) and None]
    try:
        with pytest.raises(RunError, match=r"cannot download data\.bin"):
            fetch(file_at(server.url), tmp_path)
    finally:
        release.set()
    assert len(server.requests) == 2


def test_a_folder_that_cannot_be_made_is_an_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="cannot write into"):
        fetch(file_at(server.url), tmp_path / "file" / "data")


# -- archives ----------------------------------------------------------------------------------------------------


def archive(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"folder/{name}.bin")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def test_of_an_archive_only_what_is_needed_is_kept(server: Server, tmp_path: Path) -> None:
    content = archive(a=b"first", b=b"second", c=b"third")
    file = file_at(server.url, name="all.tar.gz", content=content, members=("folder/a.bin", "folder/c.bin"))
    server.behaviours = [whole(content)]
    fetch(file, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.bin": b"first", "c.bin": b"third"}
    assert is_complete(file, tmp_path)
    (tmp_path / "c.bin").unlink()
    assert not is_complete(file, tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (archive(a=b"1"), "cannot unpack all.tar.gz: .*folder/c.bin"),
        (archive(a=b"1", c=np.random.default_rng(0).bytes(9000))[:5000], "cannot unpack all.tar.gz"),
        (gzip.compress(b"no archive"), "cannot unpack all.tar.gz"),
    ],
    ids=["incomplete", "cut", "none"],
)
def test_broken_archives_are_refused(content: bytes, words: str, server: Server, tmp_path: Path) -> None:
    file = file_at(server.url, name="all.tar.gz", content=content, members=("folder/a.bin", "folder/c.bin"))
    server.behaviours = [whole(content)]
    with pytest.raises(RunError, match=words):
        fetch(file, tmp_path)
    assert not is_complete(file, tmp_path)
    assert not list(tmp_path.glob("*.new"))


# -- the command -------------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A data set of one small file in place of MNIST's, in an empty folder for data."""
    monkeypatch.setenv("GRAPHNET_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(SOURCES["mnist"], "files", (file_at("http://127.0.0.1:9/gone"),))
    return server.url


def test_the_command_lists_downloads_and_is_done(
    tiny: str, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("mnist", "fashion_mnist", "cifar10", "cifar100", str(tmp_path / "data")))
    assert "is there" not in listed
    assert run(["data", "mnist"]) == 1
    assert "it cannot be reached" in capsys.readouterr().err
    assert run(["data", "mnist", "--from", tiny]) == 0
    assert capsys.readouterr().out == f"mnist is in {tmp_path / 'data' / 'mnist'}\n"
    assert (tmp_path / "data" / "mnist" / "data.bin").read_bytes() == CONTENT
    assert run(["data", "mnist"]) == 0
    assert "already" in capsys.readouterr().out
    assert run(["data"]) == 0
    assert "is there" in capsys.readouterr().out
    assert len(server.requests) == 1


def test_the_command_puts_files_where_it_is_told(tiny: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "mnist", "--from", tiny, "--to", str(tmp_path / "here")]) == 0
    assert f"`path: {tmp_path / 'here'}`" in capsys.readouterr().out
    assert (tmp_path / "here" / "data.bin").exists()
    assert run(["data", "mnist", "--from", tiny, "--to", str(tmp_path / "there"), "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_the_files_of_data_sets_have_checksums_and_secure_places() -> None:
    files = [file for source in SOURCES.values() for file in source.files]
    assert len(files) == 10
    assert len({file.sha256 for file in files}) == 10
    for file in files:
        assert re.fullmatch("[0-9a-f]{64}", file.sha256)
        assert file.urls[0].startswith("https://")
