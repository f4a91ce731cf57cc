"""Patterns over parameter paths: full-match globs in which `*` crosses dots."""

from __future__ import annotations

from collections.abc import Iterable

from graphnet.core.diagnostics import AttributeProblem, nearest


def is_match(pattern: str, path: str) -> bool:
    """Whether the whole path fits the pattern.

    `*` stands for any text, dots included, and `?` for one character; everything else is itself.

    Example:
        `is_match("encoder.*.weight", "encoder.layer1.0.conv1.weight")` is true.
    """
    at, star, resume = 0, -1, 0  # in the pattern; its last `*`; where that would end one character later
    k = 0
    while k < len(path):
        if at < len(pattern) and pattern[at] == "*":
            star, resume, at = at, k, at + 1
        elif at < len(pattern) and pattern[at] in ("?", path[k]):
            at, k = at + 1, k + 1
        elif star >= 0:
            resume += 1
            at, k = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")


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
