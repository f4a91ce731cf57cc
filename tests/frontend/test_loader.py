"""Whole specs: params, families, outputs, losses, patterns, budgets, recipes and warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphnet.core.diagnostics import SpecError
from graphnet.core.types import BATCH, TensorType
from graphnet.frontend.loader import load, loads
from graphnet.frontend.network import Network
from graphnet.ir.graph import Initializer, ParameterSpec
from graphnet.ir.operator import REGISTRY, Operator, operator

HEAD = "graphnet: 1\nname: test\ninputs: {x: [5]}\n"
FC = HEAD + "layers: [{linear: 7, name: a}, relu, {linear: 3, name: b}]\n"


def problems(text: str, **params: Any) -> list[tuple[str, str]]:
    """The codes of what is wrong, each with the text that the span points at."""
    with pytest.raises(SpecError) as caught:
        loads(text, **params)
    lines = text.splitlines()
    return [(d.code, lines[s.line - 1][s.column - 1 : s.end_column - 1] if (s := d.span) else "")
            for d in caught.value.diagnostics]  # fmt: skip


# -- params ----------------------------------------------------------------------------------------------------------

WIDTHS = "graphnet: 1\nparams: {width, deep: false, twice: $(2 * width), sizes: [1]}\ninputs: {x: [5]}\n" + (
    "layers: [linear: $width, linear: $twice, {if: $deep, then: [linear: 2]}, "
    "{for: {s: $sizes}, layers: [linear: $s]}]\n"
)


def widths(net: Network) -> list[object]:
    return [n.outputs[0].type.shape[-1] for n in net.graph.nodes]


def test_params_are_set_from_outside() -> None:
    net = loads(WIDTHS, width=3, deep=True, sizes=(4, 6))
    assert widths(net) == [3, 6, 2, 4, 6]
    assert net.params == {"width": 3, "deep": True, "twice": 6, "sizes": [4, 6]}


def test_numpys_numbers_are_numbers() -> None:
    assert widths(loads(WIDTHS, width=np.int64(3), sizes=np.array([4, 6]))) == [3, 6, 4, 6]


def test_text_from_outside_is_no_expression() -> None:
    text = "graphnet: 1\nparams: {width}\ninputs: {x: [5]}\nlayers: [linear: $width]"
    assert widths(loads(text, width=8)) == [8]
    assert problems(text, width="$(2 ** 3)") == [("value", "$width")]


def test_params_from_outside_must_exist_and_be_plain() -> None:
    assert problems(WIDTHS, width=3, dep=True) == [("unknown-param", "")]
    assert problems(WIDTHS, width=object()) == [("value", "")]
    assert problems(WIDTHS, width=10**30) == [("value", "")]
    assert problems(WIDTHS) == [("missing-param", "width")]


def test_budgets_speak_of_the_spec_as_written() -> None:
    text = "graphnet: 1\nparams: {width: 3}\ninputs: {x: [5]}\nlayers: [linear: $width]\nassert: {parameters: 18}\n"
    assert len(loads(text).budgets) == 1
    assert loads(text, width=4).budgets == ()
    assert problems(text.replace("18", "19")) == [("budget", "19")]


# -- families --------------------------------------------------------------------------------------------------------


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)


BASE = """graphnet: 1
name: base
params: {width: 3, depth, activation: relu}
inputs: {x: [5]}
blocks: {body: {params: {n}, layers: [linear: $n]}}
layers:
  - repeat: $depth
    layers: [body: $width, $activation]
loss: [mse: y]
assert: {parameters: 1}
train: {epochs: 3}
"""


def test_extends(tmp_path: Path) -> None:
    write(tmp_path, base=BASE, middle="graphnet: 1\nextends: base.yaml\nparams: {depth: 2}\nname: middle\n")
    write(tmp_path, leaf="graphnet: 1\nextends: middle.yaml\nparams: {width: 7}\nloss: []\nassert: {parameters: 98}\n")
    net = load(tmp_path / "leaf.yaml")
    assert (net.name, [n.op.name for n in net.graph.nodes]) == ("middle", ["linear", "relu"] * 2)
    assert not net.graph.losses
    assert net.train is not None
    assert list(net.params) == ["width", "depth", "activation"]
    middle = load(tmp_path / "middle.yaml")
    assert [loss.name for loss in middle.graph.losses] == ["mse1"]
    assert middle.budgets == ()
    span = net.graph.nodes[0].span
    assert span is not None
    assert span.file.endswith("base.yaml")


def test_a_param_that_the_family_does_not_use_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, base=BASE, leaf="graphnet: 1\nextends: base.yaml\nparams: {depht: 2}\n")
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "leaf.yaml")
    found = {d.code: d for d in caught.value.diagnostics}
    assert set(found) == {"unused-param", "missing-param"}
    assert found["unused-param"].hint == "did you mean `depth`?"


ENCODER = """graphnet: 1
name: encoder
params: {width: 3, head: true}
inputs: {image: [1000]}
blocks: {fc: {params: {n}, layers: [{linear: $n, name: fc}]}}
layers:
  - {fc: $width, name: first}
  - {relu, name: hidden}
  - if: $head
    then: [{linear: 10, name: last}]
