"""Parameters and multiply-adds, against published counts and counts made by hand."""

from __future__ import annotations

from graphnet.analysis.cost import Cost, node_costs, node_macs, total_cost
from graphnet.frontend.loader import loads
from graphnet.ir.graph import Graph
from graphnet.transforms.lower import lower

SHARED = """
graphnet: 1
name: shared
inputs: {a: [11], b: [11]}
layers:
  - {linear: 7, name: encoder, from: a}
  - {share: encoder, from: b, name: again}
  - {add, from: [encoder, again]}
  - {linear: {out_features: 3, bias: false}, name: head}
freeze: ["head.*"]
loss: [{cross_entropy: label, from: head}]
"""


def test_resnet18_costs_what_was_published(resnet18: Graph) -> None:
    """torchvision: 11,689,512 parameters, 1.814 GMACs."""
    cost = total_cost(resnet18)
    assert cost == Cost(11_689_512, 11_689_512, 1_814_073_344)
    buffers = sum(p.size for p in resnet18.parameters if not p.spec.trainable)
    assert buffers == 2 * 4800 + 20, "running statistics exist, but are no parameters"


def test_costs_of_nodes_sum_to_the_total(resnet18: Graph) -> None:
    costs = node_costs(resnet18)
    assert sum(c.parameters for c in costs.values()) == 11_689_512
    by_name = {node.name: cost for node, cost in costs.items()}
    assert by_name["conv1"] == Cost(64 * 3 * 7 * 7, 64 * 3 * 7 * 7, 112 * 112 * 64 * 3 * 7 * 7)
    assert by_name["layer4.0.downsample.0"] == Cost(512 * 256, 512 * 256, 7 * 7 * 512 * 256)
    assert by_name["bn1"] == Cost(128, 128, 0)
    assert by_name["fc"] == Cost(513_000, 513_000, 512_000)


def test_shared_weights_count_once_but_are_used_twice() -> None:
    graph = loads(SHARED).graph
    by_name = {node.name: cost for node, cost in node_costs(graph).items()}
    assert by_name["encoder"] == Cost(11 * 7 + 7, 11 * 7 + 7, 11 * 7)
    assert by_name["again"] == Cost(0, 0, 11 * 7)
    assert total_cost(graph).macs == 2 * 11 * 7 + 7 * 3


def test_frozen_weights_are_parameters_that_are_not_trained() -> None:
    cost = total_cost(loads(SHARED).graph)
    assert (cost.parameters, cost.trainable_parameters) == (84 + 21, 84)


def test_lowering_keeps_the_multiply_adds(resnet18: Graph) -> None:
    lowered = lower(resnet18, training=False)
    assert sum(map(node_macs, lowered.nodes)) == total_cost(resnet18).macs
