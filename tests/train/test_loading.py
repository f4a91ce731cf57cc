"""From specs and Python arrays to data sets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphnet.core.diagnostics import SpecError
from graphnet.core.types import TensorType
from graphnet.frontend.network import Network
from graphnet.frontend.python.functions import operator_function
from graphnet.frontend.training import TrainConfig
from graphnet.ir.data import Slot, demand_of
from graphnet.train.dataset import Dataset
from graphnet.train.loading import as_dataset, prepare


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
