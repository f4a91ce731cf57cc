"""The randomly wired network, which is built in Python and kept as a spec."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import networkx as nx
import pytest

import graphnet as gn

FOLDER = Path(__file__).parents[1] / "specs" / "random_wired"


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = spec_from_file_location("random_wired", FOLDER / "random_wired.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_spec_is_what_python_builds(builder: ModuleType) -> None:
    assert builder.spec() == (FOLDER / "random_wired.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("seed", [1, 11])
def test_the_papers_small_regime_has_its_size(builder: ModuleType, seed: int) -> None:
    """Table 2 of the paper: 5.6 million parameters, whatever the wiring."""
    net = builder.random_wired(seed=seed)
    assert net.summary().cost.parameters == pytest.approx(5.6e6, rel=0.03)


def test_layers_are_wired_as_the_graph_says(builder: ModuleType) -> None:
    graph = builder.random_wired(nodes=10, channels=4, classes=3, size=16).graph
    wiring = nx.connected_watts_strogatz_graph(10, 4, 0.75, seed=1)
    before = {node: {k for k in wiring[node] if k < node} for node in wiring}
    for node in graph.nodes:
        if node.name.startswith("stage1.node") and node.name.endswith(".sum"):
            number = int(node.name.split(".")[1].removeprefix("node"))
            read = {int(v.name.split(".")[1].removeprefix("node")) for v in node.inputs[: node.operands]}
            assert read == before[number]
    assert isinstance(gn.loads(builder.spec()), gn.Network)
