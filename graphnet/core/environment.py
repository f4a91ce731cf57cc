"""The environment variables that graphnet reads.

| variable | meaning | default |
|---|---|---|
| `GRAPHNET_CACHE_DIR` | folder of compiled kernels | `graphnet` in the user's cache folder |
| `GRAPHNET_DATA_DIR` | folder of downloaded data sets | `graphnet` in the user's data folder |
| `GRAPHNET_DEBUG` | 1 timings, 2 summary, 3 graph after every pass, 4 kernel sources | 0 |
| `GRAPHNET_DUMP` | folder that receives numbered files, one for each stage | none |
| `GRAPHNET_THREADS` | most workers that run a step | all usable cores |
| `GRAPHNET_COMPILERS` | most processes that compile kernels at once | all usable cores |
| `GRAPHNET_LANES_BITS` | widest vectors to generate: 512, 256 or 128 | what the machine has |

They are read when they are needed, so a test may set them at any time before it compiles.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from graphnet.core.diagnostics import RunError


def cache_directory() -> Path:
    """The folder of compiled kernels, which need not exist yet."""
    return _directory("GRAPHNET_CACHE_DIR", "Library/Caches", "XDG_CACHE_HOME", ".cache")


def data_directory() -> Path:
    """The folder of downloaded data sets, each in a folder of its own, which need not exist yet."""
    return _directory("GRAPHNET_DATA_DIR", "Library/Application Support", "XDG_DATA_HOME", ".local/share")


def debug_level() -> int:
    """How much to report about a compilation, 0 to 4."""
    return _integer("GRAPHNET_DEBUG") or 0


def dump_directory() -> Path | None:
    """Where to write what each stage made, if anywhere."""
    chosen = os.environ.get("GRAPHNET_DUMP")
    return Path(chosen).expanduser() if chosen else None


def threads_limit() -> int | None:
    """The most workers that the user allows, if the user said so."""
    return _count("GRAPHNET_THREADS", "at least one worker must run")


def compilers_limit() -> int | None:
    """The most processes that compile kernels at once, if the user said so."""
    return _count("GRAPHNET_COMPILERS", "at least one process must compile")


def lanes_bits() -> int | None:
    """The widest vectors to generate in bits, if the user said so."""
    bits = _integer("GRAPHNET_LANES_BITS")
    if bits not in (None, 128, 256, 512):
        raise RunError(f"GRAPHNET_LANES_BITS is {bits}: it must be 128, 256 or 512")
    return bits


def _count(name: str, reason: str) -> int | None:
    count = _integer(name)
    if count is not None and count < 1:
        raise RunError(f"{name} is {count}: {reason}")
    return count


def _directory(variable: str, on_mac: str, xdg_variable: str, elsewhere: str) -> Path:
    """The folder that a variable says, or `graphnet` in one that the system has for such things.

    Args:
        variable: of graphnet's.
        on_mac: folder in the user's home on macOS.
        xdg_variable: of the XDG base directory specification, which holds on other systems.
        elsewhere: folder in the user's home where that variable is not set.
    """
    chosen = os.environ.get(variable)
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        base = Path(local) if local else Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / on_mac
    else:
        home = os.environ.get(xdg_variable)
        base = Path(home) if home else Path.home() / elsewhere
    return base / "graphnet"


def _integer(name: str) -> int | None:
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise RunError(f"{name} is {text!r}: it must be a whole number") from None
