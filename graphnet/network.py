"""The public network: what `load` returns and `Network("name")` begins, with its drawings.

A network as the front end knows it cannot draw itself: drawings of later stages need the passes, which lie above the
front end. So the class that users meet is made here, where everything below can be seen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphnet.frontend import loader
from graphnet.frontend.network import Network as PlainNetwork


class Network(PlainNetwork):
    __doc__ = PlainNetwork.__doc__


def load(path: str | Path, /, **params: Any) -> Network:
    return Network.of(loader.load(path, **params))


def loads(text: str, /, *, name: str = "<text>", root: str | Path | None = None, **params: Any) -> Network:
    return Network.of(loader.loads(text, name=name, root=root, **params))


load.__doc__, loads.__doc__ = loader.load.__doc__, loader.loads.__doc__
