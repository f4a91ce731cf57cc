"""What all tests share: golden files, the option that renews them, and how many processes run tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from graphnet.runtime.cores import usable_cores

Golden = Callable[[Path, str], None]


# The same examples on every machine, however slow: no clock, no database.
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip
settings.load_profile("ci")


if "PYTEST_XDIST_WORKER" in os.environ:  # all cores have a process that runs tests
    os.environ.setdefault("GRAPHNET_COMPILERS", "1")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """The whole suite runs on all cores; a part of it, in this process, where a debugger can stop."""
    is_whole = config.args_source is not pytest.Config.ArgsSource.ARGS and not config.option.keyword
    return min(8, usable_cores()) if is_whole else 0


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files instead of comparing with them")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with the golden file that holds it; `pytest --update-golden` writes the file."""
    is_update = request.config.getoption("--update-golden")

    def check(path: Path, text: str) -> None:
        text = text.rstrip("\n") + "\n"
        if is_update:
            path.write_text(text, encoding="utf-8")
        assert path.is_file(), f"no golden file {path.name}: run pytest --update-golden, and read what it wrote"
        assert text == path.read_text(encoding="utf-8")

    return check
