"""What entries become: names, paths, branches, references, blocks, loops, conditions, sharing."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from graphnet.core.diagnostics import SpecError
from graphnet.core.types import TensorType
from graphnet.frontend.loader import load, loads
from graphnet.ir.graph import Graph, Value
from graphnet.ir.operator import REGISTRY, Operator, operator
from graphnet.ops.families.references import Reference

SPECS = Path(__file__).parents[2] / "specs"


def spec(layers: str, *, inputs: str = "{x: [5]}", blocks: str = "", more: str = "") -> str:
    """The text of a spec with these layers."""
    text = f"graphnet: 1\nname: test\ninputs: {inputs}\n{textwrap.dedent(more)}\n"
    if blocks:
        text += "blocks:\n" + textwrap.indent(textwrap.dedent(blocks).strip("\n"), "  ") + "\n"
    return text + "layers:\n" + textwrap.indent(textwrap.dedent(layers).strip("\n"), "  ") + "\n"


def graph(layers: str, *, inputs: str = "{x: [5]}", blocks: str = "", more: str = "") -> Graph:
    return loads(spec(layers, inputs=inputs, blocks=blocks, more=more)).graph


def wiring(found: Graph) -> list[str]:
    """The nodes as `name(operands)`."""
    return [
        f"{n.name}({', '.join(v.name for v in n.inputs[: n.operands])})" for n in found.nodes if n.op.kind == "layer"
    ]


def codes(text: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        loads(text)
    return [d.code for d in caught.value.diagnostics]


# -- names and paths -------------------------------------------------------------------------------------------------


def test_names_are_counted_over_all_layers_of_an_operator() -> None:
    found = graph("""
        - linear: 3
        - {linear: 3, name: middle}
        - linear: 3
        - relu
        - sequential: [linear: 3, relu]
        """)
    assert [n.name for n in found.nodes] == ["linear1", "middle", "linear3", "relu1", "linear4", "relu2"]


def test_in_a_named_sequential_entries_are_named_by_position() -> None:
    found = graph("""
        - name: features
          sequential:
            - repeat: 2
              layers: [linear: 3, relu]
            - if: true
              then: [{linear: 3, name: last}]
            - sequential: [relu]
            - name: inner
              sequential: [linear: 3, relu]
            - tanh
        - relu
        """)
    assert [n.name for n in found.nodes] == [
        "features.0", "features.1", "features.2", "features.3", "features.last", "features.5", "features.inner.0",
        "features.inner.1", "features.7", "relu1",
    ]  # fmt: skip
    scopes = {n.name: [(s.name, s.kind) for s in n.scope] for n in found.nodes}
    assert scopes["features.inner.0"] == [("features", "sequential"), ("inner", "sequential")]


def test_block_instances_are_scopes() -> None:
    found = graph(
        "[pair, {pair, name: 0}, {pair, name: again}]",
        blocks="pair: {layers: [linear: 5, {relu, name: act}]}",
    )
    assert [n.name for n in found.nodes] == [
        "pair1.linear1", "pair1.act", "0.linear1", "0.act", "again.linear1", "again.act"
    ]  # fmt: skip
    assert [p.path for p in found.parameters][:2] == ["pair1.linear1.weight", "pair1.linear1.bias"]
    assert [(s.name, s.kind) for s in found.nodes[0].scope] == [("pair1", "pair")]


def test_names_hold_expressions_and_numbers() -> None:
    found = graph("""
        - repeat: 2
          layers: [{relu, name: act$index}]
        - for: {which: [3a, 4e]}
          layers: [{relu, name: "r$(which)_$which"}]
        - {relu, name: 7}
        """)
    assert [n.name for n in found.nodes] == ["act0", "act1", "r3a_3a", "r4e_4e", "7"]


def test_nodes_know_their_lines() -> None:
    text = spec("- relu\n- {linear: 3, name: fc}\n")
    found = loads(text, name="some/spec.yaml").graph
    spans = {n.name: n.span for n in found.nodes}
    span = spans["fc"]
    assert span is not None
    assert (span.file, text.splitlines()[span.line - 1][span.column - 1 : span.end_column - 1]) == (
        "some/spec.yaml",
        "linear",
    )


# -- branches and references -----------------------------------------------------------------------------------------


def test_branches_are_applied_to_the_current_value() -> None:
    found = graph("""
        - linear: 7
        - add:
          - sequential: [linear: 7, relu]
          - []
          - if: false
            then: [relu]
          - [relu, tanh]
          - tanh
        """)
    assert wiring(found) == [
        "linear1(x)", "linear2(linear1)", "relu1(linear2)", "relu2(linear1)", "tanh1(relu2)", "tanh2(linear1)",
        "add1(relu1, linear1, linear1, tanh1, tanh2)",
    ]  # fmt: skip


def test_operands_by_name() -> None:
    found = graph("""
        - {relu, name: a}
        - {tanh, name: b, from: x}
        - {add, from: [a, b, x]}
        - {add: [relu, []], from: a}
        - {add: {branches: [[], relu]}}
        - {add, from: [previous, input]}
        """)
    assert wiring(found)[2:] == [
        "add1(a, b, x)", "relu2(a)", "add2(relu2, a)", "relu3(add2)", "add3(add2, relu3)", "add4(add3, x)",
    ]  # fmt: skip


def test_names_resolve_outward_and_by_dotted_paths() -> None:
    found = graph("""
        - {relu, name: stem}
        - name: encoder
          sequential:
            - {relu, name: pool}
            - name: deep
              sequential: [tanh, {relu, from: pool}, {relu, from: stem}]
        - {tanh, from: encoder.pool}
        - {tanh, from: encoder.deep.0}
        - {add, from: [encoder, encoder.deep]}
        """)
    assert wiring(found) == [
        "stem(x)", "encoder.pool(stem)", "encoder.deep.0(encoder.pool)", "encoder.deep.1(encoder.pool)",
        "encoder.deep.2(stem)", "tanh1(encoder.pool)", "tanh2(encoder.deep.0)",
        "add1(encoder.deep.2, encoder.deep.2)",
    ]  # fmt: skip


def test_the_nearest_position_is_meant() -> None:
    """Positions repeat inside one another, as in PyTorch; the inner one is seen first."""
    found = graph("- name: a\n  sequential:\n  - relu\n  - {name: b, sequential: [tanh, {relu, from: 0}]}\n")
    assert wiring(found)[-1] == "a.b.1(a.b.0)"


def test_siblings_may_use_the_same_names() -> None:
    found = graph("- {name: a, sequential: [{relu, name: y}]}\n- {name: b, sequential: [{relu, name: y}]}\n")
    assert wiring(found) == ["a.y(x)", "b.y(a.y)"]


def test_params_and_layers_may_have_the_same_name() -> None:
    found = graph("- {linear: $words, name: words}\n- linear: $(words.features + words)\n", more="params: {words: 7}")
    assert found.nodes[-1].outputs[0].type == TensorType.batched(14)


# -- blocks ----------------------------------------------------------------------------------------------------------


def test_params_defaults_see_params_before_them_and_the_input() -> None:
    found = graph(
        "[wide: 2, wide: {factor: 3, bias: false}]",
        blocks="""
        wide:
          doc: A layer some times as wide as its input.
          params: {factor, width: $(input.features * factor), bias: true}
          layers: [linear: {out_features: $width, bias: $bias}]
        """,
    )
    shapes = {p.path: p.value.type.shape for p in found.parameters}
    assert shapes == {"wide1.linear1.weight": (10, 5), "wide1.linear1.bias": (10,), "wide2.linear1.weight": (30, 10)}


def test_several_inputs_and_outputs() -> None:
    found = graph(
        """
        - {relu, name: skip}
        - tanh
        - {gate, from: [previous, skip], name: gate}
        - {add, from: [gate, gate.half]}
        """,
        blocks="""
        gate:
          inputs: [a, b]
          layers:
            - {relu, from: a, name: half}
            - {multiply, from: [previous, b], name: whole}
            - relu
          outputs: {whole: whole, half: half}
        """,
    )
    assert wiring(found)[2:] == ["gate.half(tanh1)", "gate.whole(gate.half, skip)", "gate.relu2(gate.whole)",
                                 "add1(gate.whole, gate.half)"]  # fmt: skip


def test_blocks_are_sealed() -> None:
    blocks = "inner: {params: {n: 3}, layers: [linear: $n]}\nleaky: {layers: [linear: $width]}"
    assert codes(spec("[leaky]", blocks=blocks, more="params: {width: 3}")) == ["unused-param", "unknown-name"]
    assert codes(spec("[{relu, name: stem}, peek]", blocks="peek: {layers: [{relu, from: stem}]}")) == ["unknown-name"]
    assert codes(spec("[hide, {relu, from: hide1.act}]", blocks="hide: {layers: [{relu, name: act}]}")) == [
        "unknown-name"
    ]


def test_a_recursion_that_ends() -> None:
    found = graph(
        "[level: 3]",
        blocks="""
        level:
          params: {depth}
          layers:
            - {linear: $(depth + 1), name: down}
            - if: $(depth > 0)
              then: [{level: $(depth - 1), name: inner}]
            - {linear: $(depth + 1), name: up}
        """,
    )
    widths = {p.path: p.value.type.shape for p in found.parameters if p.path.endswith("weight")}
    assert widths == {
        "level1.down.weight": (4, 5), "level1.inner.down.weight": (3, 4), "level1.inner.inner.down.weight": (2, 3),
        "level1.inner.inner.inner.down.weight": (1, 2), "level1.inner.inner.inner.up.weight": (1, 1),
        "level1.inner.inner.up.weight": (2, 1), "level1.inner.up.weight": (3, 2), "level1.up.weight": (4, 3),
    }  # fmt: skip


def test_heads_may_be_params() -> None:
    found = graph(
        "[{$kind: 3, name: a}, $act, body: {act: tanh}]",
        blocks="body: {params: {act: relu}, layers: [$act]}",
        more="params: {kind: linear, act: relu}",
    )
    assert [(n.name, n.op.name) for n in found.nodes] == [("a", "linear"), ("relu1", "relu"), ("body1.tanh1", "tanh")]


# -- loops and conditions --------------------------------------------------------------------------------------------


def test_rows_and_columns() -> None:
    found = graph(
        """
        - for:
            width, count:
              - [3, 1]
              - [$last, 2]
          layers:
            - repeat: $count
              layers: [linear: $(width + index)]
        - for: {width: $widths, name: [a, b]}
          layers: [{linear: $width, name: $name}]
        - for: {"a, b": "$([[2, 3], [4, 5]])"}
          layers: [linear: $(a * b)]
        """,
        more="params: {widths: [11, 13], last: 7}",
    )
    assert [(n.name, n.outputs[0].type.shape[1]) for n in found.nodes] == [
        ("linear1", 3), ("linear2", 7), ("linear3", 8), ("a", 11), ("b", 13), ("linear6", 6), ("linear7", 20)
    ]  # fmt: skip


def test_an_empty_loop_is_the_identity() -> None:
    assert wiring(graph("- repeat: 0\n  layers: [relu]\n- for: {a: []}\n  layers: [relu]\n- tanh\n")) == ["tanh1(x)"]


def test_conditions_choose_an_arm() -> None:
    layers = """
    - if: $deep
      then: [{linear: 3, name: fc}]
      else: [relu]
    - if: $(not deep)
      then: []
      else: [tanh]
    - if: $deep
      else: [{linear: 7, name: fc}]
    """
    assert wiring(graph(layers, more="params: {deep: true}")) == ["fc(x)", "tanh1(fc)"]
    assert wiring(graph(layers, more="params: {deep: false}")) == ["relu1(x)", "fc(relu1)"]


def test_the_other_arm_is_still_read() -> None:
    """It defines nothing, but its mistakes are mistakes."""
    assert codes(spec("- if: false\n  then: [lineer: 3]\n- relu\n")) == ["unknown-operator"]
    assert codes(spec("- if: false\n  then: [add: [[], lineer: 3]]\n- relu\n")) == ["unknown-operator"]
    assert codes(spec("[relu]", blocks="b: {layers: [concat: {branches: [[linear: $(1 + )], []]}]}")) == ["expression"]


# -- share -----------------------------------------------------------------------------------------------------------


def test_a_shared_layer_has_the_same_parameters() -> None:
    found = graph("""
        - {linear: 5, name: cell}
        - repeat: 2
          layers: [share: cell, relu]
        - {share: cell, name: last, from: x}
        """)
    assert wiring(found) == [
        "cell(x)",
        "linear2(cell)",
        "relu1(linear2)",
        "linear3(relu1)",
        "relu2(linear3)",
        "last(x)",
    ]
    assert [p.path for p in found.parameters] == ["cell.weight", "cell.bias"]
    cells = [n for n in found.nodes if n.op.name == "linear"]
    assert len({n.parameters for n in cells}) == 1


BODY = """
body:
  params: {width: 5}
  layers:
    - {linear: $width, name: fc}
    - name: tail
      sequential:
        - linear: $(input.features)
        - {part, name: part}
    - {share: fc, name: again}
