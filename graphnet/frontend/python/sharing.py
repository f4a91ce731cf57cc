"""Layers that are applied again with the parameters of an earlier application."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from graphnet.core.diagnostics import AttributeProblem, nearest
from graphnet.core.source import SourceSpan
from graphnet.frontend.assembler import Assembler
from graphnet.frontend.python.references import consumed, referred
from graphnet.ir.graph import Node, Scope, Value
from graphnet.ops.families.references import with_references


def share_layer(
    assembler: Assembler, node: Node, operands: Sequence[Value], name: str, scope: tuple[Scope, ...],
    span: SourceSpan | None, moved: Mapping[Value, Value] = MappingProxyType({}),
) -> Node:  # fmt: skip
    """Apply a node's operator with its parameters to other operands.

    What its attributes name stays the same, but for what has `moved`.
    """
    named = {attribute: moved.get(value, value) for attribute, value in referred(node).items()}
    op, more = with_references(node.op, named)
    return assembler.apply(
        op, [*operands, *more], name=name, scope=scope, span=span, shared=node if node.parameters else None
    )


def share_scope(
    assembler: Assembler, path: str, operands: Sequence[Value], name: str, scope: tuple[Scope, ...],
    span: SourceSpan | None,
) -> Node:  # fmt: skip
    """Apply all layers of a scope again.

    Args:
        assembler: has the scope.
        path: the scope's.
        operands: for the values that the scope read from outside, in the order in which it read them.
        name: of the new scope, inside `scope`.
        scope: what encloses it.
        span: where it was written.

    Returns:
        the last of the new nodes.

    Raises:
        AttributeProblem: there is no such scope, or it read another number of values.
    """
    depth = path.count(".") + 1
    nodes = [node for node in assembler.nodes.values() if ".".join(s.name for s in node.scope[:depth]) == path]
    if not nodes:
        known = [*assembler.nodes, *assembler.scopes]
        close = nearest(path, known)
        raise AttributeProblem(
            f"cannot share '{path}'", code="share", expected="the path of an earlier layer or scope", found=f"'{path}'",
            hint=f"did you mean `{close}`?" if close else None,
        )  # fmt: skip
    inside = {value for node in nodes for value in node.outputs}
    read = [value for node in nodes for value in consumed(node) if value not in inside]
    outer = list(dict.fromkeys(read))
    if len(outer) != len(operands):
        raise AttributeProblem(
            f"cannot share '{path}' with {len(operands)} operand{'s' * (len(operands) != 1)}", code="share",
            expected=f"one for each value that it reads: {', '.join(v.name for v in outer)}", found=str(len(operands)),
        )  # fmt: skip
    moved = dict(zip(outer, operands, strict=True))
    around = (*scope, Scope(name, nodes[0].scope[depth - 1].kind))
    for node in nodes:
        local = node.name.rpartition(".")[2]
        read = [moved[value] for value in consumed(node)]
        made = share_layer(assembler, node, read, local, (*around, *node.scope[depth:]), span, moved)
        moved.update(zip(node.outputs, made.outputs, strict=True))
    return made
