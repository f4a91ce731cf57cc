"""What a generated kernel may import, gathered for one vector type.

`graphnet.codegen.cpu.float32x16` and its siblings are modules whose every name comes from here, so that a kernel
begins with `from graphnet.codegen.cpu.float32x16 import fma, pointer, tile_14x2_4, vload`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graphnet.codegen.cpu import arithmetic, counters, memory, vector_math
from graphnet.codegen.cpu.constants import constants
from graphnet.codegen.cpu.lane_tile import LaneTile, lane_tile
from graphnet.codegen.cpu.tile import map_tile, tile
from graphnet.codegen.cpu.vectors import vector_type
from graphnet.codegen.cpu.winograd_tile import KINDS

_SHARED = {
    arithmetic: "where maximum minimum fma absolute sqrt floor any_lane hsum hmax hmin imin imax ceildiv",
    memory: "vload vstore sload sstore vload_first vstore_first vload_shifted vlookup vgather vscatter vgather_first "
    "vscatter_first zero prefetch iload istore next_task",
    vector_math: "exp expm1 log log1p tanh sigmoid erf arctan power sin cos",
    counters: "mix_key",
}
# Files that the machine code of a kernel depends on.
SOURCES = tuple(
    Path(__file__).with_name(f"{module}.py")
    for module in (
        *("approximations", "arithmetic", "constants", "counters", "emission", "interpreted_memory", "lane_tile"),
        *("memory", "primitive", "tile", "vector_math", "vectors", "vocabulary", "walking"),
        "winograd_tile",
    )
)
_TILE = re.compile(r"tile_(\d+)x(\d+)_(\d+)")
_MAP_TILE = re.compile(r"map_tile_(\d+)x(\d+)")
_WINOGRAD = re.compile(r"winograd_([a-z]+)_(\d+)")


def vocabulary(dtype: str, lanes: int) -> Callable[[str], Any]:
    """The `__getattr__` of the module of one vector type: gives a primitive by its name."""
    vector = vector_type(dtype, lanes)
    names = {name: getattr(module, name) for module, shared in _SHARED.items() for name in shared.split()}
    names |= constants(vector) | counters.random(vector)

    def primitive_named(name: str) -> Any:
        if name in names:
            return names[name]
        if sizes := _TILE.fullmatch(name):
            return tile(*map(int, sizes.groups()))
        if sizes := _MAP_TILE.fullmatch(name):
            return map_tile(*map(int, sizes.groups()))
        if transform := _WINOGRAD.fullmatch(name):
            return KINDS[transform[1]](int(transform[2]))
        if (kind := LaneTile.named(name)) is not None:
            return lane_tile(kind)
        raise AttributeError(f"there is no primitive {name!r} for {vector.name}")

    return primitive_named
