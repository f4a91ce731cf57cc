"""Small networks for the tests of passes."""

from __future__ import annotations

from dataclasses import replace

import graphnet as gn
from graphnet.ir.graph import Graph
from graphnet.transforms.differentiate import attach_loss, differentiate
from graphnet.transforms.lower import lower
from graphnet.transforms.simplify import simplify


def convolutional(channels: int = 5, *, size: int = 7) -> gn.Network:
    """Convolution, batch normalisation and rectifier with a shortcut, pooling, a classifier."""
    net = gn.Network("convolutional")
    x = net.input("x", (3, size, size))
    y = gn.conv2d(x, channels, kernel_size=3, padding=1, name="first")
    z = gn.relu(gn.batch_norm(gn.conv2d(y, channels, kernel_size=3, padding=1, bias=False, name="second")) + y)
    logits = gn.linear(gn.flatten(gn.max_pool2d(z, 2)), 4, name="logits")
    net.output("logits", logits)
    net.loss(gn.cross_entropy(logits, "label"))
    return net


def training_graph(net: gn.Network) -> Graph:
    """Differentiated, lowered and simplified."""
    return simplify(lower(differentiate(attach_loss(net.graph)), training=True))


def prediction_graph(net: gn.Network) -> Graph:
    """The forward pass alone, lowered and simplified."""
    return simplify(lower(replace(net.graph, targets=(), losses=(), metrics=()), training=False))
