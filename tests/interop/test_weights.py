"""Weights files: what goes in comes out, PyTorch reads and writes them, and what is wrong is said at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from graphnet.core.diagnostics import RunError, SpecError
from graphnet.core.types import TensorType
from graphnet.interop.weights import gather_weights, match_weights, read_weights, save_weights
from graphnet.ir.graph import Initializer, Parameter, ParameterSpec, Value

RNG = np.random.default_rng(7)
ARRAYS = {
    "conv.weight": RNG.normal(size=(5, 3, 2, 2)).astype(np.float32),
    "norm.mean": RNG.normal(size=7),
    "norm.count": np.array(13, dtype=np.int64),
    "fc.weight": RNG.normal(size=(11, 5)).astype(np.float32).T,  # not contiguous
}


def parameters(**shapes: tuple[int, ...]) -> list[Parameter]:
    found = []
    for path, shape in shapes.items():
        spec = ParameterSpec(shape, Initializer("zeros"), counter=path.endswith("count"))
        path = path.replace("__", ".")
        found.append(Parameter(path, Value(path, TensorType(shape), role="parameter"), spec, True))
    return found


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "w.safetensors"
    save_weights(path, ARRAYS, network="lenet5", optimizer={"momentum": np.arange(3.0)}, metadata={"run": "{}"})
    weights = read_weights(path)
    assert set(weights.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert weights.arrays[name].dtype == array.dtype
        assert weights.arrays[name].shape == array.shape
        np.testing.assert_array_equal(weights.arrays[name], array)
    np.testing.assert_array_equal(weights.optimizer["momentum"], np.arange(3.0))
    assert (weights.metadata["network"], weights.metadata["run"]) == ("lenet5", "{}")
    assert weights.metadata["graphnet"][0].isdigit()


def test_the_file_is_safetensors_by_its_definition(tmp_path: Path) -> None:
    """8 bytes of length, a JSON header, then the numbers: read here without the library."""
    save_weights(tmp_path / "w", {"a": ARRAYS["conv.weight"]})
    raw = (tmp_path / "w").read_bytes()
    length = int.from_bytes(raw[:8], "little")
    entry = json.loads(raw[8 : 8 + length])["a"]
    start, end = (8 + length + offset for offset in entry["data_offsets"])
    assert entry["dtype"] == "F32"
    np.testing.assert_array_equal(np.frombuffer(raw[start:end], "<f4").reshape(entry["shape"]), ARRAYS["conv.weight"])


@pytest.mark.oracle
def test_pytorch_reads_and_writes_the_same(tmp_path: Path) -> None:
    torch, files = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    save_weights(tmp_path / "ours", ARRAYS)
    for name, tensor in files.load_file(tmp_path / "ours").items():
        np.testing.assert_array_equal(tensor.numpy(), ARRAYS[name])
    files.save_file({"half": torch.ones(2, dtype=torch.float16)}, tmp_path / "theirs")
    assert read_weights(tmp_path / "theirs").arrays["half"].tolist() == [1, 1]
    files.save_file({"brain": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "brain")
    with pytest.raises(RunError, match=r"'brain' .* BF16"):
        read_weights(tmp_path / "brain")


@pytest.mark.parametrize("keep", [0, 4, 40, 200, -1])
def test_broken_files_are_named(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "w.safetensors"
    save_weights(path, ARRAYS)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RunError, match=r"cannot read .*w\.safetensors"):
        read_weights(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no weights file"):
        read_weights(tmp_path / "none")
    with pytest.raises(RunError, match="cannot read"):
        read_weights(tmp_path)


def test_everything_that_does_not_match_is_in_one_diagnostic() -> None:
    wanted = parameters(conv1__weight=(3, 5), conv1__bias=(3,), fc__weight=(7, 3), norm__count=())
    given = {"conv1.weight": np.zeros((5, 3)), "conv1.bias": np.zeros(3), "fc2.weight": np.zeros((7, 3))}
    with pytest.raises(SpecError) as caught:
        match_weights(given, wanted, source="w.safetensors")
    (diagnostic,) = caught.value.diagnostics
    assert "conv1.weight is (5, 3), not (3, 5)" in diagnostic.found
    assert "missing: fc.weight" in diagnostic.found
    assert "unexpected: fc2.weight" in diagnostic.found
    assert "count" not in diagnostic.found
    assert diagnostic.hint == "is 'fc2.weight' meant for 'fc.weight'?"


def test_what_is_not_strict_takes_what_fits() -> None:
    wanted = parameters(a=(3,), b=(2,))
    assert set(match_weights({"a": np.ones(3), "c": np.ones(1)}, wanted, source="it", strict=False)) == {"a"}
    with pytest.raises(SpecError, match=r"a is \(4,\), not \(3,\)"):
        match_weights({"a": np.ones(4)}, wanted, source="it", strict=False)


def test_long_lists_are_cut() -> None:
    with pytest.raises(SpecError, match="p7 and 12 more"):
        match_weights({}, parameters(**{f"p{k}": (1,) for k in range(20)}), source="it")


def test_weights_are_gathered_below_a_prefix(tmp_path: Path) -> None:
    """A backbone's file has a classifier too, which the network has replaced."""
    save_weights(tmp_path / "resnet.safetensors", {"conv.weight": np.full((2,), 3.0), "fc.weight": np.ones((9,))})
    network = parameters(encoder__conv__weight=(2,), head__weight=(5,))
    found = gather_weights({"encoder": "resnet.safetensors"}, network, tmp_path)
    assert {path: array.tolist() for path, array in found.items()} == {"encoder.conv.weight": [3.0, 3.0]}
    with pytest.raises(SpecError, match="no parameters lie below 'enc'"):
        gather_weights({"enc": "resnet.safetensors"}, network, tmp_path)
    with pytest.raises(SpecError, match=r"missing: head\.weight"):
        gather_weights({"head": "resnet.safetensors"}, network, tmp_path)


def test_a_part_may_come_from_a_network_that_has_it_in_the_same_place(tmp_path: Path) -> None:
    given = {"encoder.conv.weight": np.full((2,), 3.0), "projection.weight": np.ones((9,))}
    save_weights(tmp_path / "simclr.safetensors", given)
    network = parameters(encoder__conv__weight=(2,), head__weight=(5,))
    found = gather_weights({"encoder": "simclr.safetensors"}, network, tmp_path)
    assert {path: array.tolist() for path, array in found.items()} == {"encoder.conv.weight": [3.0, 3.0]}


def test_weights_of_a_whole_network_fit_exactly(tmp_path: Path) -> None:
    save_weights(tmp_path / "all", {"a": np.ones(3), "b": np.ones(2)})
    assert set(gather_weights({"": "all"}, parameters(a=(3,), b=(2,)), tmp_path)) == {"a", "b"}
    with pytest.raises(SpecError, match="unexpected: b"):
        gather_weights({"": "all"}, parameters(a=(3,)), tmp_path)
