"""Expressions: what they give, and that nothing else gets through."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphnet.core.types import TensorType
from graphnet.frontend.expansion.expression_syntax import mentioned
from graphnet.frontend.expansion.expressions import evaluate
from graphnet.frontend.expansion.templates import ExpressionError, is_unbalanced, read_template
from graphnet.frontend.text.report import POISON, Poison


class Names:
    """Some variables, and some values of a network."""

    def variables(self) -> Mapping[str, Any]:
        return {"a": 3, "stage": 2, "widths": [8, 16, 31], "which": "4a", "on": True, "broken": POISON, "image": 7}

    def tensor(self, reference: str) -> TensorType | Poison | None:
        known: dict[str, TensorType | Poison] = {
            "input": TensorType.batched(5, 7, 11),
            "encoder.pool3": TensorType.batched(13),
            "image": TensorType.batched(3, 17, 19),
            "lost": POISON,
        }
        return known.get(reference)


def value(text: str) -> Any:
    return evaluate(text, Names())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$a", 3), ("$(a)", 3), ("$(a / 2)", 1.5), ("$(a // 2)", 1), ("$(2 ** -1)", 0.5), ("$(-a % 2)", 1),
        ("$(widths[-1])", 31), ("$(widths[1:])", [16, 31]), ("$(len(widths) * 2)", 6), ("$([a] * 2)", [3, 3]),
        ("$(a if on else 0)", 3), ("$(not on or a > 2)", True), ("$(1 < a < 3)", False), ("$(which == '4a')", True),
        ("$(a in widths)", False), ("$('4' in which)", True), ("$(min(widths))", 8), ("$(max(1, a))", 3),
        ("$(sum(range(1, 4)))", 6), ("$(round(2.5))", 2), ("$(round(2.346, 2))", 2.35), ("$(ceil(2.1))", 3),
        ("$(floor(-2.1))", -3), ("$(int(2.9))", 2), ("$(float('1e-3'))", 0.001), ("$(abs(-a))", 3), ("$(sqrt(9))", 3.0),
        ("$(input.channels)", 5), ("$(input.height)", 7), ("$(input.width)", 11), ("$(input.features)", 11),
        ("$(input.size)", 385), ("$(input.shape[2])", 7), ("$(input.shape[-3])", 5), ("$(len(input.shape))", 4),
        ("$(encoder.pool3.features)", 13), ("$(image.channels + image)", 10), ("$( a )", 3), ("$(')' + which)", ")4a"),
    ],
)  # fmt: skip
def test_alone_an_expression_keeps_its_type(text: str, expected: Any) -> None:
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("layer$stage", "layer2"), ("conv$(stage)_$(a + 1)", "conv2_4"), ("$stage$a", "23"), ("$$a", "$a"),
        ("x$$", "x$"),
        ("$(on)!", "true!"), ("$which.b", "4a.b"), ("plain", "plain"), ("$a ", "3 "), ("$(a / 2)x", "1.5x"),
    ],
)  # fmt: skip
def test_in_a_longer_text_it_becomes_text(text: str, expected: str) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", ["$broken", "$(broken + 1)", "x$broken", "$(lost.channels)", "$(0 or broken)"])
def test_what_is_wrong_already_is_not_reported_again(text: str) -> None:
    assert value(text) is POISON


def test_the_other_arm_is_not_computed() -> None:
    assert value("$(1 if on else broken)") == 1
    assert value("$(widths[9] if not on else 1)") == 1
    assert value("$(on or 1 // 0)") is True


@pytest.mark.parametrize(
    "text",
    [
        "$(2 ** 10 ** 9)", "$(9 ** 9 ** 9 ** 9)", "$(10 ** 12 * 10 ** 12)", "$([0] * 10 ** 9)", "$('a' * 10 ** 9)",
        "$([[0] * 9999] * 9999)", "$(range(10 ** 12))", "$('%1000000000d' % a)", "$(round(a, -(10 ** 9)))",
        "$(int('9' * 999))", "$(float('9' * 9999))", "$(1e308 * 10 ** 300 // 1)", "$((-8) ** 0.5)", "$(a ** 999999999)",
        "$(" + "(" * 150 + "a" + ")" * 150 + " + " + "-" * 99 + "a)", "$(" + "a + " * 400 + "a)",
        "$(" + "[" * 99 + "]" * 99 + ")",
        "$(10.0 ** 999)", "$(widths * 9999 * 9999)",
    ],
)  # fmt: skip
def test_hostile_sizes_are_refused_at_once(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)


@pytest.mark.parametrize(
    "text",
    [
        "$(open('x'))", "$(a.__class__)", "$(().__class__)", "$('x'.join(widths))", "$([x for x in widths])",
        "$(lambda: 1)",
        "$(f'{a}')", "$((a := 1))", "$({1: 2})", "$({1})", "$(a @ a)", "$(a << 9)", "$(a & 1)", "$(~a)", "$(a is a)",
        "$(None)", "$(b'x')", "$(1j)", "$(...)", "$(*widths)", "$(min(*widths))", "$(max(widths, key=len))",
        "$(eval('1'))",
        "$(await a)", "$(yield)", "$(a; a)", "$(a = 1)", "$(import os)", "$()", "$(a b)", "$(widths[0](1))",
        "$(min.__self__)", "$(min)", "$(input.channels.real)", "$(a[0])", "$(widths['x'])", "$(input)",
        "$(input.shape)",
        "$(input.shape[0])", "$(input.shape[9])", "$(encoder.pool3.height)", "$(nowhere.channels)", "$(nothing)",
        "$(true)",
        "$(a.b)", "$(a + which)", "$(1 // 0)", "$(a % 0)", "$(sqrt(-1))", "$(len(a))", "$(a", "$5", "x $",
        "$(a))$(", "$(widths)x",
        "$(int('x'))", "$(sum(['x']))", "$(min(which, a))", "$('\\0')$(\0)",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert caught.value.message


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("$(a && on)", "write `and` and `or`"), ("$(on ? 1 : 2)", "write `a if condition else b`"),
        ("$($a)", "within an expression, names have no `$`"), ("$(true)", "write `True`"),
        ("$stag", "did you mean `stage`?"),
        ("$(input.chanels)", "did you mean `.channels`?"), ("$(lenn(widths))", "did you mean `len`?"),
    ],
)  # fmt: skip
def test_hints(text: str, hint: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert caught.value.hint == hint


def test_what_a_text_mentions() -> None:
    assert mentioned("x$a-$(b + max(c.channels, 1))") == {"a", "b", "c", "max"}
    assert mentioned("$(broken") == set()


def test_unbalanced() -> None:
    assert is_unbalanced("$(max(1")
    assert not is_unbalanced("max(1")
    assert not is_unbalanced("$(')')")
    assert not is_unbalanced("$5")


@given(st.text(alphabet="$()ab '\"+1.", max_size=30))
def test_templates_put_together_again_are_the_text(text: str) -> None:
    try:
        template = read_template(text)
    except ExpressionError:
        return
    parts = [template.literals[0]]
    for source, literal in zip(template.sources, template.literals[1:], strict=True):
        parts += [f"$({source})", literal]
    assert "".join(parts).replace("$", "").replace("(", "").replace(")", "") == (
        text.replace("$", "").replace("(", "").replace(")", "")
    )


NUMBERS = st.integers(-20, 20).map(str)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "%", "<", "==", "and", "or"]), inner)
    return st.one_of(
        binary.map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        inner.map(lambda t: f"abs({t})"),
        st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})"),
    )


@settings(max_examples=200)
@given(st.recursive(NUMBERS, combined, max_leaves=12))
def test_arithmetic_is_pythons(source: str) -> None:
    """Against Python's own evaluation of the same text."""
    try:
        expected = eval(compile(ast.parse(source, mode="eval"), "test", "eval"), {"abs": abs, "max": max})
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="divides by zero"):
            value(f"$({source})")
        return
    try:
        assert value(f"$({source})") == expected
    except ExpressionError as error:
        assert "too" in error.message  # beyond the bounds: too large, too deep, too long
