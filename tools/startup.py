"""Times from the start of a process to its first training step, with an empty and with a filled kernel cache."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from processes import Job, run_script

ENOUGH = 15.0
"""Seconds of warm starts after which no more are made."""


@dataclass(frozen=True)
class StartUp:
    """Seconds.

    Attributes:
        cold: from a process's start to its first step, when no kernel is compiled yet.
        cold_compile: the part of it after initialising parameters: compiling, and the step.
        warm: from a process's start to its first step, when all kernels are in the cache; a median.
        warm_compile: the part of it after initialising parameters.
    """

    cold: float
    cold_compile: float
    warm: float
    warm_compile: float


def measure_start_up(spec: str, params: Mapping[str, Any], batch: int, threads: int, repeats: int = 3) -> StartUp:
    """Start processes that make one training step.

    Args:
        spec: its path.
        params: values for the spec's params.
        batch: samples of the step.
        threads: workers of the step; compilation uses all cores.
        repeats: warm processes, fewer where they take long.

    Raises:
        subprocess.CalledProcessError: a process fails.
    """
    job = Job(spec, batch, threads, params)
    with tempfile.TemporaryDirectory() as folder:
        # Compiled Python files belong to a warm start, wherever this process keeps its own.
        environment = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
        environment["GRAPHNET_CACHE_DIR"] = f"{folder}/kernels"
        run_script("first_step.py", "--help", environment=environment)
        cold = _first_step(job, environment)
        began = time.monotonic()
        warm = [_first_step(job, environment)]
        while len(warm) < repeats and time.monotonic() - began < ENOUGH:
            warm.append(_first_step(job, environment))
    return StartUp(
        *cold, statistics.median(total for total, _ in warm), statistics.median(compiling for _, compiling in warm)
    )


def _first_step(job: Job, environment: Mapping[str, str]) -> tuple[float, float]:
    started = time.monotonic()
    clock = job.run("first_step.py", environment=environment)
    return clock["stepped"] - started, clock["stepped"] - clock["initialised"]
