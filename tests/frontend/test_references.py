"""Attributes that name values and layers, from specs and from Python."""

import pytest

import graphnet as gn
from graphnet.core.diagnostics import SpecError

SPEC = """
graphnet: 1
inputs: {image: [2, 7, 11]}
layers:
  - name: encoder
    sequential:
      - {conv2d: {out_channels: 3, kernel_size: 3, padding: 1}, name: conv}
      - {max_pool2d: 2, name: pool}
  - {conv2d: {out_channels: 3, kernel_size: 1}, name: narrow}
  - {max_unpool2d: encoder.pool, name: unpool}
"""


def wiring(net):
    return [(node.name, node.op, [value.name for value in node.inputs]) for node in net.graph.nodes]


def encoder_and_decoder():
    net = gn.Network("network")
    x = net.input("image", (2, 7, 11))
    with net.scope("encoder"):
        pool = gn.max_pool2d(gn.conv2d(x, 3, kernel_size=3, padding=1, name="conv"), 2, name="pool")
    return net, gn.max_unpool2d(gn.conv2d(pool, 3, kernel_size=1, name="narrow"), pool=pool, name="unpool")


def test_a_spec_and_python_say_the_same() -> None:
    net, y = encoder_and_decoder()
    assert y.shape == ("N", 3, 7, 11)
    spec = gn.loads(SPEC)
    assert wiring(spec) == wiring(net)
    assert "max_unpool2d: encoder.pool" in net.to_yaml()
    assert wiring(gn.loads(net.to_yaml())) == wiring(net)


def refusal(head):
    with pytest.raises(SpecError) as error:
        gn.loads(SPEC.replace("max_unpool2d: encoder.pool", head))
    (diagnostic,) = error.value.diagnostics
    return diagnostic


def test_what_the_spec_may_not_name() -> None:
    assert refusal("max_unpool2d: encoder.conv").expected == "the name of a max_pool2d"
    assert refusal("max_unpool2d: image").expected == "the name of a layer"

    assert refusal("max_unpool2d: encoder.pol").code == "unknown-name"
    assert refusal("max_unpool2d: [1, 2]").expected == "the name of a layer"
    assert refusal("max_unpool2d").code == "missing-attribute"


def test_python_takes_a_tensor() -> None:
    net = gn.Network("network")
    x = gn.max_pool2d(net.input("image", (2, 7, 11)), 2)
    with pytest.raises(SpecError, match=r"what net\.input or a layer returned"):
        gn.max_unpool2d(x, pool="max_pool2d1")


def test_a_scope_that_is_applied_again_uses_its_own_pool() -> None:
    net = gn.Network("network")
    x, other = net.input("image", (2, 7, 11)), net.input("other", (2, 7, 11))
    with net.scope("body"):
        pool = gn.max_pool2d(x, 2, name="pool")
        gn.max_unpool2d(pool, pool=pool, name="unpool")
    gn.share("body", other, name="again")
    again = net["again.unpool"].value.producer
    assert [v.name for v in again.inputs] == ["again.pool", "again.pool:1"]
    assert again.op.pool.name == "again.pool"


def test_a_block_receives_its_pool() -> None:
    spec = """
graphnet: 1
inputs: {image: [2, 7, 11]}
blocks:
  up: {inputs: [x, pool], layers: [{relu, from: x}, {max_unpool2d: pool, name: unpool}]}
layers:
  - {max_pool2d: 2, name: pool}
  - {scale: 2.0, name: doubled}
  - {up, from: [doubled, pool], name: up}
"""
    net = gn.loads(spec)
    unpool = net.graph.nodes[-1]
    assert [v.name for v in unpool.inputs] == ["up.relu1", "pool:1"]
    assert wiring(gn.loads(net.to_yaml())) == wiring(net)


def test_a_value_is_named_like_a_layer() -> None:
    spec = gn.loads("""
graphnet: 1
inputs: {image: [2, 9, 11]}
layers:
  - {conv2d: {out_channels: 3, kernel_size: 4}, name: conv}
  - {center_crop: {like: conv}, from: image, name: crop}
""")
    net = gn.Network("network")
    x = net.input("image", (2, 9, 11))
    y = gn.center_crop(x, like=gn.conv2d(x, 3, kernel_size=4, name="conv"), name="crop")
    assert y.shape == ("N", 2, 6, 8)
    assert wiring(spec) == wiring(net)
    assert wiring(gn.loads(net.to_yaml())) == wiring(net)
