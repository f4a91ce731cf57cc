"""Compiled kernels, kept in memory for the process and on disk for the next one.

    <cache>/<digest>/<name>.py     the kernel's source, with the digest in its first line
    <cache>/<digest>/<name>.code   checksum, symbol, object file

The digest covers everything that the machine code depends on: the text, the primitives' sources, the CPU and its
features, the versions of Numba and LLVM, and Numba's environment variables. Files are replaced atomically, so any
number of processes may share the folder; a file that is damaged in any way is deleted and made again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import llvmlite
import numba
import numpy as np
from llvmlite import binding
from numpy.typing import NDArray

from graphnet.codegen.cpu.vocabulary import SOURCES
from graphnet.codegen.source import KernelSource
from graphnet.core.environment import cache_directory
from graphnet.runtime import machine_code
from graphnet.runtime.compile_pool import compile_files
from graphnet.runtime.machine_code import MachineCode

_CHECKSUM = 32
_IRRELEVANT = ("NUMBA_CACHE_DIR", "NUMBA_NUM_THREADS")


@dataclass(frozen=True)
class CompiledKernel:
    """A kernel that is ready to be called, as `void(int64 *args, int64 worker, int64 workers)`.

    Attributes:
        address: where it lies in this process, valid until the process ends.
        path: its source file.
    """

    source: KernelSource
    path: Path
    address: int


_loaded: dict[Path, CompiledKernel] = {}
_lock = threading.Lock()


def compile_kernels(sources: Sequence[KernelSource]) -> list[CompiledKernel]:
    """Compile kernels, or load those that were compiled before; equal ones once.

    Raises:
        InternalError: a kernel does not compile.
    """
    paths = [kernel_path(source) for source in sources]
    wanted = dict(zip(paths, sources, strict=True))
    with _lock:
        missing = {path: source for path, source in wanted.items() if path not in _loaded and not _load(path, source)}
        for path, source in missing.items():
            _write_source(path, source)
        for path, code in compile_files(list(missing)):
            write_atomically(_code_path(path), pack(code))
            _loaded[path] = CompiledKernel(wanted[path], path, machine_code.load(code))
        return [_loaded[path] for path in paths]


def interpret_kernel(source: KernelSource) -> Callable[[NDArray[np.int64], int, int], None]:
    """The same file, uncompiled, as a function of (args, worker, workers)."""
    path = kernel_path(source)
    if not path.exists():
        _write_source(path, source)
    return machine_code.interpret(path)


def kernel_path(source: KernelSource) -> Path:
    """Where a kernel's source file belongs."""
    return _usable_directory(cache_directory()) / _digest(source) / f"{source.name}.py"


def pack(code: MachineCode) -> bytes:
    """Machine code as it is kept in a file."""
    content = code.symbol.encode() + b"\n" + code.image
    return hashlib.sha256(content).digest() + content


def unpack(packed: bytes) -> MachineCode:
    """The inverse of `pack`.

    Raises:
        ValueError: the checksum does not fit.
    """
    checksum, content = packed[:_CHECKSUM], packed[_CHECKSUM:]
    if hashlib.sha256(content).digest() != checksum:
        raise ValueError("damaged machine code")
    symbol, _, image = content.partition(b"\n")
    return MachineCode(symbol.decode(), image)


def write_atomically(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that readers see the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _load(path: Path, source: KernelSource) -> bool:
    """Load a kernel from disk if it is there and sound."""
    try:
        address = machine_code.load(unpack(_code_path(path).read_bytes()))
    except FileNotFoundError:
        return False
    except (OSError, ValueError, RuntimeError):
        _code_path(path).unlink(missing_ok=True)
        return False
    _loaded[path] = CompiledKernel(source, path, address)
    return True


def _code_path(path: Path) -> Path:
    return path.with_suffix(".code")


def _write_source(path: Path, source: KernelSource) -> None:
    header = f"# graphnet kernel, digest {path.parent.name}\n"
    write_atomically(path, (header + source.text).encode())


def _digest(source: KernelSource) -> str:
    hasher = _environment_hash().copy()
    hasher.update(repr((source.name, source.text)).encode())
    return hasher.hexdigest()[:24]


@cache
def _environment_hash() -> hashlib._Hash:
    """The part of every digest that is the same for all kernels."""
    files = (*SOURCES, Path(machine_code.__file__), Path(__file__))
    sources = [(path.name, path.read_text(encoding="utf-8")) for path in files]
    settings = sorted(
        (name, value) for name, value in os.environ.items() if name.startswith("NUMBA_") and name not in _IRRELEVANT
    )
    facts = (
        sources,
        binding.get_host_cpu_name(),
        binding.get_host_cpu_features().flatten(),
        (numba.__version__, llvmlite.__version__, binding.llvm_version_info, _graphnet_version()),
        settings,
    )
    return hashlib.sha256(repr(facts).encode())


def _graphnet_version() -> str:
    try:
        return metadata.version("graphnet")
    except metadata.PackageNotFoundError:  # run from a checkout: the sources above say enough
        return "checkout"


@cache
def _usable_directory(wanted: Path) -> Path:
    """The cache folder, or a temporary one where it cannot be written."""
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError as error:
        fallback = Path(tempfile.mkdtemp(prefix="graphnet-"))
        warnings.warn(
            f"the kernel cache {wanted} cannot be written ({error}); this process keeps its kernels in {fallback}. "
            "Set GRAPHNET_CACHE_DIR to a writable folder.",
            RuntimeWarning,
            stacklevel=2,
        )
        return fallback
