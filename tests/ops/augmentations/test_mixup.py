"""mixup: what is blended with what, and which networks it fits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from graphnet.core.diagnostics import AttributeProblem
from graphnet.core.types import TensorType
from graphnet.ir.data import Demand, Slot
from graphnet.ir.definitions import AUGMENTATIONS

Augment = Callable[..., dict[str, np.ndarray]]


def mixed(augment: Augment, count: int, **settings: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Blended identities, so that the share of each sample shows; and images and targets."""
    image = np.random.default_rng(0).normal(size=(count, 1, 3, 5)).astype(np.float32)
    label = Slot("label", TensorType.batched(count), "one_hot", count)
    made = augment("mixup", image, {"label": (label, np.eye(count, dtype=np.float32))}, **settings)
    return made["label"], made["image"], image


def test_inputs_and_targets_are_blended_with_one_other_sample(augment: Augment) -> None:
    shares, made, image = mixed(augment, 61, alpha=1.0)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(made, np.einsum("ab,bchw->achw", shares, image), rtol=1e-4, atol=1e-6)
    assert ((shares > 0).sum(axis=1) == 2).all()
    assert ((shares > 0).sum(axis=0) == 2).all()
    own = np.diag(shares)
    assert 0.4 < own.mean() < 0.6
    assert own.std() == pytest.approx((1 / 12) ** 0.5, abs=0.05)


def test_a_small_alpha_leaves_most_samples_almost_as_they_are(augment: Augment) -> None:
    own = np.diag(mixed(augment, 301, alpha=0.05)[0])
    assert (np.minimum(own, 1 - own) < 0.05).mean() > 0.75


def test_a_sample_alone_stays_itself(augment: Augment) -> None:
    shares, made, image = mixed(augment, 1)
    np.testing.assert_allclose(made, image, rtol=1e-6)
    assert shares == pytest.approx(1)


def test_whole_numbers_cannot_be_blended() -> None:
    x, label = Slot("x", TensorType.batched(5)), Slot("label", TensorType.batched(dtype="int32"), "classes", 3)
    tokens = Slot("tokens", TensorType.batched(5, dtype="int32"), "classes", 3)
    mixup = AUGMENTATIONS["mixup"]()
    with pytest.raises(AttributeProblem, match="classes of target 'label'") as caught:
        mixup.check(Demand((x,), (label,)))
    assert "kl_divergence" in str(caught.value.hint)
    with pytest.raises(AttributeProblem, match="input 'tokens'"):
        mixup.check(Demand((x, tokens), ()))
    mixup.check(Demand((x,), (Slot("y", TensorType.batched(2)),)))