outputs: {out: previous, hidden: hidden}
init: {"first.*": ones}
freeze: ["*.bias"]
loss: [cross_entropy: label]
metrics: [accuracy]
assert: {parameters: 12345}
train: {epochs: 3}
"""


def test_an_import_is_a_block(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    write(tmp_path / "parts", encoder=ENCODER)
    write(tmp_path, net="""graphnet: 1
import: {encoder: parts/encoder.yaml}
inputs: {x: [5]}
layers:
  - {encoder: {head: false, width: 7}, name: e}
  - {linear: 2, name: fc}
  - {encoder: 4, name: f, from: e.hidden}
loss: [mse: y]
""")  # fmt: skip
    found = load(tmp_path / "net.yaml").graph
    assert [n.name for n in found.nodes] == [
        "e.first.fc", "e.hidden", "fc", "f.first.fc", "f.hidden", "f.last", "mse1"
    ]  # fmt: skip
    assert found.parameter("e.first.fc.weight").value.type.shape == (7, 5)
    assert {p.path: p.trainable for p in found.parameters if p.path.endswith("bias")} == {
        "e.first.fc.bias": False, "fc.bias": True, "f.first.fc.bias": False, "f.last.bias": False
    }  # fmt: skip
    assert found.parameter("e.first.fc.weight").spec.init.name == "ones"
    assert found.parameter("f.last.weight").spec.init.name != "ones"
    assert [loss.name for loss in found.losses] == ["mse1"]


def test_an_imports_problems_are_shown_in_its_file(tmp_path: Path) -> None:
    write(tmp_path, encoder=ENCODER.replace("relu", "rellu"))
    write(tmp_path, net="graphnet: 1\nimport: {e: encoder.yaml}\ninputs: {x: [5]}\nlayers: [e, lineer: 3]\n")
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "net.yaml")
    files = [(Path(d.span.file).name, d.span.line) for d in caught.value.diagnostics if d.span]
    assert files == [("net.yaml", 4), ("encoder.yaml", 8)]


def test_paths_never_leave_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "networks" / "family"
    folder.mkdir(parents=True)
    write(tmp_path, secret="graphnet: 1\n")
    write(tmp_path / "networks", base=BASE)
    write(
        folder,
        leaf="graphnet: 1\nextends: ../base.yaml\nparams: {depth: 1}\n",
        out="graphnet: 1\nextends: ../../secret.yaml",
    )
    monkeypatch.chdir(tmp_path / "networks")
    assert load("family/leaf.yaml").name == "base"
    with pytest.raises(SpecError, match="leaves the folder of the specs"):
        load("family/out.yaml")
    monkeypatch.chdir(folder)
    with pytest.raises(SpecError, match="leaves the folder of the specs"):
        load("leaf.yaml")
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    write(folder, linked="graphnet: 1\nextends: link.yaml\n")
    with pytest.raises(SpecError, match="leaves the folder of the specs"):
        load("linked.yaml")


def test_a_folder_called_specs_is_a_root_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "specs" / "family"
    folder.mkdir(parents=True)
    write(tmp_path, secret="graphnet: 1\n")
    write(tmp_path / "specs", base=BASE)
    write(
        folder,
        leaf="graphnet: 1\nextends: ../base.yaml\nparams: {depth: 1}\n",
        out="graphnet: 1\nextends: ../../secret.yaml",
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for place in (folder, elsewhere, tmp_path / "specs"):
        monkeypatch.chdir(place)
        assert load(folder / "leaf.yaml").name == "base"
        with pytest.raises(SpecError, match="leaves the folder of the specs"):
            load(folder / "out.yaml")


def test_texts_refer_to_files_below_their_root(tmp_path: Path) -> None:
    write(tmp_path, base=BASE)
    text = "graphnet: 1\nextends: base.yaml\nparams: {depth: 1}\n"
    assert loads(text, root=tmp_path).name == "base"
    assert problems(text)[0] == ("file", "base.yaml")


@pytest.mark.parametrize("name", ["nowhere.yaml", ".", "binary.yaml", "long.yaml", "\0.yaml"])
def test_files_that_are_no_specs(name: str, tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"graphnet: 1\nname: \xff\xfe\n")
    (tmp_path / "long.yaml").write_text("# " + "x" * 600_000)
    with pytest.raises(SpecError):
        load(tmp_path / name)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "bom.yaml").write_text(FC, encoding="utf-8-sig")
    assert load(tmp_path / "bom.yaml").name == "test"


# -- inputs and outputs ----------------------------------------------------------------------------------------------


def test_inputs() -> None:
    net = loads("graphnet: 1\nparams: {n: 7}\ninputs: {a: [3, $n, $(n + 4)], b: {shape: [5], dtype: int32}, c: []}\n"
                "layers: [{relu, from: a}, {identity, from: b}, {relu, from: c}]\n")  # fmt: skip
    assert [(v.name, v.type) for v in net.graph.inputs] == [
        ("a", TensorType((BATCH, 3, 7, 11))), ("b", TensorType((BATCH, 5), "int32")), ("c", TensorType((BATCH,)))
    ]  # fmt: skip


def test_the_last_layer_is_the_output_under_its_own_name() -> None:
    assert list(loads(FC).graph.outputs) == ["b"]
    assert list(loads(HEAD + "layers: [{name: head, sequential: [relu, linear: 3]}]").graph.outputs) == ["head"]
    assert list(loads(HEAD + "layers: [relu, {if: true, then: [tanh]}]").graph.outputs) == ["tanh1"]
    block = HEAD + "blocks: {b: {layers: [relu, tanh]}}\nlayers: [{b, name: body}]"
    assert list(loads(block).graph.outputs) == ["body"]


def test_declared_outputs() -> None:
    outputs = loads(FC + "outputs: {logits: b, hidden: a}\n").graph.outputs
    assert {name: value.name for name, value in outputs.items()} == {"logits": "b", "hidden": "a"}


# -- losses and metrics ----------------------------------------------------------------------------------------------


def test_losses() -> None:
    found = loads(FC + """params: {weigh: 0.5, both: true}
