"""Reading docstrings."""

from __future__ import annotations

import pytest

from graphnet.frontend.writing.docstrings import attribute_descriptions, examples


class Base:
    """A base.

    Attributes:
        one: said by
            the base.
        two, three: of both.
    """


class Derived(Base):
    """A class.

    Attributes:
        two: said anew: with a colon.

    More.
    """


def test_attributes_are_those_of_bases_and_the_class() -> None:
    assert attribute_descriptions(Derived) == {
        "one": "said by the base.", "two": "said anew: with a colon.", "three": "of both.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("`- a`", [("- a", "")]),
        ("`- a`, `- b` or\n`- c`", [("- a", ""), ("- b", ""), ("- c", "")]),
        ("`- a` `- b` for two", [("- a", ""), ("- b", "for two")]),
        ("`- a` of x, or `- b`", [("- a", "of x"), ("- b", "")]),
        ("`- a`, or `- b` of all elements.", [("- a", ""), ("- b", "of all elements")]),
        ("`- a`, or with one for each of 8: `- b`", [("- a", ""), ("- b", "with one for each of 8")]),
        ("`- a` or, as in the paper, `- b`", [("- a", ""), ("- b", "as in the paper")]),
        ("`loss: [a: b]` after `- c: 10`, without d", [("loss: [a: b]", "after `- c: 10`, without d")]),
        ("", []),
    ],
)
def test_examples_come_with_what_is_said_about_them(paragraph: str, expected: list[tuple[str, str]]) -> None:
    assert examples(paragraph) == expected
