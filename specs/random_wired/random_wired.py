"""Randomly wired networks, built in Python from a networkx graph.

    python specs/random_wired/random_wired.py > specs/random_wired/random_wired.yaml

Xie, Kirillov, Girshick, He, "Exploring randomly wired neural networks for image recognition", 2019: the small regime.
"""

from __future__ import annotations

import sys

import networkx as nx

import graphnet as gn
from graphnet import Tensor


def separable(x: Tensor, channels: int, stride: int = 1) -> Tensor:
    """A rectifier, a 3x3 convolution channel by channel, a 1x1 convolution that mixes them, and a normalisation."""
    inputs = x.shape[1]
    x = gn.relu(x)
    x = gn.conv2d(x, inputs, kernel_size=3, stride=stride, padding=1, groups=inputs, bias=False, name="depthwise")
    x = gn.conv2d(x, channels, kernel_size=1, bias=False, name="pointwise")
    return gn.batch_norm(x, name="bn")


def wired(net: gn.Network, x: Tensor, channels: int, wiring: nx.Graph) -> Tensor:
    """A stage: every edge of the wiring leads from the node of the lower number to that of the higher one.

    A node adds up its inputs with learned weights. Those without inputs read the stage's input and halve its size;
    the stage's value is the mean of the nodes that nothing reads.
    """
    values: dict[int, Tensor] = {}
    for node in sorted(wiring):
        before = sorted(neighbour for neighbour in wiring[node] if neighbour < node)
        with net.scope(f"node{node}"):
            if not before:
                values[node] = separable(x, channels, stride=2)
                continue
            inputs = [values[k] for k in before]
            total = gn.weighted_sum(*inputs, name="sum") if len(inputs) > 1 else inputs[0]
            values[node] = separable(total, channels)
    ends = [values[node] for node in sorted(wiring) if max(wiring[node]) < node]
    return gn.scale(gn.add(*ends), 1 / len(ends)) if len(ends) > 1 else ends[0]


def random_wired(
    *, nodes: int = 32, channels: int = 78, classes: int = 1000, size: int = 224, seed: int = 1
) -> gn.Network:
    """A network of three random stages; the defaults are the paper's small regime, of about 5.6 million parameters.

    Args:
        nodes: of each stage, wired by Watts and Strogatz's model with 4 neighbours and probability 0.75.
        channels: of the first stage; each further one has twice as many.
        classes: of the images.
        size: height and width of the images.
        seed: of the wiring.
    """
    doc = "Three stages wired at random (Xie et al., 2019); written by random_wired.py in this folder."
    net = gn.Network("random_wired", doc)
    x = net.input("image", (3, size, size))
    x = gn.conv2d(x, channels // 2, kernel_size=3, stride=2, padding=1, bias=False, name="conv1")
    x = gn.batch_norm(x, name="bn1")
    with net.scope("conv2"):
        x = separable(x, channels, stride=2 if size > 64 else 1)
    for stage in range(3):
        wiring = nx.connected_watts_strogatz_graph(nodes, 4, 0.75, seed=seed + stage)
        with net.scope(f"stage{stage + 1}"):
            x = wired(net, x, channels * 2**stage, wiring)
    x = gn.relu(gn.batch_norm(gn.conv2d(gn.relu(x), 1280, kernel_size=1, bias=False, name="conv6"), name="bn6"))
    logits = gn.linear(gn.global_avg_pool2d(x), classes, name="fc")
    net.output("logits", logits)
    net.loss(gn.cross_entropy(logits, "label"))
    net.metric("accuracy")
    return net


def spec() -> str:
    """A small one as a spec, for images of 32 x 32, with its count as a budget."""
    net = random_wired(nodes=10, channels=16, classes=10, size=32)
    net.train = gn.TrainConfig(
        data="digits", epochs=20, optimizer={"sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-5}},
        schedule="cosine",
    )  # fmt: skip
    return f"{net.to_yaml()}\nassert: {{parameters: {net.summary().cost.parameters}}}\n"


if __name__ == "__main__":
    sys.stdout.write(spec())