loss:
  - cross_entropy: label
  - {mse: y, from: a, weight: $weigh, name: reconstruction}
  - if: $both
    then: [{cross_entropy: {target: label, label_smoothing: 0.1}, from: b}]
    else: [{mse: z}]
  - {mse: a, from: relu1}
  - {l2: "*.weight", weight: 5e-4}
  - {l1: ["a.*", "b.bias"]}
""").graph  # fmt: skip
    assert [(t.name, t.weight) for t in found.losses] == [
        ("cross_entropy1", 1.0), ("reconstruction", 0.5), ("cross_entropy2", 1.0), ("mse2", 1.0), ("l21", 5e-4),
        ("l11", 1.0)
    ]  # fmt: skip
    reads = {t.name: [v.name for v in t.value.producer.inputs] for t in found.losses if t.value.producer}
    assert reads["cross_entropy1"] == reads["cross_entropy2"] == ["b", "label"]
    assert reads["reconstruction"] == ["a", "y"]
    assert reads["mse2"] == ["relu1", "a"]
    assert reads["l21"] == ["a.weight", "b.weight"]
    assert reads["l11"] == ["a.weight", "a.bias", "b.bias"]
    assert {v.name: v.type for v in found.targets} == {
        "label": TensorType((BATCH,), "int32"), "y": TensorType((BATCH, 7))
    }  # fmt: skip


def test_an_input_can_be_the_target() -> None:
    found = loads(HEAD + "layers: [linear: 3, linear: 5]\nloss: [mse: x]\n").graph
    assert not found.targets
    assert found.losses[0].value.producer is not None
    assert [v.name for v in found.losses[0].value.producer.inputs] == ["linear2", "x"]


def test_outputs_can_be_called_by_their_names_in_losses() -> None:
    found = loads(FC + "outputs: {logits: b, hidden: a}\nloss: [{cross_entropy: label, from: logits}]\n").graph
    assert found.losses[0].value.producer is not None
    assert found.losses[0].value.producer.inputs[0].name == "b"


def test_metrics_default_to_the_output_and_the_target() -> None:
    text = (
        FC
        + "loss: [cross_entropy: label]\n"
        + "metrics: [accuracy, {top_k: {k: 2}, name: second}, {accuracy: label, from: b}]\n"
    )
    found = loads(text).graph
    assert [m.name for m in found.metrics] == ["accuracy", "second", "accuracy2"]
    assert all([v.name for v in m.values] == ["b", "label"] for m in found.metrics)
    assert found.metrics[1].definition.k == 2


@pytest.fixture
def pull() -> Iterator[None]:
    """A loss of two predictions, without a target and with a parameter, as CLIP's has one."""

    @operator("pull", arity=2, kind="loss", category="loss")
    class Pull(Operator):
        margin: float = 1.0

        def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
            return (TensorType(()),)

        def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
            return {"scale": ParameterSpec((operands[0].size,), Initializer("ones"))}

    yield
    del REGISTRY["pull"]


