"""Training with compiled kernels: dropout, batch statistics and momentum must all survive a resumption."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphnet.compiler import compile_graph
from graphnet.core.diagnostics import RunError
from graphnet.frontend.network import Network
from graphnet.frontend.python.functions import operator_function
from graphnet.frontend.training import TrainConfig
from graphnet.runtime.module import Module
from graphnet.train.history import History, Row
from graphnet.train.loading import prepare
from graphnet.train.loop import fit
from graphnet.train.run import Callback, Run

CONFIG = TrainConfig.parse(
    {
        "data": "digits", "epochs": 3, "seed": 3, "schedule": {"cosine": {"warmup_epochs": 1}}, "gradient_clip": 2.0,
        "optimizer": {"sgd": {"lr": 0.2, "momentum": 0.9, "weight_decay": 1e-4,
                              "groups": [{"match": "*.bias", "weight_decay": 0, "lr_scale": 2}]}},
    }
)  # fmt: skip


def perceptron() -> Network:
    net = Network("digits")
    x = net.apply("flatten", net.input("image", (1, 8, 8)))
    x = net.apply("batch_norm", net.apply("linear", x, out_features=31, name="hidden"), name="norm")
    x = net.apply("dropout", net.apply("relu", x), p=0.2)
    logits = net.apply("linear", x, out_features=10, name="fc")
    net.output("logits", logits)
    net.loss(operator_function("cross_entropy")(logits, "label"))
    net.metric("accuracy")
    return net


class InterruptAt(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def stepped(self, run: Run) -> None:
        if run.progress.step == self.step:
            os.kill(os.getpid(), signal.SIGINT)


def train(config: TrainConfig = CONFIG, **options: Any) -> tuple[Module, History]:
    net = perceptron()
    module = compile_graph(net, batch_size=64, seed=config.seed)
    training, validation = prepare(config, net.graph, Path())
    return module, fit(module, training, validation, config=config, **options)


def reported(history: History) -> list[Row]:
    return [{k: v for k, v in row.items() if k not in {"seconds", "samples_per_second"}} for row in history.rows]


def test_a_compiled_network_learns_and_resumes_bit_for_bit(tmp_path: Path) -> None:
    whole, expected = train()
    assert expected["val_accuracy"][-1] > 0.93
    _, part = train(out=tmp_path, callbacks=[InterruptAt(37)])
    assert part.interrupted
    resumed, history = train(resume=tmp_path)
    assert reported(history) == reported(expected)
    assert {"norm.running_mean", "norm.num_batches_tracked"} <= set(whole.parameters)
    for path, array in whole.parameters.items():
        np.testing.assert_array_equal(resumed.parameters[path], array)
    for name, array in whole.optimizer_state().items():
        np.testing.assert_array_equal(resumed.optimizer_state()[name], array)


def test_a_rate_that_is_too_high_is_traced_to_a_layer() -> None:
    with pytest.raises(RunError, match=r"the loss is (nan|inf) at epoch 1, step \d+: .*'(hidden|norm|fc)"):
        train(CONFIG.changed(optimizer={"sgd": {"lr": 1e30}}, gradient_clip=None, schedule="constant"))


def test_accumulated_batches_come_close_to_a_large_one() -> None:
    """Not equal: each batch has its own statistics and dropout."""
    _, history = train(CONFIG.changed(batch_size=16, accumulate=4))
    assert history["step"] == [23, 46, 69]
    assert history["val_accuracy"][-1] > 0.9


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("ours", "theirs", "settings"),
    [
        ("sgd", "SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01}),
        ("adamw", "AdamW", {"lr": 0.01}),
    ],
)
def test_a_whole_run_is_pytorchs(ours: str, theirs: str, settings: dict[str, float]) -> None:
    """The same samples in the same order, from the same parameters, with clipping and a schedule, in float64."""
    torch = pytest.importorskip("torch")
    net = Network("mlp")
    x = net.apply("flatten", net.input("image", (1, 8, 8)))
    x = net.apply("tanh", net.apply("linear", x, out_features=31, name="0"))
    logits = net.apply("linear", x, out_features=10, name="2")
    net.output("logits", logits)
    net.loss(operator_function("cross_entropy")(logits, "label"))
    config = TrainConfig.parse(
        {"data": "digits", "epochs": 2, "optimizer": {ours: settings}, "gradient_clip": 0.5, "schedule": {"step": 1}}
    )
    module = compile_graph(net, batch_size=64, dtype="float64")
    training, validation = prepare(config, net.graph, Path())
    twin = torch.nn.Sequential(torch.nn.Linear(64, 31), torch.nn.Tanh(), torch.nn.Linear(31, 10)).double()
    twin.load_state_dict({path: torch.tensor(array) for path, array in module.parameters.items()})
    fit(module, training, validation, config=config)
    optimizer = getattr(torch.optim, theirs)(twin.parameters(), **settings)
    for epoch in range(2):
        optimizer.param_groups[0]["lr"] = settings["lr"] * 0.1**epoch
        for places in np.split(order := training.order(epoch, 0), range(64, len(order), 64)):
            batch = training.batch(places)
            images = torch.tensor(batch["image"].reshape(-1, 64)).double()
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(twin(images), torch.tensor(batch["label"]).long()).backward()
            torch.nn.utils.clip_grad_norm_(twin.parameters(), 0.5)
            optimizer.step()
    for path, tensor in twin.state_dict().items():
        np.testing.assert_allclose(module.parameters[path], tensor.numpy(), rtol=1e-8, atol=1e-10)
