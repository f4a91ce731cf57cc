"""What a layer returns while a network is written in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphnet.core.diagnostics import Diagnostic, SpecError
from graphnet.core.types import DType, Extent
from graphnet.frontend.python.call_site import call_site
from graphnet.ir.graph import Value
from graphnet.ir.operator import REGISTRY

if TYPE_CHECKING:
    from graphnet.frontend.python.builder import NetworkBuilder

SCALE = "scale"
"""The operator y = factor * x + offset, by which numbers take part in arithmetic."""

Operand = Any
"""A tensor or a number; anything else is refused with a message."""


class Tensor:
    """A value of a network that is being written: it has a name and a type, and no numbers yet.

    `x + y`, `x - y`, `x * y` and `x / y` add the layers of these names; with a number on one side, a `scale`.

    Attributes:
        network: what it belongs to.
        value: the value of the graph.
    """

    __array_ufunc__ = None  # so that NumPy leaves `array * tensor` to us, and the message can be clear

    def __init__(self, network: NetworkBuilder, value: Value) -> None:
        self.network, self.value = network, value

    @property
    def name(self) -> str:
        """The path of the layer that computes it, or the input's name."""
        return self.value.name

    @property
    def dtype(self) -> DType:
        return self.value.type.dtype

    @property
    def shape(self) -> tuple[Extent, ...]:
        """All extents; the batch axis is "N"."""
        return self.value.type.shape

    @property
    def size(self) -> int:
        """Number of elements of one sample."""
        return self.value.type.size

    @property
    def channels(self) -> int:
        """The extent of axis 1."""
        return self._extent(1, "channels")

    @property
    def height(self) -> int:
        return self._extent(2, "height")

    @property
    def width(self) -> int:
        return self._extent(3, "width")

    @property
    def features(self) -> int:
        """The extent of the last axis."""
        return self._extent(max(1, len(self.shape) - 1), "features")

    def _extent(self, axis: int, name: str) -> int:
        extent = self.shape[axis] if axis < len(self.shape) else None
        if not isinstance(extent, int):
            raise AttributeError(f"'{self.name}' of shape {self.value.type} has no {name} (axis {axis})")
        return extent

    def __repr__(self) -> str:
        return f"<{self.value} of network '{self.network.name}'>"

    # -- arithmetic --------------------------------------------------------------------------------------------

    def __add__(self, other: Operand) -> Tensor:
        return self._scaled("+", 1.0, other) if _is_number(other) else self.network.apply("add", self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return self._scaled("+", 1.0, other) if _is_number(other) else self.network.apply("add", other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return self._scaled("-", 1.0, -other) if _is_number(other) else self.network.apply("subtract", self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return self._scaled("-", -1.0, other) if _is_number(other) else self.network.apply("subtract", other, self)

    def __mul__(self, other: Operand) -> Tensor:
        return self._scaled("*", other, 0.0) if _is_number(other) else self.network.apply("multiply", self, other)

    def __rmul__(self, other: Operand) -> Tensor:
        return self._scaled("*", other, 0.0) if _is_number(other) else self.network.apply("multiply", other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        if not _is_number(other):
            return self.network.apply("divide", self, other)
        if other == 0:
            raise _refusal(f"'{self.name}' / 0 has no value", "a number other than 0")
        return self._scaled("/", 1.0 / other, 0.0)

    def __rtruediv__(self, other: Operand) -> Tensor:
        if not _is_number(other):
            return self.network.apply("divide", other, self)
        raise _refusal(f"a number cannot be divided by '{self.name}'", "a tensor on both sides of /")

    def __neg__(self) -> Tensor:
        return self.network.apply("negative", self)

    def _scaled(self, sign: str, factor: float, offset: float) -> Tensor:
        """factor * self + offset."""
        if SCALE not in REGISTRY:
            raise _refusal(f"'{self.name}' {sign} a number needs the operator `{SCALE}`", "a tensor on both sides")
        return self.network.apply(SCALE, self, factor=float(factor), offset=float(offset))


def _is_number(other: Operand) -> bool:
    return isinstance(other, int | float) and not isinstance(other, bool)


def _refusal(message: str, expected: str) -> SpecError:
    site = call_site()
    return SpecError(Diagnostic("arithmetic", message, site.span, site.lines, expected=expected, found="a number"))
