"""The reference as data."""

from __future__ import annotations

from collections import Counter

import pytest

from graphnet.frontend.settings import settings_of
from graphnet.frontend.writing.reference import CATEGORIES, KINDS, Page, page, pages, sections, similar
from graphnet.ir.definitions import REGISTRIES
from graphnet.ir.operator import REGISTRY

PAGES = [page(definition, section.kind) for section in sections() for definition in section.definitions.values()]
every_page = pytest.mark.parametrize("found", PAGES, ids=lambda p: f"{p.kind}-{p.name}")


def test_sections_hold_everything_once() -> None:
    listed = Counter(definition for section in sections() for definition in section.definitions.values())
    assert set(listed) == {*REGISTRY.values(), *(d for registry in REGISTRIES for d in registry.values())}
    assert set(listed.values()) == {1}


def test_every_section_is_described() -> None:
    assert all(section.about for section in sections()), (
        f"add to CATEGORIES: {[s.title for s in sections() if not s.about]}"
    )
    assert set(KINDS) <= {section.kind for section in sections()}
    assert set(CATEGORIES) <= {section.title for section in sections()}


@every_page
def test_every_page_is_complete(found: Page) -> None:
    assert found.summary
    assert found.formula
    assert found.examples
    assert all(attribute.about and attribute.takes for attribute in found.attributes)
    (definition,) = (s.definitions[found.name] for s in sections() if s.kind == found.kind)
    attributes = list(settings_of(definition))
    assert [attribute.name for attribute in found.attributes] == attributes
    assert [a.name for a in found.attributes if a.is_primary] == [a for a in attributes if a == definition.primary]
    if definition in REGISTRY.values():
        assert "Gradient" in found.parts
        assert found.signature
        assert found.signature.startswith(f"gn.{found.name}(")


def test_a_page_says_what_the_definition_does() -> None:
    (found,) = pages("max_pool2d")
    assert (found.name, found.kind) == ("max_pool2d", "layer (pooling)")
    assert found.formula.startswith("y[n, c, h, w] = max over i, j of ")
    assert found.parts["Source"].startswith("Ranzato, Huang, Boureau, LeCun")
    assert found.examples == (("- max_pool2d: 2", ""), ("- max_pool2d: {kernel_size: 3, stride: 2, padding: 1}", ""))
    told = {a.name: (a.takes, a.default, a.is_primary) for a in found.attributes}
    assert told["kernel_size"] == ("whole number from 1 or a pair", None, True)
    assert told["padding"] == ("whole number from 0 or a pair", "0", False)
    assert told["ceil_mode"] == ("true or false", "false", False)


def test_one_name_may_have_several_pages() -> None:
    assert [found.kind for found in pages("step")] == ["layer (activation)", "schedule"]
    assert pages("no such thing") == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv2", "conv2d"), ("BatchNorm2d", "batch_norm"), ("ReLU", "relu"), ("CrossEntropyLoss", "cross_entropy"),
        ("MSELoss", "mse"), ("softmx", "softmax"), ("cosin", "cosine"), ("loses", "losses"),
    ],
)  # fmt: skip
def test_near_misses(name: str, expected: str) -> None:
    assert similar(name)[0] == expected


def test_parts_of_names_are_found() -> None:
    assert {"avg_pool2d", "max_pool2d"} & set(similar("pool2d"))
    assert similar("xyzzy") == similar("") == similar("?") == []
    assert len(similar("a" * 10_000)) <= 4
