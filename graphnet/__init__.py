"""graphnet compiles declarative networks: a spec becomes a graph, the graph becomes kernels, the kernels train.

    import graphnet as gn

    net = gn.load("specs/digits.yaml")        # or written in Python: gn.Network, gn.conv2d, gn.relu, ...
    print(net.summary())
    model = gn.compile(net)
    model.fit()                               # on the data that the spec names

Everything here is imported when it is first used, so that `import graphnet` costs next to nothing.

* `load`, `loads`: a `Network` from a file or a text
* `Network`: written in Python, with one function for every operator: `gn.conv2d(x, 16, kernel_size=3)`; `share`
* `compile`: a network, or the path of a spec, as a `Model` that predicts and trains
* `SpecError`: what is raised for mistakes in specs, with positions; `RunError`: for what goes wrong while running
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "Network": "graphnet.network",
    "load": "graphnet.network",
    "loads": "graphnet.network",
    "compile": "graphnet.model",
    "Model": "graphnet.model",
    "share": "graphnet.frontend.python.functions",
    "Tensor": "graphnet.frontend.python.tensor",
    "TrainConfig": "graphnet.frontend.training",
    "SpecError": "graphnet.core.diagnostics",
    "RunError": "graphnet.core.diagnostics",
    "Diagnostic": "graphnet.core.diagnostics",
}
"""The modules of public names; operators come from the registry."""


def __getattr__(name: str) -> Any:
    """Import a public name, or make an operator's function, at its first use."""
    if name.startswith("__"):
        raise AttributeError(f"module 'graphnet' has no attribute '{name}'")
    if name in _HOMES:
        found = getattr(import_module(_HOMES[name]), name)
    else:
        functions = import_module("graphnet.frontend.python.functions")
        if name not in functions.REGISTRY:
            raise AttributeError(functions.unknown_function(name, [*_HOMES]))
        found = functions.operator_function(name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """All public names, with the functions of the operators."""
    return sorted({*globals(), *_HOMES, *import_module("graphnet.frontend.python.functions").REGISTRY})
