"""Losses over grids of attributes."""

import itertools

import numpy as np
import pytest

from graphnet.ops.binary_cross_entropy import BinaryCrossEntropy
from graphnet.ops.contrastive import Contrastive
from graphnet.ops.cross_entropy import CrossEntropy
from graphnet.ops.hinge import Hinge
from graphnet.ops.huber import Huber
from graphnet.ops.kl_divergence import KLDivergence
from graphnet.ops.l1_loss import L1Loss
from graphnet.ops.mse import MeanSquaredError
from graphnet.ops.nt_xent import NTXent
from graphnet.ops.squared_error import SquaredError
from graphnet.testing.arrays import distinct, labels

pytestmark = pytest.mark.oracle

WEIGHTS = (0.5, 2.0, 0.0, 3.0, 0.25)


@pytest.mark.parametrize("shape", [(7, 5), (3, 5, 7, 11)])
@pytest.mark.parametrize(
    ("smoothing", "weights", "ignore_index"), [*itertools.product([0.0, 0.1, 1.0], [None, WEIGHTS], [-100, 2])]
)
def test_cross_entropy(torch, agree, shape, smoothing, weights, ignore_index) -> None:
    logits, classes = distinct(shape, low=-9, high=9), labels((shape[0], *shape[2:]), 5)
    classes[0] = -100 if ignore_index == -100 else classes[0]
    weight = None if weights is None else torch.tensor(weights, dtype=torch.float64)
    agree(
        CrossEntropy(smoothing, weights, ignore_index),
        lambda x0, x1: torch.nn.functional.cross_entropy(
            x0, x1, weight, ignore_index=ignore_index, label_smoothing=smoothing
        ),
        logits,
        classes,
    )


@pytest.mark.parametrize("shape", [(7, 1), (3, 5), (3, 1, 7, 11)])
def test_elementwise(torch, agree, shape) -> None:
    x, t = distinct(shape, low=-30, high=30), distinct(shape, low=0, high=1, seed=1)
    functional = torch.nn.functional
    agree(BinaryCrossEntropy(), lambda x0, x1: functional.binary_cross_entropy_with_logits(x0, x1), x, t)
    agree(MeanSquaredError(), lambda x0, x1: functional.mse_loss(x0, x1), x, t)
    agree(SquaredError(), lambda x0, x1: functional.mse_loss(x0, x1, reduction="sum"), x, t)
    t[0] = x[0]
    agree(L1Loss(), lambda x0, x1: functional.l1_loss(x0, x1), x, t)
    for delta in (1.0, 0.3, 8.0):
        t[1] = x[1] - delta
        agree(Huber(delta), lambda x0, x1, delta=delta: functional.huber_loss(x0, x1, delta=delta), x, t)


@pytest.mark.filterwarnings("ignore:reduction")
@pytest.mark.parametrize("shape", [(7,), (7, 5), (3, 5, 7, 11)])
@pytest.mark.parametrize(("reduction", "log_target"), [*itertools.product(["mean", "batchmean", "sum"], [False, True])])
def test_kl_divergence(torch, agree, shape, reduction, log_target) -> None:
    x, t = distinct(shape, low=-5, high=0), distinct(shape, low=0, high=1, seed=1)
    agree(
        KLDivergence(reduction, log_target),
        lambda x0, x1: torch.nn.functional.kl_div(x0, x1, reduction=reduction, log_target=log_target),
        x,
        np.log(t) if log_target else t,
    )


@pytest.mark.filterwarnings("ignore:reduction")
def test_kl_divergence_where_nothing_is_wanted(torch, agree) -> None:
    x, t = distinct((7, 5), low=-5, high=0), np.eye(7, 5)
    agree(KLDivergence(), lambda x0, x1: torch.nn.functional.kl_div(x0, x1.detach()), x, t)


@pytest.mark.parametrize("margin", [1.0, 0.3])
def test_hinge_is_the_classes_times_pytorchs(torch, agree, margin) -> None:
    agree(
        Hinge(margin),
        lambda x0, x1: 5 * torch.nn.functional.multi_margin_loss(x0, x1, margin=margin),
        distinct((7, 5)),
        labels((7,), 5),
    )


def test_all_ignored_is_not_a_number_there_either(torch) -> None:
    loss = torch.nn.functional.cross_entropy(torch.zeros(3, 5), torch.full((3,), -100))
    assert np.isnan(loss.item())


@pytest.mark.parametrize("samples", [1, 2, 23])
@pytest.mark.parametrize("temperature", [0.01, 0.1, 0.5, 1.0, 7.0])
def test_nt_xent(torch, agree, samples: int, temperature: float) -> None:
    """As SimCLR's authors compute it: a cross entropy of all similarities but those of views with themselves."""

    def loss(x0, x1):
        views = torch.nn.functional.normalize(torch.cat([x0, x1]))
        logits = views @ views.T / temperature
        logits = logits.masked_fill(torch.eye(2 * samples, dtype=torch.bool), -torch.inf)
        return torch.nn.functional.cross_entropy(logits, torch.arange(2 * samples).roll(samples))

    agree(NTXent(temperature), loss, distinct((samples, 7)), distinct((samples, 7), seed=1))


@pytest.mark.parametrize("samples", [1, 2, 23])
@pytest.mark.parametrize("normalised", [True, False])
def test_contrastive(torch, agree, samples: int, normalised: bool) -> None:
    """As CLIP's authors compute it."""

    def loss(x0, x1, logit_scale):
        logits = logit_scale.exp() * x0 @ x1.T
        labels = torch.arange(samples)
        return sum(torch.nn.functional.cross_entropy(scores, labels) for scores in (logits, logits.T)) / 2

    x, y = distinct((samples, 7)), distinct((samples, 7), seed=1)
    if normalised:
        x, y = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (x, y))
    agree(Contrastive(), loss, x, y)
