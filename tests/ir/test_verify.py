"""Broken graphs are refused, with the pass and the node to blame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from graphnet.core.diagnostics import InternalError
from graphnet.core.types import BATCH, TensorType
from graphnet.ir.builder import Builder
from graphnet.ir.comprehension import Comprehension, Index, Loop, Read, Result
from graphnet.ir.expression import Load
from graphnet.ir.graph import Graph, Node, Value
from graphnet.ir.verify import verify

X = Value("x", TensorType.batched(5), "input")
N, C = Loop("n", BATCH), Loop("c", 5)
HERE = (Index.of("n"), Index.of("c"))


def graph(*nodes: Node, y: Value | None = None) -> Graph:
    return Graph("test", (X,), nodes, {"y": y if y is not None else nodes[-1].outputs[0]})


def chain() -> list[Node]:
    b = Builder()
    b.pointwise("b", lambda v: v + 1, b.pointwise("a", lambda v: v * 2, X))
    return b.nodes


def comprehension(out: tuple[Loop, ...] = (N, C), index: tuple[Index, ...] = HERE, **others: object) -> Comprehension:
    return Comprehension("f", out, (), (Read(0, index),), (Result(Load(0)),), **others)  # type: ignore[arg-type]


def node(op: Comprehension, types: tuple[TensorType, ...] | None = None) -> Node:
    return Node.make("f", op, [X], types or op.types)


def test_a_sound_graph_is_handed_on() -> None:
    made = graph(*chain())
    assert verify(made, "test") is made
    assert verify(graph(node(comprehension())), "test")


BROKEN: dict[str, tuple[Callable[[], Graph], str]] = {
    "order": (lambda: graph(*reversed(chain())), "reads a: (N, 5), which no earlier node computes"),
    "twice": (lambda: graph(*chain(), chain()[0]), "its name is not unique"),
    "result": (lambda: graph(chain()[0], y=chain()[1].outputs[0]), "the result b: (N, 5) is not computed"),
    "loops": (lambda: graph(node(comprehension((N, replace(N, extent=5))))), "two loops have one name"),
    "types": (lambda: graph(node(comprehension(), (TensorType((5,)),))), "its outputs are not of the types"),
    "rank": (lambda: graph(node(comprehension(index=HERE[:1]))), "with 1 indices"),
    "unknown loop": (lambda: graph(node(comprehension(index=(HERE[0], Index.of("z"))))), "names no loop"),
    "extent": (lambda: graph(node(comprehension((N, replace(C, extent=7))))), "loop c of .* does not run over"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_graphs_are_refused(kind: str) -> None:
    make, message = BROKEN[kind]
    with pytest.raises(InternalError, match=message.replace("(", r"\(").replace(")", r"\)")) as error:
        verify(make(), "some pass")
    assert "some pass" in str(error.value)


def test_a_loop_of_another_length_may_read_a_part() -> None:
    """A slice from the start is shorter than its axis, the first piece of a concat longer: they are marked as parts."""
    b = Builder()
    b.move("first_three", [N, Loop("c", 3)], (X, HERE))
    b.move("padded", [N, Loop("c", 7)], (X, HERE))
    assert [n.comprehension.reads[0].index[1].is_part for n in b.nodes] == [True, True]
    assert [n.comprehension.family for n in b.nodes] == ["movement", "movement"]
    verify(graph(*b.nodes), "test")


def test_what_another_graph_computed_may_be_given() -> None:
    first, second = chain()
    with pytest.raises(InternalError, match="no earlier node"):
        verify(graph(second), "test")
    verify(graph(second), "test", given=first.outputs)
