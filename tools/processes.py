"""Processes of their own that make steps, and tell about them as one JSON object."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TOOLS = Path(__file__).parent
PACKAGE = TOOLS.parent


@dataclass(frozen=True)
class Job:
    """What a process does.

    Attributes:
        spec: its path.
        params: values for the spec's params.
        batch: samples of a step.
        threads: workers of a step.
        predict: whether steps are predictions.
    """

    spec: str
    batch: int
    threads: int
    params: Mapping[str, Any] = field(default_factory=dict)
    predict: bool = False

    def run(self, script: str, *flags: str, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Have one of the scripts beside this file do it.

        Args:
            script: its name.
            flags: more of its options.
            environment: takes the place of the variables with these names.

        Raises:
            subprocess.CalledProcessError: the process fails.
        """
        arguments = [
            self.spec, "--batch", str(self.batch), "--threads", str(self.threads), "--params",
            json.dumps(dict(self.params)), *(["--predict"] if self.predict else []), *flags,
        ]  # fmt: skip
        found: dict[str, Any] = json.loads(run_script(script, *arguments, environment=environment))
        return found


def run_script(script: str, *arguments: str, environment: Mapping[str, str] | None = None) -> bytes:
    """What a script beside this file prints.

    Args:
        environment: takes the place of the variables with these names.

    Raises:
        subprocess.CalledProcessError: the process fails.
    """
    path = os.pathsep.join([str(PACKAGE), *filter(None, [os.environ.get("PYTHONPATH")])])
    variables = {**os.environ, "PYTHONPATH": path, **(environment or {})}
    command = [sys.executable, str(TOOLS / script), *arguments]
    return subprocess.run(command, env=variables, check=True, stdout=subprocess.PIPE).stdout


def job_parser(what: str | None) -> argparse.ArgumentParser:
    """The command line of a script that does a job."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("spec")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--params", type=json.loads, default={}, help="values for the spec's params, as JSON")
    parser.add_argument("--predict", action="store_true", help="predictions instead of training steps")
    return parser


def read_job(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> tuple[Job, argparse.Namespace]:
    """The job on a command line, and all that is there."""
    options = parser.parse_args(arguments)
    return Job(options.spec, options.batch, options.threads, options.params, options.predict), options


def peak_memory() -> int:
    """The most bytes of memory that this process has had at a time.

    Linux has two counts of it, and `getrusage` gives the one that also counts what the parent had when it started this
    process; so the other one is read where there is one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10
