"""Losses that compare every sample of a batch with every other, from both front ends to training."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.compiler import compile_graph
from graphnet.ir.definitions import OPTIMIZERS
from graphnet.runtime.module import Module
from graphnet.testing.batches import random_batch
from graphnet.testing.gradients import check_gradients
from graphnet.testing.kernels import check_kernels

Array = np.ndarray[Any, Any]

MOST = 21
SPEC = """\
graphnet: 1
name: pairs
inputs: {image: [7], caption: [5]}

layers:
  - {linear: 11, name: images, from: image}
  - {linear: 11, name: texts, from: caption}

outputs: {images: images, texts: texts}

loss:
  - {nt_xent: {temperature: 0.3}, from: [images, texts]}
  - {contrastive, name: similarity, from: [images, texts], weight: 0.5}
"""


@cache
def network() -> gn.Network:
    net = gn.Network("pairs")
    image, caption = net.input("image", (7,)), net.input("caption", (5,))
    images, texts = gn.linear(image, 11, name="images"), gn.linear(caption, 11, name="texts")
    net.output("images", images)
    net.output("texts", texts)
    net.loss(gn.nt_xent(images, texts, 0.3))
    net.loss(gn.contrastive(images, texts, name="similarity"), weight=0.5)
    return net


@cache
def compiled(threads: int) -> Module:
    return compile_graph(network(), batch_size=MOST, dtype="float32", threads=threads)


def batch(samples: int) -> dict[str, Array]:
    return random_batch(network().graph, samples)


def reference(images: Array, texts: Array, logit_scale: float) -> float:
    """Both losses, from the embeddings."""
    views = np.concatenate([images, texts])
    views = views / np.linalg.norm(views, axis=1, keepdims=True)
    scores = np.exp(views @ views.T / 0.3) * (1 - np.eye(len(views)))
    partners = np.roll(np.arange(len(views)), len(images))
    alike = -np.log(scores[np.arange(len(views)), partners] / scores.sum(axis=1)).mean()
    logits = np.exp(min(logit_scale, np.log(100))) * images @ texts.T
    logits -= logits.max()
    matched = [-np.log(np.diag(np.exp(s)) / np.exp(s).sum(axis=1)).mean() for s in (logits, logits.T)]
    return float(alike + 0.5 * np.mean(matched))


def test_python_and_yaml_say_the_same() -> None:
    assert network().to_yaml() == SPEC
    again = gn.loads(SPEC)
    assert str(again.graph) == str(network().graph)
    assert not again.graph.targets
    assert [p.path for p in again.graph.parameters][-1] == "similarity.logit_scale"
    assert again.graph.parameter("similarity.logit_scale").value.type.shape == ()


@pytest.mark.parametrize("samples", [1, 4, MOST])
def test_every_kernel_is_right_whatever_lay_in_memory(samples: int) -> None:
    module = compile_graph(network(), batch_size=MOST, device="python", dtype="float64")
    assert not check_kernels(module, batch(samples))


@pytest.mark.parametrize("samples", [MOST, 4, 1])
def test_the_compiled_loss_is_that_of_the_step_s_samples(samples: int) -> None:
    """Whatever larger batch came before."""
    module = compiled(1)
    module.loss_and_gradients(batch(MOST))
    found, _ = module.loss_and_gradients(batch(samples))
    embeddings = module.predict(batch(samples))
    scale = float(module.parameters["similarity.logit_scale"])
    assert found == pytest.approx(reference(embeddings["images"], embeddings["texts"], scale), rel=1e-5)


def test_any_number_of_threads_gives_the_same_bits() -> None:
    one, two = (compiled(threads).loss_and_gradients(batch(MOST - 2)) for threads in (1, 2))
    assert one[0] == two[0]
    for path, gradient in one[1].items():
        np.testing.assert_array_equal(gradient, two[1][path], err_msg=path)


def test_gradients_are_finite_differences() -> None:
    module = compile_graph(network(), batch_size=6, device="python")
    report = check_gradients(module, batch(5), directions=1, elements=1)
    assert report.passed, str(report)


def test_training_brings_pairs_together() -> None:
    """Captions are functions of the images, so they can be found."""
    rng = np.random.default_rng(0)
    image = rng.standard_normal((MOST, 7)).astype(np.float32)
    data = {"image": image, "caption": np.tanh(image @ rng.standard_normal((7, 5))).astype(np.float32)}
    module = compile_graph(network(), batch_size=MOST, optimizer=OPTIMIZERS["adam"](lr=0.05))
    losses = [module.train_step(data) for _ in range(60)]
    found = module.predict(data)
    assert losses[-1] < 0.5 * losses[0]
    assert ((found["images"] @ found["texts"].T).argmax(axis=1) == np.arange(MOST)).mean() > 0.9
    assert module.parameters["similarity.logit_scale"] != pytest.approx(np.log(1 / 0.07))


@pytest.mark.parametrize(
    ("term", "message"),
    [
        ("{nt_xent, from: h}", "nt_xent cannot judge 1 value"),
        ("{contrastive, from: [h, h, h]}", "contrastive cannot judge 3 values"),
        ("nt_xent: 0.1", "nt_xent must say what it judges"),
        ("{contrastive: label, from: [h, h]}", "contrastive 'contrastive1' has no target"),
        ("{contrastive, from: [h, x]}", "contrastive 'contrastive1' cannot compare embeddings of two lengths"),
        ("{nt_xent: {temperature: 0}, from: [h, h]}", "nt_xent 'nt_xent1': `temperature` does not fit"),
    ],
)
def test_what_is_wrong_is_said(term: str, message: str) -> None:
    with pytest.raises(gn.SpecError) as error:
        gn.loads(f"graphnet: 1\nname: x\ninputs: {{x: [3]}}\nlayers: [{{linear: 5, name: h}}]\nloss: [{term}]\n")
    assert message in [d.message for d in error.value.diagnostics]