part: {layers: [linear: 5]}
"""


def test_a_shared_block_instance_is_expanded_anew() -> None:
    found = graph("[{body, name: one}, {share: one, name: two, from: x}, {share: two}]", blocks=BODY)
    own = ["one.fc", "one.tail.0", "one.tail.part.linear1"]
    assert [p.path for p in found.parameters] == [f"{path}.{p}" for path in own for p in ("weight", "bias")]
    by_name = {n.name: n for n in found.nodes}
    for prefix in ("two", "body3"):
        for path in [*own, "one.again"]:
            assert by_name[path.replace("one", prefix)].parameters == by_name[path].parameters
    assert by_name["one.again"].parameters == by_name["one.fc"].parameters
    assert wiring(found)[4].startswith("two.fc(x)")
    assert wiring(found)[8].startswith("body3.fc(two.again)")


def test_a_named_sequential_can_be_shared() -> None:
    found = graph("""
        - {name: s, sequential: [linear: 5, relu]}
        - {share: s, name: t}
        - share: s
        """)
    assert [n.name for n in found.nodes] == ["s.0", "s.1", "t.0", "t.1", "sequential3.0", "sequential3.1"]
    assert len(found.parameters) == 2


def test_a_share_that_would_have_other_parameters_is_an_error() -> None:
    blocks = """
    body:
      layers:
        - {conv2d: {out_channels: 3, kernel_size: 1}, name: conv}
        - if: $(input.height > 5)
          then: [{conv2d: {out_channels: 3, kernel_size: 1}, name: extra}]
    """
    inputs = "{x: [2, 5, 5], taller: [2, 7, 5], deeper: [4, 5, 5]}"
    for other in ("taller", "deeper"):
        layers = f"[{{body, name: a, from: x}}, {{share: a, from: {other}}}]"
        assert codes(spec(layers, blocks=blocks, inputs=inputs)) == ["share"]
    fewer = graph("[{body, name: a, from: taller}, {share: a, name: b, from: x}]", blocks=blocks, inputs=inputs)
    assert [n.name for n in fewer.nodes] == ["a.conv", "a.extra", "b.conv"]


def test_what_has_no_parameters_may_differ() -> None:
    blocks = "body: {layers: [{linear: 5, name: fc}, {if: $(previous.size == 5 and input.size == 5), then: [relu]}]}"
    found = graph("[{body, name: a}, {share: a, name: b}]", blocks=blocks)
    assert [n.name for n in found.nodes] == ["a.fc", "a.relu1", "b.fc", "b.relu1"]


# -- attributes that name values -------------------------------------------------------------------------------------


@pytest.fixture
def crop_like() -> Iterator[None]:
    """An operator with a reference among its attributes, as max_unpool2d and center_crop have one."""

    @operator("crop_like", primary="like", category="movement")
    class CropLike(Operator):
        like: Reference
        mask: Reference | None = None

        def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
            return (operands[1],)

    yield
    del REGISTRY["crop_like"]


@pytest.mark.usefixtures("crop_like")
def test_references_in_attributes_are_operands() -> None:
    layers = """
    - name: encoder
      sequential: [{linear: 3, name: narrow}]
    - {linear: 7, name: wide}
    - {crop_like: encoder.narrow, name: a}
    - {crop_like: {like: wide, mask: x}, name: b}
    """
    found = graph(layers)
    assert wiring(found)[2:] == ["a(wide, encoder.narrow)", "b(a, wide, x)"]
    a, b = found.nodes[2:]
    assert a.outputs[0].type == TensorType.batched(3)
    assert (a.op.like, a.op.mask, b.op.mask) == ("encoder.narrow", None, "x")


@pytest.mark.usefixtures("crop_like")
def test_references_in_attributes_resolve_as_in_from() -> None:
    assert codes(spec("[crop_like: nowhere]")) == ["unknown-name"]
    assert codes(spec("[crop_like]")) == ["missing-attribute"]
    blocks = "b: {layers: [{relu, name: seen}, crop_like: seen]}"
    assert wiring(graph("[b]", blocks=blocks))[-1] == "b1.crop_like1(b1.seen, b1.seen)"


# -- poison ----------------------------------------------------------------------------------------------------------


def test_one_mistake_is_one_problem() -> None:
    """What follows from it is not reported; what does not, is."""
    text = spec("""
        - {lineer: 3, name: fc}
        - {conv2d: {out_channels: $(fc.channels), kernel_size: 3}}
        - {add: [[], relu]}
        - {linear: 10, name: out, from: [fc]}
        - {share: fc}
        - relu: {slope: 1}
        """, more="outputs: {y: out}\nloss: [mse: z]\nmetrics: [top_k]\nassert: {shapes: {out: [10]}}")  # fmt: skip
    assert codes(text) == ["unknown-operator", "unknown-attribute"]


# -- against torchvision ---------------------------------------------------------------------------------------------


def resnet18_paths() -> list[str]:
    """The keys of torchvision's resnet18().state_dict(), in their order."""
    statistics = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    found = ["conv1.weight", *(f"bn1.{s}" for s in statistics)]
    for layer in range(1, 5):
        for block in range(2):
            for k in (1, 2):
                found += [f"layer{layer}.{block}.conv{k}.weight"]
                found += [f"layer{layer}.{block}.bn{k}.{s}" for s in statistics]
            if layer > 1 and block == 0:
                found += [f"layer{layer}.{block}.downsample.0.weight"]
                found += [f"layer{layer}.{block}.downsample.1.{s}" for s in statistics]
    return [*found, "fc.weight", "fc.bias"]


