"""Times from the start of a process to its first training step, with an empty and with a filled kernel cache."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("first_step.py")
PACKAGE = SCRIPT.parents[1]


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
        repeats: warm processes.

    Raises:
        subprocess.CalledProcessError: a process fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        # Compiled Python files belong to a warm start, wherever this process keeps its own.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment |= {"GRAPHNET_CACHE_DIR": f"{folder}/kernels", "PYTHONPYCACHEPREFIX": f"{folder}/bytecode"}
        environment["PYTHONPATH"] = os.pathsep.join([str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [
            sys.executable, str(SCRIPT), spec, "--batch", str(batch), "--threads", str(threads),
            "--params", json.dumps(params),
        ]  # fmt: skip
        subprocess.run([sys.executable, str(SCRIPT), "--help"], env=environment, check=True, stdout=subprocess.DEVNULL)
        cold, *warm = [_first_step(command, environment) for _ in range(1 + repeats)]
    return StartUp(
        *cold, statistics.median(total for total, _ in warm), statistics.median(compiling for _, compiling in warm)
    )


def _first_step(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    started = time.monotonic()
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
    clock = json.loads(done.stdout)
    return clock["stepped"] - started, clock["stepped"] - clock["initialised"]
