"""Budgets: what a spec asserts of itself."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from graphnet.core.diagnostics import Diagnostic
from graphnet.core.source import SourceSpan

QUANTITIES: Final = ("parameters", "trainable_parameters", "macs", "training_memory", "inference_memory")
"""What a budget can bound: counts of the graph, and bytes of a compiled plan at the batch size of `train`."""

MEMORY: Final = ("training_memory", "inference_memory")

_NUMBER: Final = r"[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,3})?"
_BOUND: Final = re.compile(rf"\s*(<=|>=|<|>|==|=)?\s*({_NUMBER})\s*([A-Za-z]*)\s*")
_UNITS: Final = {
    "": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "B": 1,
    "kB": 10**3, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
}  # fmt: skip


@dataclass(frozen=True)
class Budget:
    """A bound on one quantity.

    Attributes:
        quantity: one of `QUANTITIES`.
        comparison: `<`, `<=`, `>`, `>=` or `==`.
        bound: parameters, multiply-adds for one sample, or bytes.
        text: as written.
        span: where it is written.
        lines: the source lines of the span.
    """

    quantity: str
    comparison: str
    bound: float
    text: str
    span: SourceSpan | None = None
    lines: tuple[str, ...] = ()

    def holds(self, value: int) -> bool:
        """Whether a value keeps to the budget."""
        return _COMPARISONS[self.comparison](value, self.bound)

    def exceeded(self, value: int) -> Diagnostic:
        """The error for a value that does not keep to it."""
        unit = " bytes" if self.quantity in MEMORY else ""
        message = f"the network does not keep to its budget of {self.quantity.replace('_', ' ')}"
        return Diagnostic(
            "budget", message, self.span, self.lines, at=f"assert.{self.quantity}", expected=self.text,
            found=f"{value:,}{unit}",
        )  # fmt: skip


def parse_bound(text: str) -> tuple[str, float] | None:
    """The comparison and the bound of a text such as `<= 512 MiB` or `< 25.6M`; None if it is none.

    A number alone must be met exactly. Prefixes are decimal (k, M, G, T) or, with bytes, binary (KiB, MiB, GiB, TiB).
    """
    match = _BOUND.fullmatch(text)
    if match is None or match[3] not in _UNITS:
        return None
    comparison = {"=": "==", None: "=="}.get(match[1], match[1])
    digits = match[2].replace("_", "")
    number: float = int(digits) if digits.isdigit() and len(digits) < 40 else float(digits)
    bound = number * _UNITS[match[3]]
    return comparison, int(bound) if float(bound).is_integer() and bound < 2**63 else bound
