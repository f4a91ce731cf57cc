"""The `train` section: evaluated, validated, and its mistakes put where they were written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pydantic import ValidationError

from graphnet.core.diagnostics import AttributeProblem, Diagnostic, nearest
from graphnet.frontend.expansion.context import Surroundings
from graphnet.frontend.expansion.evaluator import Evaluator
from graphnet.frontend.patterns import match_paths
from graphnet.frontend.problems import diagnose
from graphnet.frontend.text.report import POISON, Report
from graphnet.frontend.text.yaml_tree import Array, Scalar, Table, Tree, scalars
from graphnet.frontend.training import TrainConfig, diagnose_training
from graphnet.ir.augmentation import chain
from graphnet.ir.data import demand_of
from graphnet.ir.graph import Graph, Parameter

MAX_SETTINGS: Final = 1000
"""The most keys and values under `train`."""


def read_recipe(table: Table | None, here: Surroundings, evaluator: Evaluator, report: Report) -> TrainConfig | None:
    """The settings of training; None if there are none, or if they do not fit, which is reported."""
    if table is None:
        return None
    if sum(1 for _ in scalars(table)) > MAX_SETTINGS:
        report.error("size", "there are too many settings", table.span, at=table.path,
                     expected=f"at most {MAX_SETTINGS} keys and values")  # fmt: skip
        return None
    given = evaluator.data(table, here)
    if given is POISON:
        return None
    try:
        return TrainConfig.parse(given)
    except ValidationError as error:
        for loc, diagnostic in diagnose_training(error):
            report.add(replace(diagnostic, span=_place(table, loc, diagnostic).span))
        return None


def check_patterns(config: TrainConfig, table: Table, parameters: Sequence[Parameter], report: Report) -> None:
    """Report the groups of the optimizer and the prefixes of weights that no parameter has."""
    trained = [p.path for p in parameters if p.trainable]
    for k, group in enumerate(config.optimizer.groups):
        try:
            match_paths(group.match, trained, among="trained parameter")
        except AttributeProblem as problem:
            loc = ("optimizer", config.optimizer.name, "groups", k, "match")
            place = _descend(table, loc)
            report.add(diagnose(problem, span=place.span, at=place.path))
    steps = [p.path.split(".") for p in parameters]
    prefixes = {".".join(names[:k]) for names in steps for k in range(1, len(names))}
    for prefix in config.weights:
        if prefix and prefix not in prefixes:
            close = nearest(prefix, prefixes)
            place = _descend(table, ("weights", prefix))
            report.error("pattern", f"no parameter's path begins with '{prefix}'", place.span, at=place.path,
                         expected="the path of a layer, a block instance or a sequential", found=f"'{prefix}'",
                         hint=f"did you mean `{close}`?" if close else None)  # fmt: skip


def check_augmentations(config: TrainConfig, table: Table, graph: Graph, report: Report) -> None:
    """Report the augmentations that make no sense for the network."""
    for place, problem in chain(config.augment, demand_of(graph))[1]:
        tree = _descend(table, ("augment", place, config.augment[place].name, problem.attribute or ""))
        report.add(diagnose(problem, span=tree.span, at=tree.path))


def _place(table: Table, loc: Sequence[str | int], diagnostic: Diagnostic) -> Tree:
    """Where to point: at the key for a setting that does not exist, else at its value."""
    if diagnostic.code.startswith("unknown") and loc:
        around = _descend(table, loc[:-1])
        key = around.key(str(loc[-1])) if isinstance(around, Table) else None
        if key is not None:
            return key
    return _descend(table, loc)


def _descend(tree: Tree, loc: Sequence[str | int]) -> Tree:
    """The deepest part of a tree along a path; steps that were not written (a default, a bare value) are skipped."""
    for step in loc:
        if isinstance(tree, Table):
            tree = tree.get(str(step)) or tree
        elif isinstance(tree, Array) and isinstance(step, int) and step < len(tree.items):
            tree = tree.items[step]
        elif isinstance(tree, Scalar):
            break
    return tree
