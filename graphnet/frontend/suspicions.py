"""What is legal in a whole graph, and still most likely a mistake."""

from __future__ import annotations

from collections.abc import Mapping

from graphnet.core.diagnostics import Diagnostic
from graphnet.core.source import SourceSpan
from graphnet.ir.graph import Graph, Node, Value


def find_suspicions(graph: Graph, spans: Mapping[str, SourceSpan] | None = None) -> list[Diagnostic]:
    """Values that nothing reads, two losses on one value, a loss on logits that reads something squashed.

    Args:
        graph: of a whole network.
        spans: where inputs were declared, by name.

    Returns:
        warnings in the order of their lines; they have spans, and no source lines.
    """
    doubts = [*_unread(graph, spans or {}), *_doubled_losses(graph), *_squashed_twice(graph)]
    return sorted(doubts, key=lambda d: (d.span.line, d.span.column) if d.span else (0, 0))


def _warning(node: Node, message: str, hint: str) -> Diagnostic:
    return Diagnostic("suspicious", message, node.span, hint=hint, severity="warning")


def _unread(graph: Graph, spans: Mapping[str, SourceSpan]) -> list[Diagnostic]:
    read = {value for node in graph.nodes for value in node.inputs} | set(graph.results)
    doubts = [
        _warning(node, f"nothing reads {node.op.name} '{node.name}'", "make it an output, or remove it")
        for node in graph.nodes
        if node.op.kind == "layer" and not any(value in read for value in node.outputs)
    ]
    unused = [value for value in graph.inputs if value not in read]
    doubts += [
        Diagnostic(
            "suspicious", f"nothing reads input '{value.name}'", spans.get(value.name), hint="remove it",
            severity="warning",
        )
        for value in unused
    ]  # fmt: skip
    return doubts


def _doubled_losses(graph: Graph) -> list[Diagnostic]:
    """Two losses that compare the same value are seldom meant; regularisers have no prediction."""
    seen: dict[Value, Node] = {}
    doubts = []
    for node in _losses(graph):
        prediction = node.inputs[0]
        if prediction in seen:
            earlier = seen[prediction].name
            message = f"losses '{earlier}' and '{node.name}' both judge '{prediction.name}'"
            doubts.append(_warning(node, message, "remove one, or say `from` for it"))
        seen.setdefault(prediction, node)
    return doubts


def _squashed_twice(graph: Graph) -> list[Diagnostic]:
    doubts = []
    for node in _losses(graph):
        before = node.inputs[0].producer
        if node.op.expects_logits and before is not None and before.op.saturates:
            message = f"{node.op.name} '{node.name}' expects logits, and reads {before.op.name} '{before.name}'"
            doubts.append(_warning(node, message, f"read what {before.op.name} reads: the loss squashes it itself"))
    return doubts


def _losses(graph: Graph) -> list[Node]:
    return [node for node in graph.nodes if node.op.kind == "loss"]
