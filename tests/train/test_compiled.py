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
from graphnet.frontend.functions import operator_function
from graphnet.frontend.network import Network
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