def test_resnet18_has_torchvisions_paths() -> None:
    found = load(SPECS / "resnet" / "resnet18.yaml").graph
    assert [p.path for p in found.parameters] == resnet18_paths()


def test_densenet_ends_where_it_should() -> None:
    found = load(SPECS / "densenet" / "densenet121.yaml").graph
    shapes = {n.name: n.outputs[0].type.sample_shape for n in found.nodes}
    assert shapes["features.denseblock4.denselayer16.concat1"] == (1024, 7, 7)
    assert shapes["classifier"] == (1000,)


def values_of(found: Graph) -> set[Value]:
    return {v for n in found.nodes for v in n.inputs if v.producer is not None}


def test_every_value_is_made_before_it_is_read() -> None:
    found = load(SPECS / "resnet" / "se_resnet50.yaml").graph
    made: set[Value] = set()
    for node in found.nodes:
        assert {v for v in node.inputs if v.producer is not None} <= made
        made.update(node.outputs)
    assert values_of(found) <= made


# -- bounds ----------------------------------------------------------------------------------------------------------


def test_a_chain_of_many_blocks_is_no_recursion() -> None:
    blocks = (
        "".join(f"b{k}: {{layers: [{{b{k + 1}, name: n}}]}}\n" for k in range(40)) + "b40: {layers: [{relu, name: r}]}"
    )
    found = graph("[b0]", blocks=blocks)
    assert found.nodes[0].name.count(".") == 41


def test_the_longest_lists_are_bounded() -> None:
    assert codes(spec(f"- {{add, from: [{', '.join(['x'] * 300)}]}}")) == ["size"]
    assert codes(spec(f"- add: [{', '.join(['[]'] * 300)}]")) == ["size"]
    assert codes(spec("- relu", more=f"loss: [{', '.join(['mse: y'] * 300)}]")) == ["size"]
    assert codes(spec("- {linear: 3, name: a}", more=f"freeze: [{', '.join(['a.*'] * 300)}]")) == ["size"]
    assert codes(spec(f"- {{relu, name: {'n' * 200}}}")) == ["name"]
