"""What all tests share: golden files, and the option that renews them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

Golden = Callable[[Path, str], None]


# The same examples on every machine, however slow: no clock, no database.
settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)  # fmt: skip
settings.load_profile("ci")


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
