"""A network as a spec: the other direction of the front ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from graphnet.core.types import TensorType
from graphnet.frontend.patterns import is_match
from graphnet.frontend.python.term import has_target
from graphnet.frontend.writing.group_facts import owner_of
from graphnet.frontend.writing.to_entries import LayerWriter
from graphnet.frontend.writing.written_settings import changed_settings, written_initialiser, written_training
from graphnet.frontend.writing.yaml_writer import Bare, block
from graphnet.ir.graph import Graph, Node, Value

if TYPE_CHECKING:
    from graphnet.frontend.network import Network

VERSION = 1
"""Of the language."""


def to_yaml(network: Network) -> str:
    """Write a network down with everything spelled out: no params, loops or conditions.

    What is read from the text is the same graph: the same paths, operators, attributes and wiring. Blocks are kept,
    and those whose instances are equal are written once. Budgets (`assert`) are left out: they belong to the spec
    that was read, as it was written.

    Raises:
        SpecError: a spec cannot say it: a scope was left and entered again with layers in between that need it.
    """
    graph = network.graph
    writer = LayerWriter(graph)
    document: dict[str, Any] = {"graphnet": VERSION, "name": network.name}
    if network.doc:
        document["doc"] = network.doc
    document["inputs"] = {value.name: _input(value.type) for value in graph.inputs}
    sections = {
        "blocks": writer.blocks,
        "layers": writer.entries,
        "outputs": _outputs(graph, writer),
        "loss": _losses(graph, network.patterns, writer),
        "metrics": _metrics(graph, writer),
        "init": _loss_inits(graph),
        "freeze": _frozen_alone(graph),
        "train": {} if network.train is None else written_training(network.train),
    }
    document |= {key: section for key, section in sections.items() if section}
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The lines of the document, with space before its larger parts."""
    for key, section in document.items():
        if key in ("blocks", "layers", "outputs", "loss", "train"):
            yield ""
        yield from block({key: section})


def _input(type: TensorType) -> Any:
    shape = list(type.sample_shape)
    return shape if type.dtype == "float" else {"shape": shape, "dtype": type.dtype}


def _outputs(graph: Graph, writer: LayerWriter) -> dict[str, str]:
    """Outputs by name; nothing where the last layer is the output under its own name."""
    if len(graph.outputs) == 1:
        ((name, value),) = graph.outputs.items()
        if value is writer.current and value.producer is not None and value.producer.name.partition(".")[0] == name:
            return {}
    return {name: writer.reference(value) for name, value in graph.outputs.items()}


# -- losses and metrics ----------------------------------------------------------------------------------------------


def _losses(graph: Graph, patterns: Mapping[str, tuple[str, ...]], writer: LayerWriter) -> list[dict[str, Any]]:
    found = []
    for term in graph.losses:
        node = term.value.producer
        assert node is not None, f"loss {term.name} has no node"
        changed = changed_settings(node.op)
        predictions = list(node.inputs[: node.operands])
        if node.op.kind == "regulariser":
            entry = _headed(node.op.name, "pattern", _patterns(graph, node, patterns.get(term.name)), changed)
            predictions = []
        elif has_target(type(node.op)):
            entry = _headed(node.op.name, "target", _target(predictions.pop(), writer), changed)
        else:
            entry = _headed(node.op.name, "target", None, changed)
        if term.name != writer.counted_name(node.op.name):
            entry["name"] = term.name
        entry.update(_from(graph, predictions, writer))
        if term.weight != 1:
            entry["weight"] = term.weight
        found.append(entry)
    return found


def _metrics(graph: Graph, writer: LayerWriter) -> list[dict[str, Any]]:
    found = []
    counts: Counter[str] = Counter()
    for metric in graph.metrics:
        *predictions, target = metric.values
        name: str = metric.definition.name
        counts[name] += 1
        changed = changed_settings(metric.definition)
        if graph.targets == (target,):
            entry = _headed(name, "target", None, changed)
        else:
            entry = _headed(name, "target", _target(target, writer), changed)
        if metric.name != (name if counts[name] == 1 else f"{name}{counts[name]}"):
            entry["name"] = metric.name
        entry.update(_from(graph, predictions, writer))
        found.append(entry)
    return found


def _headed(head: str, primary: str, value: Any, changed: dict[str, Any]) -> dict[str, Any]:
    """A term: what it is about, bare if nothing else is said, and its attributes."""
    if value is None:
        return {head: changed} if changed else Bare({head: None})
    return {head: {primary: value, **changed} if changed else value}


def _target(value: Value, writer: LayerWriter) -> str:
    return value.name if value.role in ("target", "input") else writer.reference(value)


def _from(graph: Graph, predictions: list[Value], writer: LayerWriter) -> dict[str, Any]:
    if not predictions or (len(predictions) == 1 and predictions == list(graph.outputs.values())):
        return {}
    names = [writer.reference(value) for value in predictions]
    return {"from": names[0] if len(names) == 1 else names}


def _patterns(graph: Graph, node: Node, patterns: tuple[str, ...] | None) -> Any:
    """The patterns of a regulariser if they still mean the parameters it reads, else these by their paths."""
    meant = [value.name for value in node.inputs]
    trained = [p.path for p in graph.parameters if p.spec.trainable]
    if patterns is None or [path for path in trained if any(is_match(p, path) for p in patterns)] != meant:
        patterns = tuple(meant)
    return patterns[0] if len(patterns) == 1 else list(patterns)


# -- parameters ------------------------------------------------------------------------------------------------------


def _loss_inits(graph: Graph) -> dict[str, Any]:
    """How the parameters of losses start, where that is not the loss's own way; layers say it themselves."""
    found = {}
    for node in graph.nodes:
        if node.op.kind == "loss" and node.parameters:
            declared = node.op.parameters(*(value.type for value in node.inputs[: node.operands]))
            for spec, value in zip(declared.values(), node.parameters, strict=True):
                init = graph.parameter(value.name).spec.init
                if init != spec.init:
                    found[value.name] = written_initialiser(init)
    return found


def _frozen_alone(graph: Graph) -> list[str]:
    """The parameters that are frozen, in layers that as a whole are not."""
    layers = [node for node in graph.nodes if node.frozen and node.op.kind == "layer" and owner_of(node) == node.name]
    frozen = {value for node in layers for value in node.parameters}
    return [p.path for p in graph.parameters if p.value.frozen and p.value not in frozen]
