"""Augmentations between the data and a network: when they happen, and what they follow from."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphnet.compiler import compile_graph
from graphnet.core.diagnostics import RunError, SpecError
from graphnet.core.types import TensorType
from graphnet.frontend.network import Network
from graphnet.frontend.python.functions import operator_function
from graphnet.frontend.training import TrainConfig
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import AUGMENTATIONS
from graphnet.train.augmenting import Pipeline
from graphnet.train.dataset import Dataset
from graphnet.train.evaluation import evaluate
from graphnet.train.loading import as_dataset, prepare
from graphnet.train.loop import fit

Make = Callable[..., Any]
IMAGE = Slot("image", TensorType.batched(1, 5, 7))
LABEL = Slot("label", TensorType.batched(dtype="int32"), "classes", 3)
DEMAND = Demand((IMAGE,), (LABEL,))
ROWS = np.array([3, 11, 5, 2, 17, 8])
ARRAYS = {"image": np.random.default_rng(0).uniform(size=(6, 1, 5, 7)).astype(np.float32), "label": np.arange(6) % 3}
AUGMENT = [{"random_crop": 2}, {"normalize": {"mean": 0.5, "std": 0.5}}, {"cutout": 2}]


def augmentations(*given: Any) -> tuple[Any, ...]:
    return TrainConfig.parse({"augment": list(given)}).augment


def pipeline(*given: Any, seed: int = 0) -> Pipeline:
    return Pipeline(augmentations(*(given or AUGMENT)), DEMAND, seed)


def test_a_sample_is_changed_alike_in_any_batch_and_otherwise_in_every_epoch() -> None:
    whole = pipeline().for_training(ARRAYS, ROWS, 4)
    some = np.array([4, 1])
    part = pipeline().for_training({name: array[some] for name, array in ARRAYS.items()}, ROWS[some], 4)
    for name in ARRAYS:
        np.testing.assert_array_equal(part[name], whole[name][some])
    others = [pipeline().for_training(ARRAYS, ROWS, 5), pipeline(seed=1).for_training(ARRAYS, ROWS, 4)]
    assert not any(np.array_equal(other["image"], whole["image"]) for other in others)
    twice = pipeline({"random_crop": 2}, {"random_crop": 2}).for_training(ARRAYS, ROWS, 0)["image"]
    once = pipeline({"random_crop": 2}).for_training(ARRAYS, ROWS, 0)["image"]
    again = pipeline({"random_crop": 2}).for_training({**ARRAYS, "image": once}, ROWS, 0)["image"]
    assert not np.array_equal(twice, again)  # the second one draws numbers of its own


def test_only_what_is_no_matter_of_chance_happens_where_a_network_is_judged() -> None:
    normalized = (ARRAYS["image"] - 0.5) / 0.5
    judged = pipeline().for_judging(ARRAYS, ROWS)
    np.testing.assert_allclose(judged["image"], normalized, rtol=1e-6)
    np.testing.assert_array_equal(judged["label"], ARRAYS["label"])
    predicted = pipeline().for_predictions({"image": ARRAYS["image"]}, ROWS)
    np.testing.assert_allclose(predicted["image"], normalized, rtol=1e-6)
    assert set(predicted) == {"image"}
    assert (pipeline().changes_training, pipeline().changes_judging) == (True, True)
    assert (pipeline("random_crop").changes_judging, Pipeline((), DEMAND).changes_training) == (False, False)


def test_all_augmentations_that_make_no_sense_are_named() -> None:
    with pytest.raises(SpecError) as caught:
        pipeline("mixup", "random_crop", {"color_jitter": {"hue": 0.1}}, {"normalize": {"mean": [1, 2], "std": 1}})
    assert [diagnostic.at for diagnostic in caught.value.diagnostics] == [
        f"train.augment[{place}]" for place in (0, 2, 3)
    ]


def test_data_for_two_views_holds_one_image() -> None:
    views = Demand(tuple(Slot(name, IMAGE.type) for name in ("view1", "view2")), ())
    two = Pipeline(augmentations({"two_views": "random_crop"}, {"normalize": {"mean": 0, "std": 2}}), views)
    assert [slot.name for slot in two.demand.slots] == ["image"]
    made = two.for_training({"image": ARRAYS["image"]}, ROWS, 0)
    assert set(made) == {"view1", "view2"}
    assert not np.array_equal(made["view1"], made["view2"])
    judged = [two.for_judging({"image": ARRAYS["image"]}, ROWS) for _ in range(2)]
    np.testing.assert_array_equal(judged[0]["view1"], judged[1]["view1"])
    assert not np.array_equal(judged[0]["view1"], made["view1"])
    given = dict.fromkeys(("view1", "view2"), ARRAYS["image"])
    np.testing.assert_array_equal(two.for_predictions(given, ROWS)["view2"], ARRAYS["image"] / 2)


# -- in a run ----------------------------------------------------------------------------------------------------

CONFIG = TrainConfig.parse(
    {
        "data": "digits", "epochs": 3, "seed": 5, "validation": 0.3, "accumulate": 2, "batch_size": 16,
        "optimizer": {"sgd": {"lr": 0.3, "momentum": 0.9}},
        "augment": [{"random_crop": 1}, {"random_affine": {"degrees": 10, "scale": [0.9, 1.1]}},
                    {"normalize": {"mean": 0.3, "std": 0.4}}, {"cutout": 3}],
    }
)  # fmt: skip


def digits(network: Network, count: int = 150) -> Dataset:
    data = as_dataset("digits", network.graph)
    return Dataset(data.arrays, data.rows[:count])


@pytest.mark.parametrize("at", [2, 4, 7])
def test_an_augmented_run_goes_on_bit_for_bit(at: int, make_module: Make, network: Network, tmp_path: Path) -> None:
    whole, first, second = (make_module(accumulates=True) for _ in range(3))
    fit(whole, digits(network), config=CONFIG)
    first.on_step = lambda step: os.kill(os.getpid(), signal.SIGINT) if step == at else None
    assert fit(first, digits(network), config=CONFIG, out=tmp_path).interrupted
    assert first.step == at
    fit(second, digits(network), config=CONFIG, resume=tmp_path)
    assert second.step == whole.step == 12
    for path, array in whole.parameters.items():
        np.testing.assert_array_equal(second.parameters[path], array)
    plain = make_module(accumulates=True)
    fit(plain, digits(network), config=CONFIG.changed(augment=None))
    assert not np.array_equal(plain.parameters["fc.weight"], whole.parameters["fc.weight"])


def test_a_run_cannot_go_on_with_other_augmentations(make_module: Make, network: Network, tmp_path: Path) -> None:
    fit(make_module(accumulates=True), digits(network), config=CONFIG, out=tmp_path)
    for augment in (["random_crop"], []):
        module = make_module(accumulates=True)
        with pytest.raises(RunError, match=r"augment was .*'random_crop': 1.*, and is"):
            fit(module, digits(network), config=CONFIG.changed(augment=augment), resume=tmp_path)


def test_batches_are_augmented_in_their_order_and_validation_is_not(make_module: Make, network: Network) -> None:
    module = make_module()
    config = CONFIG.changed(accumulate=1, augment=[{"random_crop": 1}, {"normalize": {"mean": 0.3, "std": 0.4}}])
    seen: dict[str, list[np.ndarray]] = {"train": [], "judged": []}
    step, judge = module.train_step, module.evaluate_batch
    module.train_step = lambda batch: (seen["train"].append(batch["image"]), step(batch))[1]
    module.evaluate_batch = lambda batch: (seen["judged"].append(batch["image"]), judge(batch))[1]
    fit(module, digits(network), config=config.changed(epochs=1))
    kept, held = digits(network).split(0.3, 5)
    assert held is not None
    order = kept.order(0, 5)
    expected = Pipeline.of(config, network.graph).for_training(kept.batch(order), kept.rows[order], 0)["image"]
    np.testing.assert_array_equal(np.concatenate(seen["train"]), expected)
    images = held.batch(np.arange(len(held)))["image"]
    np.testing.assert_allclose(np.concatenate(seen["judged"]), (images - 0.3) / 0.4, rtol=1e-5, atol=1e-6)


def test_data_of_a_spec_is_what_its_augmentations_need(tmp_path: Path) -> None:
    net = Network("views")
    first, second = (net.apply("flatten", net.input(name, (1, 8, 8))) for name in ("view1", "view2"))
    net.output("sum", net.apply("add", first, second))
    config = TrainConfig.parse({"data": "digits", "augment": ["two_views"]})
    training, held = prepare(config, net.graph, tmp_path)
    assert (set(training.arrays), held is not None) == ({"image"}, True)
    given = as_dataset({"image": np.zeros((4, 1, 8, 8))}, net.graph, augment=config.augment)
    assert len(given) == 4
    with pytest.raises(SpecError, match="lacks 'image'"):
        as_dataset({name: np.zeros((4, 1, 8, 8)) for name in ("view1", "view2")}, net.graph, augment=config.augment)
    with pytest.raises(SpecError, match="digits cannot feed this network"):
        prepare(config.changed(augment=[]), net.graph, tmp_path)


def test_an_evaluation_without_augmentations_takes_the_data_as_it_is(make_module: Make, network: Network) -> None:
    module = make_module()
    pipe = Pipeline((AUGMENTATIONS["random_crop"](),), Demand((Slot("image", TensorType.batched(1, 8, 8)),), (LABEL,)))
    assert evaluate(module, digits(network)) == evaluate(module, digits(network), pipe)


def test_blended_classes_are_learned() -> None:
    """The recipe of `mixup`: divergences from shares have the gradients of shared cross entropies."""
    net = Network("blended")
    x = net.apply("flatten", net.input("image", (1, 8, 8)))
    logits = net.apply("log_softmax", net.apply("linear", x, out_features=10))
    net.output("logits", logits)
    net.loss(operator_function("kl_divergence")(logits, "label", reduction="batchmean"))
    net.metric("accuracy", logits, "label")
    config = TrainConfig.parse(
        {"data": "digits", "epochs": 6, "optimizer": {"sgd": {"lr": 0.3, "momentum": 0.9}}, "augment": [{"mixup": 0.4}]}
    )
    module = compile_graph(net, batch_size=64)
    history = fit(module, *prepare(config, net.graph, Path()), config=config)
    assert history["val_accuracy"][-1] > 0.93
    batch = as_dataset("digits", net.graph).batch(np.arange(64))
    blend = Pipeline.of(config, net.graph).for_training(batch, np.arange(64), 0)
    own, other = np.sort(blend["label"], axis=1)[:, ::-1].T[:2]
    assert 0.5 < own.min() < 0.9 < own.max()
    np.testing.assert_allclose(own + other, 1, rtol=1e-5)
