"""Networks made by hypothesis: whatever is registered takes part, and all of it compiles to right gradients.

The interpreter runs most of them: it walks the very source that is compiled, for each width of vectors.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, find, given, note, reject, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.compiler import compile_graph
from graphnet.ir.operator import REGISTRY
from graphnet.ops.families.references import reference_attributes, resolved
from graphnet.testing.gradients import check_gradients
from graphnet.testing.strategies import attributes, networks, operators, specs

REPRODUCIBLE = settings(
    derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)  # fmt: skip


def check(net: gn.Network, device: str, lanes_bits: int) -> None:
    """The gradients of a network are right with vectors of a width."""
    note(net.to_yaml())
    before = os.environ.get("GRAPHNET_LANES_BITS")
    os.environ["GRAPHNET_LANES_BITS"] = str(lanes_bits)
    try:
        report = check_gradients(compile_graph(net, batch_size=2, device=device), directions=1, elements=1)
    except gn.RunError:
        reject()  # the logarithm of a negative number, and the like
    finally:
        os.environ.pop("GRAPHNET_LANES_BITS")
        os.environ.update({} if before is None else {"GRAPHNET_LANES_BITS": before})
    assert report.passed, str(report)


@settings(REPRODUCIBLE, max_examples=100)
@given(networks(), st.sampled_from([128, 256, 512]))
def test_networks_have_right_gradients(net: gn.Network, lanes_bits: int) -> None:
    check(net, "python", lanes_bits)


@settings(REPRODUCIBLE, max_examples=30)
@given(networks(max_layers=8, layers=operators("layer")), st.sampled_from([128, 512]))
def test_deeper_networks_have_right_gradients(net: gn.Network, lanes_bits: int) -> None:
    check(net, "python", lanes_bits)


@settings(REPRODUCIBLE, max_examples=2, phases=[Phase.generate])
@given(networks(max_layers=4))
def test_compiled_networks_have_right_gradients(net: gn.Network) -> None:
    check(net, "cpu", 512)


@settings(REPRODUCIBLE, max_examples=40)
@given(specs())
def test_specs_give_the_same_network_again(text: str) -> None:
    net = gn.loads(text)
    assert net.to_yaml() == text


@pytest.mark.parametrize("name", operators("layer"))
def test_every_layer_takes_part(name: str) -> None:
    needed = {"max_unpool2d": ["max_pool2d"]}.get(name, [])
    net = find(
        networks(max_layers=3, layers=[name, *needed]), lambda net: any(n.op.name == name for n in net.graph.nodes),
        settings=settings(REPRODUCIBLE, max_examples=400, phases=[Phase.generate]),
    )  # fmt: skip
    assert net.graph.losses


@pytest.mark.parametrize("name", REGISTRY)
def test_attributes_are_within_their_limits(name: str) -> None:
    definition = REGISTRY[name]
    layer = gn.max_pool2d(gn.Network("network").input("x", (2, 8, 8)), 2).value
    names = reference_attributes(definition)
    references = {reference: resolved(definition, reference, layer)[0] for reference in names}

    @settings(REPRODUCIBLE, max_examples=10)
    @given(attributes(definition))
    def make(given_attributes: dict[str, object]) -> None:
        try:
            definition(**given_attributes, **references)
        except gn.SpecError as error:
            raise AssertionError(f"{name} refuses {given_attributes}") from error

    make()


def test_networks_shrink_to_what_matters() -> None:
    net = find(
        networks(max_layers=3, layers=["conv2d", "relu"]),
        lambda net: any(n.op.name == "conv2d" and n.op.stride != (1, 1) for n in net.graph.nodes),
        settings=settings(REPRODUCIBLE, max_examples=200),
    )  # fmt: skip
    assert len(net.graph.nodes) <= 3, net.to_yaml()
