"""Compile several kernels at once.

Numba compiles under a global lock, so parallel compilation needs processes. They are started as
`python -m graphnet.runtime.compile_worker` and never import the caller's `__main__`: it works from a notebook, from
standard input, and from scripts without a main guard, where `multiprocessing` would not. The caller compiles as well,
in its own process, which already has everything imported; a helper that is late finds nothing left to do.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import graphnet.core
from graphnet.core.diagnostics import InternalError
from graphnet.core.environment import compilers_limit
from graphnet.runtime.cores import usable_cores
from graphnet.runtime.machine_code import MachineCode, compile_kernel

_ROOT = Path(graphnet.core.__file__).parents[2]
_WORKER = ["-m", "graphnet.runtime.compile_worker"]


def compile_files(paths: Sequence[Path]) -> Iterator[tuple[Path, MachineCode]]:
    """Compile kernels' files, in any order.

    Raises:
        InternalError: a kernel does not compile; names its file.
    """
    waiting: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for path in paths:
        waiting.put(path)
    done: queue.SimpleQueue[tuple[Path, MachineCode]] = queue.SimpleQueue()
    helpers = [_Helper(waiting, done) for _ in range(_helper_count(len(paths)))]
    try:
        for helper in helpers:
            helper.start()
        while (own := _next(waiting)) is not None:
            done.put((own, _compile(own)))
        for helper in helpers:
            helper.finish()
    finally:
        for helper in helpers:
            helper.stop()
    while not done.empty():
        yield done.get()


def _helper_count(kernels: int) -> int:
    """Helpers beside this process: a process takes as long to start as one or two kernels take to compile."""
    most = compilers_limit() or usable_cores()
    return 0 if kernels <= 2 else max(0, min(most - 1, kernels // 2))


def _next(waiting: queue.SimpleQueue[Path]) -> Path | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None


def _compile(path: Path) -> MachineCode:
    try:
        return compile_kernel(path)
    except Exception as error:
        raise InternalError("compiling a kernel", f"{path}: {error}") from error


class _Helper:
    """A process that compiles, and the thread that hands it one file at a time."""

    def __init__(self, waiting: queue.SimpleQueue[Path], done: queue.SimpleQueue[tuple[Path, MachineCode]]) -> None:
        self._waiting, self._done = waiting, done
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._current: Path | None = None
        self._taking = threading.Lock()  # a file is either waiting, or somebody's current one

    def start(self) -> None:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, *_WORKER],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._thread.start()

    def finish(self) -> None:
        """Wait for the file in work, if there is one; compile it here should the process have died."""
        with self._taking:
            if self._current is None:
                return
        self._thread.join()
        if (path := self._current) is not None:
            self._done.put((path, _compile(path)))

    def stop(self) -> None:
        """End the process; it holds nothing of value."""
        if hasattr(self, "_process"):
            self._process.kill()
            self._process.wait()

    def _feed(self) -> None:
        assert self._process.stdin and self._process.stdout
        ready = self._process.stdout.readline()
        if not ready:
            return
        with contextlib.suppress(OSError, ValueError):
            while (path := self._take()) is not None:
                self._process.stdin.write(json.dumps(str(path)).encode() + b"\n")
                self._process.stdin.flush()
                symbol, size = json.loads(self._process.stdout.readline())
                self._done.put((path, MachineCode(symbol, self._process.stdout.read(size))))

    def _take(self) -> Path | None:
        with self._taking:
            self._current = _next(self._waiting)
            return self._current