@pytest.mark.usefixtures("pull")
def test_a_loss_owns_its_parameters_under_its_name() -> None:
    text = FC + 'init: {"near.*": zeros}\nfreeze: ["near.scale"]\nloss: [%s]\n'
    found = loads(text % "{pull: {margin: 2}, from: [a, b], name: near}").graph
    parameter = found.parameter("near.scale")
    assert (parameter.value.type.shape, parameter.spec.init.name, parameter.trainable) == ((7,), "zeros", False)
    assert found.losses[0].value.producer is not None
    assert [v.name for v in found.losses[0].value.producer.inputs] == ["a", "b", "near.scale"]
    plain = FC + "loss: [%s]\n"
    assert problems(plain % "{pull: label, from: [a, b]}") == [("target", "pull")]
    assert problems(plain % "{pull, from: a}") == [("operands", "pull")]
    assert problems(plain % "pull") == [("operands", "pull")]


# -- patterns --------------------------------------------------------------------------------------------------------


def started(net: Network) -> dict[str, str]:
    return {p.path: p.spec.init.name for p in net.graph.parameters if p.spec.trainable}


def test_init_by_pattern_the_innermost_and_the_last_win() -> None:
    net = loads(HEAD + """blocks: {pair: {layers: [{linear: 5, name: one}, {linear: 5, name: two, init: {bias: ones}}]}}
init: {"*": zeros, "*.weight": {normal: {std: 0.1}}}
layers:
  - {linear: 5, name: plain}
  - {pair, name: p, init: {"*.bias": {constant: 3}, "one.*": xavier_normal}}
  - {name: s, init: {"*.weight": ones}, sequential: [linear: 5]}
""")  # fmt: skip
    assert started(net) == {
        "plain.weight": "normal", "plain.bias": "zeros", "p.one.weight": "xavier_normal", "p.one.bias": "xavier_normal",
        "p.two.weight": "normal", "p.two.bias": "ones", "s.0.weight": "ones", "s.0.bias": "zeros",
    }  # fmt: skip


def test_init_leaves_running_statistics_alone() -> None:
    net = loads('graphnet: 1\ninputs: {x: [3, 5, 7]}\nlayers: [{batch_norm, name: bn}]\ninit: {"*": zeros}\n')
    inits = {p.path: p.spec.init.name for p in net.graph.parameters}
    assert (inits["bn.weight"], inits["bn.running_var"]) == ("zeros", "ones")


def frozen(net: Network) -> tuple[list[str], list[str]]:
    """The paths of parameters that are not trained, and the names of frozen layers."""
    trained = [p for p in net.graph.parameters if p.spec.trainable]
    return [p.path for p in trained if not p.trainable], [n.name for n in net.graph.nodes if n.frozen]


