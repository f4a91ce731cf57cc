"""Random batches: every slot gets what its layers and losses need."""

from __future__ import annotations

import numpy as np

import graphnet as gn
from graphnet.testing.batches import random_batch


def network() -> gn.Network:
    net = gn.Network("all_kinds")
    image = net.input("image", (3, 5, 7))
    features = gn.flatten(image)
    net.loss(gn.cross_entropy(gn.linear(features, 4), "label"))
    net.loss(gn.cross_entropy(gn.conv2d(image, 6, kernel_size=1), "mask"))
    net.loss(gn.binary_cross_entropy(gn.linear(features, 1), "yes"))
    net.loss(gn.binary_cross_entropy(gn.linear(features, 11), "tags"))
    net.loss(gn.mse(gn.linear(features, 2), "position"))
    return net


def test_every_slot_gets_its_kind() -> None:
    batch = random_batch(network().graph, 200)
    shapes = {name: array.shape for name, array in batch.items()}
    assert shapes == {
        "image": (200, 3, 5, 7), "label": (200,), "mask": (200, 5, 7), "yes": (200, 1), "tags": (200, 11),
        "position": (200, 2),
    }  # fmt: skip
    assert set(np.unique(batch["label"])) == {0, 1, 2, 3}
    assert set(np.unique(batch["mask"])) == set(range(6))
    assert set(np.unique(batch["yes"])) == {0.0, 1.0}
    assert set(np.unique(batch["tags"])) == {0.0, 1.0}
    assert (batch["tags"].sum(axis=1) == 1).all(), "one class a sample"
    for name in ("image", "position"):
        assert batch[name].std() > 0.8


def test_batches_are_seeded() -> None:
    graph = network().graph
    first, again, other = random_batch(graph, 3), random_batch(graph, 3), random_batch(graph, 3, seed=1)
    for name, array in first.items():
        np.testing.assert_array_equal(array, again[name])
    assert not np.array_equal(first["image"], other["image"])
