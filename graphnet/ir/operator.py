"""The operator contract and the registry: one definition serves YAML, Python, help, reference and tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass

from graphnet.core.types import TensorType
from graphnet.ir.graph import ParameterSpec, Value

if TYPE_CHECKING:
    from graphnet.ir.builder import Builder

T = TypeVar("T", bound=type)


class Operator:
    """What an operator says of itself.

    Subclasses are frozen dataclasses whose fields are the attributes a user may set; `@operator(...)` makes
    them so and registers them. See `graphnet/ops/` for one file each.

    Class attributes:
        name: the YAML key and the Python function.
        primary: the attribute that a bare value sets, or None.
        arity: number of operands; None for two or more, given as branches.
        kind: `layer`, or `loss` (its last operand is the target, its output a scalar), or `regulariser` (operands are
            parameters).
        commutes: operand order does not matter (for isomorphism and common subexpressions).
    """

    name: ClassVar[str]
    primary: ClassVar[str | None] = None
    arity: ClassVar[int | None] = 1
    kind: ClassVar[str] = "layer"
    commutes: ClassVar[bool] = False
    category: ClassVar[str] = "other"  # a heading of the reference, and a colour in drawings
    saturates: ClassVar[bool] = False  # squashes its input (sigmoid, softmax): suspicious before a loss on logits
    expects_logits: ClassVar[bool] = False  # a loss that squashes its input itself

    def infer(self, *operands: TensorType) -> tuple[TensorType, ...]:
        """Types of the outputs; the first is what the user sees.

        Raises:
            AttributeProblem: the operands do not fit; says what would.
        """
        raise NotImplementedError

    def parameters(self, *operands: TensorType) -> Mapping[str, ParameterSpec]:
        """Parameters and buffers by name, for operands that `infer` accepts."""
        return {}

    def target(self, *operands: TensorType) -> TensorType:
        """For a loss: the type its target must have, given the other operands."""
        raise NotImplementedError

    def warnings(self, *operands: TensorType) -> tuple[str, ...]:
        """What is legal but suspicious about these operands."""
        return ()

    def macs(self, *operands: TensorType) -> int:
        """Multiply-adds of contractions for one sample."""
        return 0

    def lower(self, b: Builder, *inputs: Value) -> Value | tuple[Value, ...]:
        """Express the operator by comprehensions, `b.pointwise`, `b.reduce`, `b.contract`, `b.move`.

        Args:
            b: adds the nodes; `b.training` tells a training step from a prediction.
            inputs: operands, then parameters and buffers.

        Returns:
            as many values as `infer` gives types.
        """
        raise NotImplementedError

    def gradient(
        self, b: Builder, gradient: Value, inputs: tuple[Value, ...], outputs: tuple[Value, ...]
    ) -> tuple[Value | None, ...]:
        """The gradients with respect to the inputs, as nodes of the same graph; None where there is none.

        Args:
            b: adds the nodes.
            gradient: of the loss with respect to the first output, in its shape.
            inputs: operands, then parameters and buffers.
            outputs: the node's outputs, those kept for this purpose too.
        """
        raise NotImplementedError


REGISTRY: dict[str, type[Operator]] = {}
"""All operators by name; filled by `graphnet.ops`, which imports every module of its folder."""


@dataclass_transform(frozen_default=True)
def operator(
    name: str, *, primary: str | None = None, arity: int | None = 1, category: str = "other", **traits: Any
) -> Callable[[T], T]:
    """Register an operator class under `name` and make it a frozen, validated dataclass."""

    def register(cls: Any) -> Any:
        cls.name, cls.primary, cls.arity, cls.category = name, primary, arity, category
        for trait, value in traits.items():
            if not hasattr(cls, trait):
                raise TypeError(f"operator {name}: unknown trait {trait}")
            setattr(cls, trait, value)
        made = pydantic_dataclass(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))(cls)
        if name in REGISTRY:
            raise TypeError(f"operator {name} is defined twice: {REGISTRY[name].__module__} and {cls.__module__}")
        REGISTRY[name] = made  # type: ignore[assignment]  # pydantic types the class it makes by its protocol
        return made

    return register