def test_freeze() -> None:
    layers = """layers:
  - {conv2d: {out_channels: 4, kernel_size: 1}, name: stem%s}
  - {name: body%s, sequential: [{batch_norm, name: bn}, {conv2d: {out_channels: 2, kernel_size: 1}, name: c}]}
  - {conv2d: {out_channels: 2, kernel_size: 1}, name: top%s}
"""
    head = "graphnet: 1\nparams: {on: true}\ninputs: {x: [3, 5, 7]}\n"
    body = ["body.bn.weight", "body.bn.bias", "body.c.weight", "body.c.bias"]
    by_entry = loads(head + layers % (", freeze: false", ", freeze: $on", ""))
    assert frozen(by_entry) == (body, ["body.bn", "body.c"])
    by_pattern = loads(
        head.replace("params: {on: true}\n", "") + layers % ("", "", "") + 'freeze: ["body.*", "top.bias"]'
    )
    assert frozen(by_pattern) == ([*body, "top.bias"], ["body.bn", "body.c"])
    block = "graphnet: 1\ninputs: {x: [3, 5, 7]}\nblocks: {b: {layers: [batch_norm, {batch_norm, freeze: false}]}}\n"
    assert frozen(loads(block + "layers: [{b, freeze: true}]"))[1] == ["b1.batch_norm1", "b1.batch_norm2"]


# -- budgets ---------------------------------------------------------------------------------------------------------


def test_budgets_that_are_kept() -> None:
    net = loads(FC + """assert:
  parameters: 66
  trainable_parameters: "<= 0.066k"
  macs: "< 0.1k"
  training_memory: "<= 512 MiB"
  inference_memory: "< 1.5 KB"
  shapes: {a: [7], relu1: [7]}
  outputs: {b: [3]}
""")  # fmt: skip
    memory = {b.quantity: b for b in net.budgets if b.quantity.endswith("memory")}
    assert (memory["training_memory"].bound, memory["inference_memory"].bound) == (512 * 2**20, 1500)
    assert memory["training_memory"].holds(512 * 2**20)
    assert not memory["inference_memory"].holds(1500)
    assert "found:    1,500 bytes" in str(memory["inference_memory"].exceeded(1500))
    assert 'inference_memory: "< 1.5 KB"' in str(memory["inference_memory"].exceeded(1500))


def test_parameters_of_frozen_layers_count_but_are_not_trainable() -> None:
    text = FC.replace("name: a}", "name: a, freeze: true}")
    loads(text + "assert: {parameters: 66, trainable_parameters: 24, macs: 56}")
    assert problems(text + "assert: {trainable_parameters: 66}") == [("budget", "66")]


# -- train -----------------------------------------------------------------------------------------------------------


def test_a_recipe() -> None:
    net = loads(FC + """params: {e: 20}
loss: [cross_entropy: label]
train:
  data: digits
  epochs: $e
  batch_size: $(e + 12)
  optimizer: {sgd: {lr: 5e-2, momentum: 0.9, nesterov: true, groups: [{match: "*.bias", weight_decay: 0}]}}
  schedule: {cosine: {warmup_epochs: 1}}
  weights: {a: first.safetensors}
""")  # fmt: skip
    assert net.train is not None
    assert (net.train.epochs, net.train.batch_size, net.train.optimizer.lr) == (20, 32, 0.05)
    assert net.train.weights == {"a": "first.safetensors"}


# -- warnings --------------------------------------------------------------------------------------------------------


def warned(text: str) -> list[str]:
    net = loads(text, name="w.yaml")
    assert all(d.severity == "warning" and d.lines for d in net.warnings)
    return [d.message for d in net.warnings]


def test_pixels_that_nothing_reads() -> None:
    text = "graphnet: 1\ninputs: {x: [1, 7, 7]}\nlayers: [conv2d: {out_channels: 2, kernel_size: 3, stride: %d}]\n"
    assert len(warned(text % 3)) == 2
    assert warned(text % 2) == []


def test_values_that_nothing_reads() -> None:
    text = "graphnet: 1\ninputs: {x: [5], y: [3]}\nlayers: [{relu, from: x}, {tanh, name: lost}, {relu, from: x}]\n"
    assert sorted(warned(text)) == ["nothing reads input 'y'", "nothing reads tanh 'lost'"]


def test_two_losses_on_one_output_and_a_saturated_one() -> None:
    assert len(warned(FC + "loss: [cross_entropy: label, mse: y]\n")) == 1
    saturated = HEAD + "layers: [linear: 3, softmax]\nloss: [cross_entropy: label]\n"
    assert any("logits" in message for message in warned(saturated))


def test_a_clean_spec_has_no_warnings() -> None:
    assert warned(FC + 'loss: [cross_entropy: label, {l2: "*.weight"}]\nmetrics: [accuracy]\n') == []
