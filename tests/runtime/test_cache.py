"""Kernels survive damage, other processes, folders that cannot be written, and callers of every kind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

from graphnet.codegen.source import KernelSource
from graphnet.core.diagnostics import InternalError
from graphnet.runtime import cache, compile_pool, machine_code
from graphnet.runtime.cache import CompiledKernel, compile_kernels, interpret_kernel, kernel_path
from graphnet.runtime.program import Program

ROOT = Path(__file__).parents[2]

TEXT = """
from graphnet.codegen.cpu.float64x2 import istore, pointer_i64

def kernel(args, worker, workers):
    istore(pointer_i64(args[1]), 0, {number})
"""


def _source(number: int) -> KernelSource:
    return KernelSource("store_number", TEXT.format(number=number))


def _result(kernel: CompiledKernel) -> int:
    y = np.zeros(1, np.int64)
    Program([kernel], [np.array([0, y.ctypes.data])], [False]).run(1)
    return int(y[0])


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRAPHNET_CACHE_DIR", str(tmp_path / "kernels"))


def test_a_kernel_is_loaded_once_in_a_process() -> None:
    first, other, again = compile_kernels([_source(1), _source(2), _source(1)])
    assert first is again and first.address != other.address
    assert compile_kernels([_source(2)]) == [other]
    assert (_result(first), _result(other)) == (1, 2)


def test_the_file_is_readable_and_names_its_digest() -> None:
    (kernel,) = compile_kernels([_source(1)])
    header, _, rest = kernel.path.read_text().partition("\n")
    assert header == f"# graphnet kernel, digest {kernel.path.parent.name}"
    assert rest == _source(1).text


def test_a_second_process_compiles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compile_kernels([_source(1)])
    monkeypatch.setattr(cache, "_loaded", {})
    monkeypatch.setattr(compile_pool, "compile_kernel", lambda path: pytest.fail(f"{path} is compiled again"))
    (kernel,) = compile_kernels([_source(1)])
    assert _result(kernel) == 1


@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_damaged_files_are_made_again(monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    (kernel,) = compile_kernels([_source(1)])
    file = kernel.path.with_suffix(".code")
    sound = file.read_bytes()
    middle = len(sound) // 2
    file.write_bytes(
        {
            "truncated": sound[:middle],
            "flipped": sound[:middle] + bytes([sound[middle] ^ 4]) + sound[middle + 1 :],
            "empty": b"",
        }[damage]
    )
    monkeypatch.setattr(cache, "_loaded", {})
    (kernel,) = compile_kernels([_source(1)])
    assert _result(kernel) == 1
    assert cache.unpack(file.read_bytes()).image  # its checksum fits again


def test_an_unwritable_folder_costs_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GRAPHNET_CACHE_DIR", str(tmp_path / "file" / "kernels"))
    with pytest.warns(RuntimeWarning, match="cannot be written .* Set GRAPHNET_CACHE_DIR"):
        (kernel,) = compile_kernels([_source(1)])
    assert _result(kernel) == 1
    with warnings.catch_warnings(action="error"):
        compile_kernels([_source(2)])


def test_digests_depend_on_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = kernel_path(_source(1))
    cache._environment_hash.cache_clear()
    monkeypatch.setenv("NUMBA_OPT", "1")
    assert kernel_path(_source(1)) != before
    cache._environment_hash.cache_clear()
    monkeypatch.undo()


def test_a_kernel_that_does_not_compile_is_our_fault() -> None:
    broken = KernelSource("broken", "def kernel(args, worker, workers):\n    undefined(args)\n")
    with pytest.raises(InternalError, match=r"(?s)compiling a kernel.*broken\.py.*undefined"):
        compile_kernels([_source(1), _source(2), broken, _source(3)])
    (kernel,) = compile_kernels([_source(1)])
    assert _result(kernel) == 1


def test_helpers_that_die_are_replaced_by_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_pool, "_helper_count", lambda kernels: 2)
    monkeypatch.setattr(compile_pool, "_WORKER", ["-c", "print('ready', flush=True); input()"])
    kernels = compile_kernels([_source(number) for number in range(6)])
    assert [_result(kernel) for kernel in kernels] == list(range(6))


@pytest.mark.parametrize("number", [3, 12])
def test_helpers_do_their_part(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """The caller waits for them, so that it does nothing at all itself."""
    monkeypatch.setattr(compile_pool, "_helper_count", lambda kernels: 1)
    started = threading.Event()
    feed = compile_pool._Helper._feed

    def compile_late(path: Path) -> machine_code.MachineCode:
        started.wait()
        return machine_code.compile_kernel(path)

    def announce(helper: compile_pool._Helper) -> None:
        feed(helper)
        started.set()

    monkeypatch.setattr(compile_pool, "compile_kernel", compile_late)
    monkeypatch.setattr(compile_pool._Helper, "_feed", announce)
    kernels = compile_kernels([_source(position) for position in range(number)])
    assert [_result(kernel) for kernel in kernels] == list(range(number))


SCRIPT = f"""
import numpy as np
from graphnet.codegen.source import KernelSource
from graphnet.runtime.cache import compile_kernels
from graphnet.runtime.program import Program
TEXT = {TEXT!r}
kernels = compile_kernels([KernelSource("store_number", TEXT.format(number=n)) for n in range(8)])
y = np.zeros(1, np.int64)
for kernel in kernels:
    Program([kernel], [np.array([0, y.ctypes.data])], [False]).run()
    print(y[0], end=" ")
"""


def test_two_scripts_from_standard_input_at_once(tmp_path: Path) -> None:
    """No main guard, no file, and both compile the same kernels."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    scripts = [
        subprocess.Popen(
            [sys.executable, "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment,
        )
        for _ in range(2)
    ]
    try:
        for script in scripts:
            output, errors = script.communicate(SCRIPT, timeout=60)
            assert output.split() == [str(n) for n in range(8)], errors
    finally:
        for script in scripts:
            script.kill()
    assert not list(tmp_path.rglob("*.part"))


def test_the_interpreter_runs_the_same_file() -> None:
    y = np.zeros(1, np.int64)
    interpret_kernel(_source(41))(np.array([0, y.ctypes.data]), 0, 1)
    assert y[0] == 41
    assert kernel_path(_source(41)).exists()
