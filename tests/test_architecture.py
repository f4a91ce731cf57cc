"""The structure of the package: who imports whom, and what no module does."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import networkx as nx
import pytest

import graphnet
import graphnet.ops
from graphnet.ir.operator import REGISTRY

ROOT = Path(graphnet.__file__).parent
LAYERS = {
    "core": 0, "ir": 1, "ops": 2, "frontend": 3, "analysis": 3, "transforms": 4, "codegen": 5, "runtime": 6, "train": 7,
    "interop": 7, "view": 7, "testing": 7, "compiler": 8, "network": 8, "stages": 8, "model": 8,
    "commands": 9, "cli": 9,
    "__main__": 9,
}  # fmt: skip
"""What may import whom: only the same layer or a lower one."""

TOP = max(LAYERS.values())
MOST_LINES = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "misc", "common"}
REGISTRIES = ("augmentations", "initialisers", "metrics", "optimizers", "schedules", "sources")
DISCOVERY = {"graphnet", "graphnet.commands.late", "graphnet.ops", *(f"graphnet.ops.{kind}" for kind in REGISTRIES)}
"""Modules that import others by computed names: when they are first needed, or to find all that is registered."""


@dataclass(frozen=True)
class Module:
    """A module with its imports from the package.

    Attributes:
        name: dotted.
        tree: its syntax.
        imports: (module, line, whether only for type checking).
    """

    name: str
    path: Path
    tree: ast.Module
    imports: tuple[tuple[str, int, bool], ...]

    @property
    def layer(self) -> int | None:
        """Its layer; None for the package itself, which imports nothing before it is used."""
        parts = self.name.split(".")
        return LAYERS.get(parts[1], TOP) if len(parts) > 1 else None


def read(path: Path) -> Module:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return Module(name, path, tree, tuple(imports_of(tree)))


def imports_of(tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for branch in node.body
        for inner in ast.walk(branch)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import on line {node.lineno}"
            base = node.module or ""
            inner = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if is_module(name) else base for name in inner]
        else:
            continue
        yield from ((name, node.lineno, id(node) in typing_only) for name in names if name.startswith("graphnet."))


def is_module(name: str) -> bool:
    path = ROOT.parent.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


MODULES = {module.name: module for module in map(read, sorted(ROOT.rglob("*.py")))}
each_module = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)


def test_every_part_has_its_layer() -> None:
    assert {name.split(".")[1] for name in MODULES if "." in name} <= LAYERS.keys()


@each_module
def test_imports_go_down(module: Module) -> None:
    if module.layer is None:
        assert not module.imports
    for name, line, _ in module.imports:
        layer = LAYERS.get(name.split(".")[1], TOP)
        assert module.layer is not None
        assert layer <= module.layer, f"{module.path}:{line} imports {name}, which lies above it"


def test_there_are_no_cycles() -> None:
    graph = nx.DiGraph()
    for module in MODULES.values():
        graph.add_edges_from((module.name, name) for name, _, is_typing in module.imports if not is_typing)
    # a package is found by importing its parts, which name it only to be sure that it was imported
    graph.remove_edges_from([(a, b) for a, b in graph.edges if b == "graphnet.ops" or b in DISCOVERY])
    assert [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1] == []


@each_module
def test_nothing_is_imported_inside_functions(module: Module) -> None:
    for function in ast.walk(module.tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for node in ast.walk(function):
                assert not isinstance(node, ast.Import | ast.ImportFrom), f"{module.path}:{node.lineno}"  # type: ignore[union-attr]
    if module.name not in DISCOVERY:
        calls = {ast.unparse(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
        assert not calls & {"import_module", "importlib.import_module", "__import__"}, module.path


@each_module
def test_modules_are_short_and_well_named(module: Module) -> None:
    lines = module.path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{module.path} has {lines} lines: split it"
    assert module.path.stem not in EMPTY_NAMES, f"{module.path}: the name says nothing"


@each_module
def test_modules_say_what_they_are(module: Module) -> None:
    assert ast.get_docstring(module.tree), f"{module.path} has no docstring"


@pytest.mark.parametrize(
    "module", [m for m in MODULES.values() if m.layer is not None and 4 <= m.layer <= 6], ids=lambda m: m.name
)
def test_passes_and_emitters_ask_for_no_operator_by_name(module: Module) -> None:
    for name, line, _ in module.imports:
        assert not is_operator_module(name), f"{module.path}:{line} imports the operator {name}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            asked = {ast.unparse(side) for side in sides if isinstance(side, ast.Attribute)}
            if any(text.endswith((".name", ".label")) for text in asked):
                assert not texts(node) & REGISTRY.keys(), f"{module.path}:{node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.Match) and ast.unparse(node.subject).endswith((".name", ".label")):
            patterns = {text for case in node.cases for text in texts(case.pattern)}
            assert not patterns & REGISTRY.keys(), f"{module.path}:{node.lineno}"


def is_operator_module(name: str) -> bool:
    return name.rpartition(".")[0] == "graphnet.ops" and name.rpartition(".")[2] in REGISTRY


def texts(tree: ast.AST) -> set[str]:
    return {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def test_one_operator_is_one_file_with_its_tests() -> None:
    tests = Path(__file__).with_name("ops")
    for name, definition in REGISTRY.items():
        assert definition.__module__ == f"graphnet.ops.{name}"
        assert (tests / f"test_{name}.py").exists(), f"no tests/ops/test_{name}.py"


def test_the_package_imports_nothing_before_it_is_used() -> None:
    """So `import graphnet` is quick, and so is a command's help."""
    code = "import sys; before = set(sys.modules); import graphnet; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"numpy", "numba", "pydantic", "networkx", "yaml", "rich"}
