"""Files from the web: checked, resumed where a download broke off, and whole or not at all."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from graphnet.core.diagnostics import RunError
from graphnet.interop.files import replacing
from graphnet.ir.data import RemoteFile

TIMEOUT: Final = 30.0
"""Seconds without a byte after which a connection is given up."""
ATTEMPTS: Final = 4
"""How often a connection to one place is tried without getting any further."""
_PAUSE: Final = 0.5
"""Seconds before the second attempt; twice as long before each one after it."""
_CHUNK: Final = 2**18
_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")

Progress = Callable[[int], None]
"""Is called with the number of bytes that are there."""


class _Failed(Exception):  # noqa: N818 - a reason on its way to a message
    """Why a place did not give a file.

    Args:
        reason: in words.
        again: whether another attempt may do better.
    """

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again


class _Mismatch(_Failed):
    """The place has another file than the one that is wanted, or what was begun is of another one."""


def is_complete(file: RemoteFile, folder: Path) -> bool:
    """Whether a file, or all that is kept of an archive, is there already."""
    if file.members:
        return all((folder / _kept_name(member)).is_file() for member in file.members)
    path = folder / file.name
    return path.is_file() and path.stat().st_size == file.size


def fetch(file: RemoteFile, folder: Path, urls: Sequence[str] = (), progress: Progress = lambda count: None) -> None:
    """Download a file into a folder, and take out of an archive what is kept.

    What was received of a file stays beside it as `NAME.part` when a download breaks off, and the next one goes on
    from there. A file only gets its name when its checksum is right.

    Args:
        file: what.
        folder: is made if need be.
        urls: folders on the web instead of the file's own.
        progress: is told how many bytes there are.

    Raises:
        RunError: no place has the whole file, or it cannot be written.
    """
    if is_complete(file, folder):
        return
    part = folder / f"{file.name}.part"
    failures = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for base in urls or file.urls:
            url = f"{base.rstrip('/')}/{file.name}"
            try:
                _receive(file, url, part, progress)
                break
            except _Failed as failed:
                failures.append(f"{url}: {failed}")
        else:
            raise RunError(
                f"cannot download {file.name}: {'; '.join(failures)}; "
                f"`--from URL` names another place, or put the file into {folder} yourself"
            )
        if file.members:
            _unpack(part, file, folder)
            part.unlink()
        else:
            part.replace(folder / file.name)
    except OSError as error:
        raise RunError(f"cannot write into {folder}: {error.strerror or error}") from None


def _receive(file: RemoteFile, url: str, part: Path, progress: Progress) -> None:
    """Get a whole file, however often the connection breaks off.

    Raises:
        _Failed: this place does not have it, or cannot be reached.
    """
    attempt, most = 0, _size(part)
    may_begin_again = most > 0
    while True:
        try:
            if _size(part) < file.size:
                _receive_rest(file, url, part, progress)
            if _size(part) < file.size:
                raise _Failed(f"the connection broke off after {_size(part):,} of {file.size:,} bytes", again=True)
            if _is_whole(file, part):
                return
            raise _Mismatch("its file is damaged, or another one: the checksum is wrong")
        except _Mismatch:
            part.unlink(missing_ok=True)
            if not may_begin_again:
                raise
            may_begin_again = False  # what was there before may be to blame
        except _Failed as failed:
            attempt = 1 if _size(part) > most else attempt + 1
            most = max(most, _size(part))
            if not failed.again or attempt >= ATTEMPTS:
                raise
            time.sleep(_PAUSE * 2 ** (attempt - 1))


def _receive_rest(file: RemoteFile, url: str, part: Path, progress: Progress) -> None:
    """Append what is missing, as far as it comes."""
    have = _size(part)
    request = urllib.request.Request(url, headers={"User-Agent": "graphnet", "Accept-Encoding": "identity"})
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            have = _start(response, have)
            with part.open("r+b" if part.exists() else "wb") as out:
                out.seek(have)
                out.truncate()
                while chunk := response.read(_CHUNK):
                    have += len(chunk)
                    if have > file.size:
                        raise _Mismatch(f"it sends more than the {file.size:,} bytes that the file has")
                    out.write(chunk)
                    progress(have)
                out.flush()
                os.fsync(out.fileno())
    except urllib.error.HTTPError as error:
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise _Mismatch(f"its file is smaller than the {file.size:,} bytes that it should have") from None
        is_temporary = error.code >= 500 or error.code in (408, 429)
        raise _Failed(f"it answers {error.code} ({error.reason})", again=is_temporary) from None
    except http.client.IncompleteRead:
        return  # `_receive` goes on from here
    except urllib.error.URLError as error:
        raise _Failed(f"it cannot be reached ({error.reason})", again=isinstance(error.reason, TimeoutError)) from None
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise _Failed(f"the connection broke off ({error or type(error).__name__})", again=True) from None


class _Response(Protocol):
    """What is asked of an answer."""

    status: int
    headers: http.client.HTTPMessage


def _start(response: _Response, wanted: int) -> int:
    """The place in the file where an answer begins."""
    if response.status != http.client.PARTIAL_CONTENT:
        return 0  # a server that knows no ranges sends everything
    found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if found is None or int(found.group(1)) != wanted:
        raise _Failed("it answers with another part of the file than was asked for")
    return wanted


def _is_whole(file: RemoteFile, part: Path) -> bool:
    """Whether what was received has the right checksum."""
    with part.open("rb") as content:
        return part.stat().st_size == file.size and hashlib.file_digest(content, "sha256").hexdigest() == file.sha256


def _unpack(archive: Path, file: RemoteFile, folder: Path) -> None:
    """Take the members of an archive out of it, each whole or not at all, without the folders that it has."""
    try:
        with tarfile.open(archive) as packed:
            for member in file.members:
                content = packed.extractfile(member)
                if content is None:
                    raise RunError(f"'{member}' in {file.name} is no file")
                with replacing(folder / _kept_name(member)) as new, new.open("wb") as out:
                    shutil.copyfileobj(content, out, _CHUNK)
    except (tarfile.TarError, EOFError, zlib.error, KeyError) as error:
        raise RunError(f"cannot unpack {file.name}: {error}") from None


def _kept_name(member: str) -> str:
    return member.rpartition("/")[2]


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
