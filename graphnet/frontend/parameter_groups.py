"""Which settings of the optimizer hold for which parameter."""

from __future__ import annotations

from collections.abc import Iterable

from graphnet.core.diagnostics import AttributeProblem, Diagnostic, SpecError
from graphnet.frontend.patterns import is_match, match_paths
from graphnet.frontend.problems import diagnose
from graphnet.ir.graph import Parameter
from graphnet.ir.optimizer import Optimizer, ParameterSettings


def settings_by_parameter(optimizer: Optimizer, parameters: Iterable[Parameter]) -> dict[str, ParameterSettings]:
    """The settings of each trained parameter, by path.

    Where several groups match, the last one that gives a setting holds. Weight decay that no group gives is the
    optimizer's, for parameters whose operator lets them decay.

    Raises:
        SpecError: a group matches no trained parameter.
    """
    trained = {p.path: p for p in parameters if p.trainable}
    mistakes: list[Diagnostic] = []
    for place, group in enumerate(optimizer.groups):
        try:
            match_paths(group.match, trained, among="trained parameter")
        except AttributeProblem as problem:
            mistakes.append(diagnose(problem, at=f"train.optimizer.{optimizer.name}.groups[{place}]"))
    if mistakes:
        raise SpecError(mistakes)
    return {path: _settings(optimizer, path, decays=p.spec.decay) for path, p in trained.items()}


def paths_by_settings(optimizer: Optimizer, parameters: Iterable[Parameter]) -> dict[ParameterSettings, list[str]]:
    """The paths of the trained parameters, those with equal settings together.

    Raises:
        SpecError: a group matches no trained parameter.
    """
    groups: dict[ParameterSettings, list[str]] = {}
    for path, chosen in settings_by_parameter(optimizer, parameters).items():
        groups.setdefault(chosen, []).append(path)
    return groups


def _settings(optimizer: Optimizer, path: str, *, decays: bool) -> ParameterSettings:
    found = {"lr_scale": 1.0, "weight_decay": optimizer.weight_decay if decays else 0.0}
    for group in optimizer.groups:
        if is_match(group.match, path):
            given = {"lr_scale": group.lr_scale, "weight_decay": group.weight_decay}
            found |= {name: value for name, value in given.items() if value is not None}
    return ParameterSettings(**found)
