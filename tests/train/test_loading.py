"""From specs and Python arrays to data sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from graphnet.core.diagnostics import SpecError
from graphnet.core.types import TensorType
from graphnet.frontend.network import Network
from graphnet.frontend.python.functions import operator_function
from graphnet.frontend.training import TrainConfig
from graphnet.ir.data import Slot, demand_of
from graphnet.train.dataset import Dataset
from graphnet.train.loading import as_dataset, choose, prepare, prepare_test


def test_a_spec_holds_out_a_fifth_of_the_digits(network: Network) -> None:
    training, validation = prepare(TrainConfig.parse({"data": "digits"}), network.graph, Path())
    assert validation is not None
    assert (len(training), len(validation)) == (1438, 359)
    assert prepare(TrainConfig.parse({"data": "digits", "validation": 0.0}), network.graph, Path())[1] is None
    training, validation = prepare(TrainConfig.parse({"data": "digits", "validation": 0.5}), network.graph, Path())
    assert validation is not None
    assert (len(training), len(validation)) == (899, 898)


def test_validation_may_be_data_of_its_own_beside_the_spec(network: Network, tmp_path: Path) -> None:
    np.savez(tmp_path / "val.npz", image=np.zeros((5, 8, 8)), label=np.arange(5))
    config = TrainConfig.parse({"data": "digits", "validation": {"npz": "val.npz"}})
    training, validation = prepare(config, network.graph, tmp_path)
    assert validation is not None
    assert (len(training), len(validation)) == (1797, 5)


def test_data_for_tests_is_seen_by_no_run(network: Network) -> None:
    config = TrainConfig.parse({"data": "digits", "test": 0.25, "validation": 0.5})
    training, validation = prepare(config, network.graph, Path())
    test = prepare_test(config, network.graph, Path())
    assert validation is not None
    assert test is not None
    assert (len(training), len(validation), len(test)) == (450, 898, 449)
    rows = np.concatenate([part.rows for part in (training, validation, test)])
    assert sorted(rows) == list(range(1797))
    assert prepare_test(config.changed(test=None), network.graph, Path()) is None
    other = prepare_test(config.changed(seed=1), network.graph, Path())
    assert other is not None
    assert not np.array_equal(other.rows, test.rows)


def test_what_a_source_sets_apart_is_used_for_its_purpose(network: Network, tmp_path: Path) -> None:
    for split, classes in (("train", 4), ("val", 2), ("test", 3)):
        for number in range(classes):
            (tmp_path / "sets" / split / f"{number}").mkdir(parents=True)
            Image.new("L", (8, 8), number).save(tmp_path / "sets" / split / f"{number}" / "a.png")
    config = TrainConfig.parse({"data": {"folder": "sets"}})
    parts = [*prepare(config, network.graph, tmp_path), prepare_test(config, network.graph, tmp_path)]
    assert [len(part) for part in parts if part is not None] == [4, 2, 3]
    training, validation = prepare(config.changed(validation=0.5), network.graph, tmp_path)
    assert (len(training), len(validation or ())) == (2, 2)
    given = config.changed(test="digits", validation="digits")
    assert len(prepare_test(given, network.graph, tmp_path) or ()) == len(
        prepare(given, network.graph, tmp_path)[1] or ()
    )


def test_the_last_split_that_there_is_judges_a_network(network: Network) -> None:
    def chosen(split: str | None = None, **settings: object) -> tuple[int, str]:
        data, found = choose(TrainConfig.parse({"data": "digits", **settings}), network.graph, Path(), split)
        return len(data), found

    assert chosen() == chosen("validation") == (359, "validation")
    assert chosen(test=0.1) == chosen("test", test=0.1) == (180, "test")
    assert chosen(validation=0.0) == chosen("train", validation=0.0) == (1797, "train")
    assert chosen("train", test=0.1) == (1258, "train")
    for split, settings, words in [
        ("test", {}, "no data is set apart for 'test'"),
        ("validation", {"validation": 0.0}, "no data is set apart for 'validation'"),
        ("tset", {}, "there is no split 'tset'"),
    ]:  # fmt: skip
        with pytest.raises(SpecError, match=words):
            chosen(split, **settings)


def test_a_spec_without_data_says_so(network: Network) -> None:
    with pytest.raises(SpecError, match="nothing to train on"):
        prepare(TrainConfig(), network.graph, Path())


def test_data_in_python_has_many_forms(network: Network) -> None:
    x, t = np.zeros((7, 1, 8, 8)), np.arange(7)
    graph = network.graph
    assert len(as_dataset((x, t), graph)) == 7
    assert len(as_dataset({"image": x, "label": t}, graph)) == 7
    assert len(as_dataset("digits", graph)) == 1797
    data = as_dataset((x, t), graph)
    assert as_dataset(data, graph) is data
    for wrong, words in [
        ((x,), "2: image"), (3, "no data"), ("digitz", "did you mean `digits`"), (Dataset({"x": x}), "lacks 'image'"),
    ]:  # fmt: skip
        with pytest.raises(SpecError, match=words):
            as_dataset(wrong, graph)


def of(loss: str, outputs: int, *metrics: str) -> Slot:
    net = Network("net")
    y = net.apply("linear", net.input("x", (3,)), out_features=outputs)
    net.output("y", y)
    net.loss(operator_function(loss)(y, "t"))
    for metric in metrics:
        net.metric(metric)
    return demand_of(net.graph).targets[0]


def test_what_a_target_means_follows_from_losses_and_metrics() -> None:
    labels = TensorType.batched(dtype="int32")
    assert of("cross_entropy", 5) == Slot("t", labels, "classes", 5, ignored=-100)
    assert of("hinge", 5, "accuracy") == Slot("t", labels, "classes", 5)
    assert of("perceptron", 1) == Slot("t", labels, "classes", 2)
    assert of("mse", 5) == Slot("t", TensorType.batched(5))
    assert of("mse", 5, "mean_absolute_error") == Slot("t", TensorType.batched(5))
    assert of("mse", 5, "accuracy") == Slot("t", TensorType.batched(5), "one_hot", 5)
    assert of("binary_cross_entropy", 1) == Slot("t", TensorType.batched(1), "binary", 2)
    assert of("mse", 1, "accuracy") == Slot("t", TensorType.batched(1), "binary", 2)
