"""Programs: order, tickets, barriers, threads, forks, interrupts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from graphnet.codegen.source import KernelSource
from graphnet.core.diagnostics import InternalError
from graphnet.runtime import cores, program, workers
from graphnet.runtime.cache import compile_kernels, interpret_kernel
from graphnet.runtime.program import InterpretedProgram, Program

ROOT = Path(__file__).parents[2]

# y[task] = x[(task + 1) % n] + 1: every task reads what another task of the kernel before wrote
STEP = KernelSource(
    "rotate_and_add",
    """
from graphnet.codegen.cpu.float64x2 import iload, istore, next_task, pointer_i64

def kernel(args, worker, workers):
    x = pointer_i64(args[1])
    y = pointer_i64(args[2])
    n = args[3]
    task = next_task(args[0])
    while task < n:
        istore(y, task, iload(x, (task + 1) % n) + 1)
        task = next_task(args[0])
""",
)
KERNELS, N = 40, 37


class Rotation:
    """A program that rotates and adds many times, and what must come out."""

    def __init__(self, compiled: bool = True) -> None:
        self.x, self.y = np.arange(N, dtype=np.int64), np.zeros(N, np.int64)
        pair = (self.x.ctypes.data, self.y.ctypes.data)
        rows = [np.array([0, *pair[:: 1 - 2 * (k % 2)], N]) for k in range(KERNELS)]
        names = [f"step {k}" for k in range(KERNELS)]
        if compiled:
            self.program: program.Runnable = Program(compile_kernels([STEP]) * KERNELS, rows, [True] * KERNELS, names)
        else:
            self.program = InterpretedProgram([interpret_kernel(STEP)] * KERNELS, rows, [True] * KERNELS, names)

    def check(self, runs: int) -> None:
        want = np.roll(np.arange(N), -KERNELS * runs) + KERNELS * runs
        np.testing.assert_array_equal(self.x, want)


@pytest.fixture(autouse=True)
def _many_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """More workers than cores, where every barrier must yield, are the hardest case."""
    monkeypatch.setattr(program, "default_workers", lambda: 3)


@pytest.mark.parametrize("count", [1, 2, 3, None])
def test_every_step_gives_the_same_result(count: int | None) -> None:
    rotation = Rotation()
    for run in range(1, 21):
        rotation.program.run(count)
        rotation.check(run)


def test_the_number_of_workers_may_change_between_steps() -> None:
    rotation = Rotation()
    for run in range(1, 13):
        rotation.program.run(run % 3 + 1)
    rotation.check(12)


def test_interpreted_programs_do_the_same() -> None:
    rotation = Rotation(compiled=False)
    rotation.program.run()
    rotation.program.run(4)
    rotation.check(2)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_profiles_have_one_time_for_each_kernel(compiled: bool, count: int) -> None:
    rotation = Rotation(compiled)
    times = rotation.program.run_profiled(count, steps=4)
    rotation.check(4)
    assert rotation.program.names[3] == "step 3"
    assert len(times) == KERNELS and sum(times) > 0 and min(times) >= 0


def test_threads_share_the_pool() -> None:
    rotations = [Rotation() for _ in range(3)]

    def work(rotation: Rotation) -> None:
        for _ in range(10):
            rotation.program.run(2)

    threads = [threading.Thread(target=work, args=(rotation,)) for rotation in rotations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for rotation in rotations:
        rotation.check(10)


def test_threads_share_one_program() -> None:
    rotation = Rotation()
    threads = [threading.Thread(target=rotation.program.run, args=(count,)) for count in (1, 2, 3, 2, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rotation.check(5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_has_workers_of_its_own() -> None:
    rotation = Rotation()
    rotation.program.run(3)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            rotation.program.run(3)
            rotation.check(2)
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    rotation.program.run(3)
    rotation.check(2)


INTERRUPTED = """
import os, signal, sys, threading, time
sys.path.insert(0, {tests!r})
from graphnet.runtime import program
from test_program import Rotation

def interrupt(number, frame):
    while frame is not None:
        if frame.f_code is program.Program.run.__code__:
            raise KeyboardInterrupt
        frame = frame.f_back

def disturb():
    while time.monotonic() < stop:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.0005)

signal.signal(signal.SIGINT, interrupt)
program.default_workers = lambda: 3
rotation, seen = Rotation(), 0
stop = time.monotonic() + 1.5
threading.Thread(target=disturb, daemon=True).start()
while time.monotonic() < stop + 0.1:
    try:
        rotation.program.run(3)
    except KeyboardInterrupt:
        seen += 1
print(seen)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are delivered otherwise")
def test_interrupts_between_steps_leave_a_usable_program() -> None:
    """A worker left alone at a barrier would hang the process."""
    script = INTERRUPTED.format(tests=str(Path(__file__).parent))
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10


def test_argument_rows_are_checked() -> None:
    kernels = compile_kernels([STEP])
    with pytest.raises(InternalError, match="int64"):
        Program(kernels, [np.zeros(4, np.int32)], [False])  # type: ignore[arg-type]
    with pytest.raises(InternalError, match="argument rows"):
        Program(kernels, [], [False])


def test_an_empty_program_runs() -> None:
    Program([], [], []).run(2)
    assert Program([], [], []).run_profiled() == []


def test_workers_are_limited_by_affinity_quota_and_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    group = tmp_path / "cgroup" / "a" / "b"
    group.mkdir(parents=True)
    membership = tmp_path / "membership"
    membership.write_text("0::/a/b\n")
    (group / "cpu.max").write_text("max 100000\n")
    assert cores._cgroup_quota(membership, tmp_path / "cgroup") is None
    (group.parent / "cpu.max").write_text("250000 100000\n")
    assert cores._cgroup_quota(membership, tmp_path / "cgroup") == 2.5
    old = tmp_path / "cgroup" / "cpu" / "c"
    old.mkdir(parents=True)
    membership.write_text("4:cpu,cpuacct:/c\n7:memory:/d\n")
    (old / "cpu.cfs_quota_us").write_text("50000\n")
    (old / "cpu.cfs_period_us").write_text("100000\n")
    assert cores._cgroup_quota(membership, tmp_path / "cgroup") == 0.5
    monkeypatch.setattr(workers, "usable_cores", lambda: 8)
    monkeypatch.delenv("GRAPHNET_THREADS", raising=False)
    assert workers.default_workers() == 8
    monkeypatch.setenv("GRAPHNET_THREADS", "3")
    assert workers.default_workers() == 3
