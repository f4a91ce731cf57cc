"""NumPy's files, mapped into memory where that is possible: then only what is used is read."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from graphnet.core.diagnostics import RunError, nearest
from graphnet.ir.data import Array, Demand, misfit

_MAPPED: Final = 64 * 2**20
"""Bytes from which on an array is mapped rather than read."""
_LOCAL_HEADER: Final = struct.Struct("<4s22xHH")
"""Of a file in a zip archive: a signature, and the lengths of its name and of the extra field that follow."""
_SIGNATURE: Final = b"PK\x03\x04"
_ONE_ARRAY: Final = b"\x93NUMPY"
"""How an `.npy` file begins."""


def stored_names(demand: Demand, names: Mapping[str, str]) -> dict[str, str]:
    """The name that each array of a network has in the files.

    Args:
        demand: what the network takes.
        names: the files' names for its inputs and targets, where they differ.

    Raises:
        SpecError: the network has no such input or target.
    """
    known = {slot.name for slot in demand.slots}
    for name in names:
        if name not in known:
            close = nearest(name, known)
            raise misfit(
                f"the network takes no '{name}'", expected=f"names of {demand}", found=f"names: {dict(names)}",
                hint=f"did you mean `{close}`?" if close else None,
            )  # fmt: skip
    return {slot.name: names.get(slot.name, slot.name) for slot in demand.slots}


def open_array(path: Path) -> Array:
    """The array of an `.npy` file; a large one is mapped.

    Raises:
        RunError: there is no such file, or it holds no plain array.
    """
    try:
        is_large = path.stat().st_size >= _MAPPED
        loaded = np.load(path, mmap_mode="r" if is_large else None, allow_pickle=False)
        if not isinstance(loaded, np.ndarray):
            raise RunError(f"{path} is an archive of arrays; the source `npz` reads those")
        return loaded
    except FileNotFoundError:
        raise RunError(f"there is no data file {path}") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"cannot read {path} as an .npy file of a plain array: {error}") from None


class ArrayArchive:
    """An open `.npz` file.

    Args:
        path: of the file.

    Raises:
        RunError: there is no such file, or it is no archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                if file.read(len(_ONE_ARRAY)) == _ONE_ARRAY:
                    raise RunError(f"{path} holds a single array; an .npz file holds several by name")
                entries = zipfile.ZipFile(file).infolist()
            self._entries = {entry.filename.removesuffix(".npy"): entry for entry in entries}
        except FileNotFoundError:
            raise RunError(f"there is no data file {path}") from None
        except (OSError, zipfile.BadZipFile) as error:
            raise RunError(f"cannot read {path} as an .npz file of plain arrays: {error}") from None

    @property
    def names(self) -> list[str]:
        return list(self._entries)

    def array(self, name: str) -> Array:
        """One of the arrays; a large one that is not compressed is mapped.

        Raises:
            RunError: it is damaged, or no plain array.
        """
        entry = self._entries[name]
        try:
            with self._path.open("rb") as file:
                if entry.compress_type == zipfile.ZIP_STORED and entry.file_size >= _MAPPED:
                    return _mapped(self._path, file, entry)
                with zipfile.ZipFile(file) as archive, archive.open(entry) as content:
                    return np.asarray(np.lib.format.read_array(content, allow_pickle=False))
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, struct.error) as error:
            raise RunError(f"cannot read {self._path} as an .npz file of plain arrays: {error}") from None


def _mapped(path: Path, file: BinaryIO, entry: zipfile.ZipInfo) -> Array:
    """An array that lies uncompressed in an archive."""
    file.seek(entry.header_offset)
    signature, name_size, extra_size = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    if signature != _SIGNATURE:
        raise zipfile.BadZipFile(f"no entry where '{entry.filename}' should be")
    file.seek(name_size + extra_size, 1)
    version = np.lib.format.read_magic(file)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in read_header:
        raise ValueError(f"version {version} of NumPy's format")
    shape, fortran_order, dtype = read_header[version](file)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    return np.memmap(path, dtype, "r", file.tell(), shape, "F" if fortran_order else "C")
