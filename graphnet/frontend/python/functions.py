"""The Python function of every operator, made from its definition.

`gn.conv2d`, `gn.add`, `gn.cross_entropy`, `gn.l2` and so on: signature, defaults and docstring are the
operator's own, so that `help(gn.conv2d)` and an editor's completion show what YAML accepts.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import graphnet.ops  # noqa: F401 - registers the operators
from graphnet.core.diagnostics import AttributeProblem, nearest
from graphnet.frontend.python.builder import NetworkBuilder
from graphnet.frontend.python.call_site import call_site, reported_at
from graphnet.frontend.python.tensor import Tensor
from graphnet.frontend.python.term import Term, has_target, prediction_count
from graphnet.frontend.settings import construct, default_of, is_required, settings_of
from graphnet.frontend.writing.docstrings import section
from graphnet.ir.operator import REGISTRY, Operator

Function = Callable[..., Any]
OPERANDS = "xyzuvw"
"""The names of operands in signatures."""

MODIFIERS: Mapping[str, tuple[Any, str]] = {
    "name": (None, "of the layer; by default the operator's name and its count in the scope."),
    "init": (None, 'how its parameters start, by their names: `{"weight": "kaiming_normal", "bias": 0.1}`.'),
    "freeze": (False, "whether its parameters are not trained, and its statistics not updated."),
}
"""What may be said of a layer besides its attributes: default and description."""


@cache
def operator_function(name: str) -> Function:
    """The function of a registered operator.

    Layers take their operands and return a tensor: `gn.linear(x, 10, name="fc")`; the primary attribute may be
    positional, all others are named. Losses take predictions and a target, and return what `net.loss` adds.
    Regularisers take patterns.
    """
    definition = REGISTRY[name]
    made = {"layer": _layer_function, "loss": _loss_function, "regulariser": _regulariser_function}[definition.kind]
    function = made(definition)
    function.__name__ = function.__qualname__ = name
    function.__module__ = "graphnet"
    return function


def share(layer: Tensor | str, *operands: Tensor, name: str | None = None) -> Tensor:
    """Apply an earlier layer, or all layers of a scope, again with the same parameters.

    Example:
        `right = gn.share("encoder", view2)` after `with net.scope("encoder"): left = ...`
        `h = gn.share(h1, h)` where `h1 = gn.linear(x, 16)`

    Args:
        layer: a layer's output or its path, or a scope's path.
        operands: take the place of what it consumed; of a scope, of the values that it read from outside, in the
            order in which it read them.
        name: of the new layer or scope; by default a counted one.

    Returns:
        the new layer's output; a scope's last one.
    """
    with reported_at(call_site()):
        network = _network_of("share", operands)
    return network.share(layer, *operands, name=name)


# -- the three kinds -------------------------------------------------------------------------------------------


def _layer_function(definition: type[Operator]) -> Function:
    operator, count = definition.name, definition.arity
    modifiers = list(MODIFIERS) if definition.parameters is not Operator.parameters else ["name"]

    def function(*args: Any, **settings: Any) -> Tensor:
        with reported_at(call_site()):
            if count is None:
                operands = tuple(args[0]) if len(args) == 1 and isinstance(args[0], list | tuple) else args
            else:
                operands = args[:count]
                settings = _with_primary(definition, args[count:], settings)
            network = _network_of(operator, operands)
        return network.apply(operator, *operands, **settings)

    parameters = [
        *_operands(count),
        *_attributes(definition, is_positional=count is not None),
        *map(_modifier, modifiers),
    ]
    return _described(function, definition, parameters, Tensor, {m: MODIFIERS[m][1] for m in modifiers})


def _loss_function(definition: type[Operator]) -> Function:
    operator, count, is_compared = definition.name, prediction_count(definition), has_target(definition)

    def function(*args: Any, name: str | None = None, **settings: Any) -> Term:
        with reported_at(site := call_site()):
            predictions, rest = args[:count], args[count:]
            _network_of(operator, predictions)
            target = None
            if is_compared:
                target, rest = (rest[0], rest[1:]) if rest else (settings.pop("target", None), rest)
                if not isinstance(target, str | Tensor):
                    raise AttributeProblem(
                        f"{operator} needs a target", code="target",
                        expected='a name, such as "label", or a value of the network',
                        found="none" if target is None else type(target).__name__,
                    )  # fmt: skip
            op = construct(definition, _with_primary(definition, rest, settings), operator)
            return Term(op, predictions, target, (), name, site)

    parameters = _operands(count)
    described = {"name": "of the term in reports; by default the operator's name and a count."}
    if is_compared:
        parameters.append(inspect.Parameter("target", inspect.Parameter.POSITIONAL_OR_KEYWORD))
        described = {"target": "its name in batches, or a value of the network.", **described}
    parameters += [*_attributes(definition, is_positional=True), _modifier("name")]
    return _described(function, definition, parameters, Term, described)


def _regulariser_function(definition: type[Operator]) -> Function:
    operator = definition.name

    def function(*patterns: str, name: str | None = None, **settings: Any) -> Term:
        with reported_at(site := call_site()):
            if not patterns or not all(isinstance(p, str) for p in patterns):
                raise AttributeProblem(
                    f"{operator} needs patterns", code="pattern", expected='globs over parameter paths: "*.weight"',
                    found=", ".join(map(repr, patterns)) or "none",
                )  # fmt: skip
            return Term(construct(definition, settings, operator), (), None, patterns, name, site)

    parameters = [inspect.Parameter("patterns", inspect.Parameter.VAR_POSITIONAL)]
    parameters += [*_attributes(definition, is_positional=False), _modifier("name")]
    described = {
        "patterns": 'globs over parameter paths, in which `*` crosses dots: `"*.weight"`.',
        "name": "of the term in reports; by default the operator's name and a count.",
    }
    return _described(function, definition, parameters, Term, described)


# -- what a call gives ---------------------------------------------------------------------------------------------


def _with_primary(definition: type[Operator], rest: Sequence[Any], settings: dict[str, Any]) -> dict[str, Any]:
    """The settings, with what stands behind the operands as the primary attribute."""
    if not rest:
        return settings
    primary = definition.primary
    if primary is None or len(rest) > 1:
        raise AttributeProblem(
            f"{definition.name} was given too many values without names", code="operands",
            expected=f"operands{f', then `{primary}`' if primary else ''}, and names before all else",
            found=", ".join(_shown(v) for v in rest), hint=_named_hint(definition, rest),
        )  # fmt: skip
    if primary in settings:
        raise AttributeProblem(f"{definition.name} was given `{primary}` twice", code="duplicate", attribute=primary)
    return {primary: rest[0], **settings}


def _named_hint(definition: type[Operator], rest: Sequence[Any]) -> str | None:
    names = list(settings_of(definition))
    if len(names) < len(rest):
        return None
    return ", ".join(f"{n}={_shown(v)}" for n, v in zip(names, rest, strict=False))


def _shown(value: Any) -> str:
    return f"'{value.name}'" if isinstance(value, Tensor) else repr(value)


def _network_of(operator: str, operands: Sequence[Any]) -> NetworkBuilder:
    for operand in operands:
        if isinstance(operand, Tensor):
            return operand.network
    raise AttributeProblem(
        f"{operator} needs a value of a network to work on", code="operands",
        expected="what net.input or a layer returned", found=", ".join(type(o).__name__ for o in operands) or "nothing",
    )  # fmt: skip


# -- what a call looks like ------------------------------------------------------------------------------------------


def _operands(count: int | None) -> list[inspect.Parameter]:
    if count is None:
        return [inspect.Parameter("operands", inspect.Parameter.VAR_POSITIONAL)]
    return [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in OPERANDS[:count]]


def _attributes(definition: type[Operator], *, is_positional: bool) -> list[inspect.Parameter]:
    """The attributes: the primary one first, and positional where that is wanted; all others are named."""
    made = []
    for name, field in settings_of(definition).items():
        is_primary = is_positional and name == definition.primary
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD if is_primary else inspect.Parameter.KEYWORD_ONLY
        default = inspect.Parameter.empty if is_required(field) else default_of(field)
        made.append(inspect.Parameter(name, kind, default=default))
    return sorted(made, key=lambda p: p.kind)


def _modifier(name: str) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=MODIFIERS[name][0])


def _described(
    function: Function, definition: type[Operator], parameters: Sequence[inspect.Parameter], returns: type[Any],
    extra: Mapping[str, str],
) -> Function:  # fmt: skip
    """Give a function the signature, and the operator's docstring with its attributes as arguments."""
    signature = inspect.Signature(parameters, return_annotation=returns)
    doc = inspect.cleandoc(definition.__doc__ or "")
    attributes = section(doc, "Attributes")
    for heading in ("Attributes", "Parameters"):
        body = section(doc, heading)
        doc = doc.replace(f"\n\n{heading}:\n{body}", "") if body else doc
    arguments = [*attributes.splitlines(), *(f"    {name}: {text}" for name, text in extra.items())]
    function.__doc__ = "\n".join([doc, "", "Args:", *arguments])
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


def unknown_function(name: str, others: Sequence[str]) -> str:
    """The message for a name that the package does not have."""
    close = nearest(name, [*REGISTRY, *others])
    return f"module 'graphnet' has no attribute '{name}'" + (f"; did you mean '{close}'?" if close else "")
