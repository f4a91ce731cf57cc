"""From text to a tree: positions, aliases, and what is refused."""

from __future__ import annotations

import pytest

from graphnet.core.diagnostics import Diagnostic
from graphnet.frontend.text.report import POISON, Report
from graphnet.frontend.text.yaml_composer import compose
from graphnet.frontend.text.yaml_tree import MAX_DEPTH, Array, Scalar, Table, Tree, scalars


def read(text: str) -> tuple[Tree | None, list[Diagnostic]]:
    report = Report()
    return compose(text, "spec.yaml", report), report.errors


def plain(tree: Tree | None) -> object:
    if isinstance(tree, Scalar):
        return tree.value
    if isinstance(tree, Array):
        return [plain(item) for item in tree.items]
    return {key.text: plain(value) for key, value in tree.entries} if isinstance(tree, Table) else None


def test_values_and_structure() -> None:
    tree, errors = read('a: {batch_norm, name: 0}\nb: [1, "1", 1e-3, no]\nc: |\n  text\n')
    assert not errors
    assert plain(tree) == {"a": {"batch_norm": None, "name": 0}, "b": [1, "1", 0.001, "no"], "c": "text\n"}


def test_every_value_has_its_span_and_path() -> None:
    tree, _ = read("layers:\n  - conv2d: {out_channels: 8}\n  - relu\n")
    assert isinstance(tree, Table)
    spans = {
        s.path: (s.text, s.span.line, s.span.column, s.span.end_column) for s in scalars(tree) if s.text != "conv2d"
    }
    assert spans["layers[0].conv2d.out_channels"] == ("8", 2, 28, 29)
    assert spans["layers[1]"] == ("relu", 3, 5, 9)
    layers = tree.get("layers")
    assert layers is not None
    assert (layers.span.line, layers.span.column, layers.span.end_line) == (2, 3, 3)


def test_keys_that_need_quotes_have_them_in_paths() -> None:
    tree, _ = read('init: {"*.weight": zeros}')
    assert [s.path for s in scalars(tree)][-1] == 'init["*.weight"]'


def test_aliases_share_a_subtree() -> None:
    tree, errors = read("a: &x [1, 2]\nb: *x\n")
    assert not errors
    assert isinstance(tree, Table)
    assert tree.get("a") is tree.get("b")


def test_text_that_looks_like_a_number_keeps_its_spelling() -> None:
    tree, _ = read("{name: 1e3}")
    assert [s.text for s in scalars(tree)] == ["name", "1e3"]


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("{a: $(max(1, 2)), b: 3}", "$(max(1, 2))"),
        ("{a: $(max(1, max(2, 3))), b: 3}", "$(max(1, max(2, 3)))"),
        ("[a: $(max(1, 2)), b]", "$(max(1, 2))"),
        ("[$(max(1, 2)), b]", "$(max(1, 2))"),
    ],
)
def test_an_expression_cut_at_its_comma_is_one_problem(text: str, mended: str) -> None:
    tree, errors = read(text)
    assert [e.hint for e in errors] == [f'write "{mended}"']
    assert {s.text for s in scalars(tree) if s.value is POISON} == {mended}
    assert "b" in {s.text for s in scalars(tree)}


def test_quoted_text_is_never_put_together() -> None:
    tree, errors = read('{a: "$(max(1", 2)): }')
    assert not errors
    assert plain(tree) == {"a": "$(max(1", "2))": None}


def test_depth_is_bounded_exactly() -> None:
    assert read("[" * MAX_DEPTH + "]" * MAX_DEPTH)[1] == []
    assert [e.code for e in read("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2))[1]] == ["nesting"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 1\na: 2", "duplicate-key"), ("{a: 1, 'a': 2}", "duplicate-key"), ("a: !!python/object:os.system x", "tag"),
        ("!x {a: 1}", "tag"), ("a: *b", "alias"), ("a: &a [*a]", "alias"), ("{<<: {a: 1}}", "merge"),
        ("? [a]\n: b", "key"),
        ("? {a: b}\n: c", "key"), ("a: 1\n---\nb: 1", "syntax"), ("a: 'x", "syntax"), ("a: \x07", "syntax"),
        ("%YAML 9.9\n---\na", "syntax"), ("a: " + "9" * 99, "number"), ("a: " + "x" * 300_000, "size"),
    ],
)  # fmt: skip
def test_refused(text: str, code: str) -> None:
    _, errors = read(text)
    assert [e.code for e in errors] == [code]
    assert errors[0].span is not None


def test_a_quoted_merge_key_is_a_key() -> None:
    tree, errors = read('{"<<": 1}')
    assert not errors
    assert plain(tree) == {"<<": 1}


def test_the_expansion_of_aliases_is_bounded() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    text += "".join(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]\n" for k in range(1, 12))
    _, errors = read(text)
    assert [e.code for e in errors] == ["size"]


def test_an_error_at_the_end_of_the_text_points_behind_it() -> None:
    _, errors = read("a: [1, 2\n")
    assert errors[0].span is not None
    assert (errors[0].span.line, errors[0].span.column) == (1, 9)
