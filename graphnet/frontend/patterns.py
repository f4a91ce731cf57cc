"""Patterns over parameter paths: full-match globs in which `*` crosses dots."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from graphnet.core.diagnostics import AttributeProblem, nearest


def is_match(pattern: str, path: str) -> bool:
    """Whether the whole path fits the pattern.

    `*` stands for any text, dots included, and `?` for one character; everything else is itself.

    Example:
        `is_match("encoder.*.weight", "encoder.layer1.0.conv1.weight")` is true.
    """
    return _compiled(pattern).fullmatch(path) is not None


def match_paths(pattern: str, paths: Iterable[str], *, among: str = "parameter") -> list[str]:
    """The paths that fit, in their order.

    Args:
        pattern: a glob.
        paths: the candidates.
        among: what the candidates are, in words, for the message.

    Raises:
        AttributeProblem: none does; a pattern that does nothing is a mistake.
    """
    candidates = list(paths)
    found = [path for path in candidates if is_match(pattern, path)]
    if found:
        return found
    close = nearest(pattern, candidates) or next((p for p in candidates if p.startswith(f"{pattern}.")), None)
    if close and close.startswith(f"{pattern}."):
        hint: str | None = f"did you mean `{pattern}.*`?"
    elif close:
        hint = f"did you mean `{close}`?"
    else:
        hint = None
    raise AttributeProblem(
        f"the pattern '{pattern}' matches no {among}", code="pattern", hint=hint,
        expected=f"a glob over the whole path of a {among}, such as `*.weight`",
        found=f"{len(candidates)} {among}s: {', '.join(candidates[:4])}{', ...' if len(candidates) > 4 else ''}"
        if candidates else f"a network without {among}s",
    )  # fmt: skip


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)
