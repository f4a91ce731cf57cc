"""The one place where the command line imports modules late.

What compiles networks needs packages that take a second to import. `graphnet --help` and `graphnet check` have no use
for them, and should answer at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def late_module(name: str) -> Any:
    """Import a module now that it is needed."""
    return import_module(name)
