"""How a layer's parameters are declared, started and shared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphnet.core.diagnostics import AttributeProblem, nearest
from graphnet.core.source import SourceSpan
from graphnet.core.types import DType, TensorType
from graphnet.frontend.settings import settings_of
from graphnet.ir.definitions import Definition
from graphnet.ir.graph import Initializer, Node, Parameter, ParameterSpec, Value
from graphnet.ir.initialiser import Initialiser


def declare_parameter(path: str, spec: ParameterSpec, frozen: bool, span: SourceSpan | None) -> Parameter:
    """A parameter or buffer of a graph, as an operator declares it."""
    dtype: DType = "int64" if spec.counter else "float"
    value = Value(path, TensorType(spec.shape, dtype), role="parameter" if spec.trainable else "buffer", frozen=frozen)
    return Parameter(path, value, spec, spec.trainable and not frozen, span)


def with_init(spec: ParameterSpec, definition: Definition, subject: str) -> ParameterSpec:
    """The same declaration, started another way.

    Raises:
        AttributeProblem: the initialiser does not suit its shape; the message begins with the subject.
    """
    assert isinstance(definition, Initialiser), f"{definition.name} starts no parameters"
    try:
        definition.check(spec.shape)
    except AttributeProblem as problem:
        raise AttributeProblem(
            f"{subject}: {problem.message}", expected=problem.expected, found=problem.found, hint=problem.hint,
            attribute="init", code=problem.code,
        ) from None  # fmt: skip
    settings = {name: getattr(definition, name) for name in settings_of(definition)}
    return replace(spec, init=Initializer(definition.name, settings))


def apply_inits(
    subject: str, specs: Mapping[str, ParameterSpec], init: Mapping[str, Definition]
) -> Mapping[str, ParameterSpec]:
    """What an operator declares, started as the user says; buffers start the operator's way."""
    found = dict(specs)
    learned = [name for name, spec in specs.items() if spec.trainable]
    for name, definition in init.items():
        if name not in learned:
            close = nearest(name, learned)
            raise AttributeProblem(
                f"{subject} has no parameter '{name}' to initialise", code="init", attribute="init",
                expected=", ".join(learned) or "no `init`: it has no parameters", found=name,
                hint=f"did you mean `{close}`?" if close else None,
            )  # fmt: skip
        found[name] = with_init(found[name], definition, f"{subject}, '{name}'")
    return found


def shared_parameters(
    subject: str, specs: Mapping[str, ParameterSpec], shared: Node, has_init: bool
) -> tuple[Value, ...]:
    """The parameters of `shared`, if they are those that the operator needs."""
    problem: dict[str, Any] = {"code": "share"}
    if has_init:
        raise AttributeProblem(f"{subject} shares '{shared.name}' and cannot have its own `init`", **problem)
    found = dict(zip(shared.parameter_names, shared.parameters, strict=True))
    for name in {**specs, **found}:
        if name not in specs or name not in found:
            raise AttributeProblem(
                f"{subject} cannot share '{shared.name}': only one of them has a parameter '{name}'", **problem,
                expected=", ".join(specs) or "no parameters", found=", ".join(found) or "no parameters",
            )  # fmt: skip
        if specs[name].shape != found[name].type.shape:
            raise AttributeProblem(
                f"{subject} cannot share '{shared.name}': its parameter '{name}' would have another shape", **problem,
                expected=str(TensorType(specs[name].shape)), found=f"{found[name].type} in '{shared.name}'",
                hint="give both inputs of one shape",
            )  # fmt: skip
    return tuple(found[name] for name in specs)
