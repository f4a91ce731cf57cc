"""Primitives: Python functions with NumPy bodies that Numba replaces by their lowering.

    @primitive(lambda simd, mask, a, b: simd.where(mask, a, b))
    def where(mask: Mask, a: Vector, b: Vector) -> Vector:
        return np.where(mask, a, b)

The annotations are the primitive's type rule: `Vector` takes a vector, or a number that is splatted; `Mask`, `Index`
(int64) and `Pointer` take just that; the vector type follows from the arguments. So one generated file runs both
compiled and, uncompiled, in the interpreter.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature as parameters_of
from typing import Any, TypeVar

from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin
from numpy.typing import NDArray

from graphnet.codegen.cpu.emission import Address, Booleans, Floats, Simd
from graphnet.codegen.cpu.interpreted_memory import Pointer
from graphnet.codegen.cpu.vectors import MaskType, PointerType, VectorType, vector_of

Vector = NDArray[Any]
Mask = NDArray[Any]
Index = int

__all__ = ["Index", "Mask", "Pointer", "Vector", "operation", "primitive", "register"]

Body = TypeVar("Body", bound=Callable[..., Any])


def primitive(
    emit: Callable[..., Any], *, vector: VectorType | None = None, returns: types.Type | None = None
) -> Callable[[Body], Body]:
    """Attach a lowering to a function.

    Args:
        emit: called as `emit(simd, *arguments)` with `Floats`, `Booleans`, `Address` or a plain LLVM int64 for each
            parameter; gives the result in the same form. If nothing in the call is a vector, it gets the plain
            LLVM builder in place of `simd`.
        vector: the vector type, where it does not follow from the arguments.
        returns: the Numba type of the result, where the annotation does not say.
    """

    def attach(body: Body) -> Body:
        # Annotations are texts, since these modules postpone their evaluation: they name the kinds above.
        described = parameters_of(body)
        kinds = tuple(str(parameter.annotation) for parameter in described.parameters.values())
        result = str(described.return_annotation)
        register(body, _template(kinds, result, vector, returns), _lowering(emit, kinds, vector))
        return body

    return attach


def register(body: Callable[..., Any], rule: type[AbstractTemplate], lowering: Callable[..., Any]) -> None:
    """Tell Numba the type rule and the lowering of a function."""
    rule.key = body
    infer_global(body, types.Function(rule))
    lower_builtin(body, types.VarArg(types.Any))(lowering)


def operation(function: Any, kind: str, result: str, emit: Callable[..., Any]) -> None:
    """Give Python's operator `function` a meaning on vectors or masks, beside those that Numba knows.

    Args:
        function: such as `operator.add`; all its operands are of `kind`, "Vector" or "Mask".
        result: the kind of the result.
        emit: as for `primitive`.
    """
    arity = len(parameters_of(function).parameters)
    kinds = (kind,) * arity
    rule = _template(kinds, result, None, None)
    rule.key = function
    infer_global(function, types.Function(rule))
    own, number = (VectorType, types.Number) if kind == "Vector" else (MaskType, MaskType)
    for operands in {(own,) * arity, (own, number)[:arity], (number, own)[-arity:]}:
        lower_builtin(function, *operands)(_lowering(emit, kinds, None))


def _template(
    kinds: tuple[str, ...], result: str, vector: VectorType | None, returns: types.Type | None
) -> type[AbstractTemplate]:
    """The type rule that `kinds` and `result` describe."""

    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: tuple[types.Type, ...], kws: dict[str, types.Type]) -> Any:
            if kws or len(args) != len(kinds):
                return None
            found = vector or _common_vector(args)
            accepted = [_accept(kind, given, found) for kind, given in zip(kinds, args, strict=True)]
            if None in accepted or (found is None and kinds and "Vector" in kinds):
                return None
            return signature(returns or _result_type(result, found), *accepted)

    return Template


def _lowering(emit: Callable[..., Any], kinds: tuple[str, ...], vector: VectorType | None) -> Callable[..., Any]:
    """Turn `emit` into a lowering function as Numba calls it."""

    def lowering(context: Any, builder: Any, sig: Any, args: tuple[Any, ...]) -> Any:
        found = vector or _common_vector(sig.args)
        simd = Simd(builder, found) if found else None
        wrapped = [_wrap(simd, *argument) for argument in zip(kinds, sig.args, args, strict=True)]
        result = emit(simd or builder, *wrapped)
        if result is None:
            return context.get_dummy_value()
        return result.value if isinstance(result, Floats | Booleans | Address) else result

    return lowering


def _common_vector(args: tuple[types.Type, ...]) -> VectorType | None:
    return next(filter(None, map(vector_of, args)), None)


def _accept(kind: str, given: types.Type, vector: VectorType | None) -> types.Type | None:
    """The type to which an argument is converted, or None if the parameter takes no such thing."""
    given = types.unliteral(given)
    if kind == "Index":
        return types.int64 if isinstance(given, types.Integer | types.Boolean) else None
    if kind == "Vector" and isinstance(given, types.Number):
        return types.int64 if isinstance(given, types.Integer) else types.float64
    wanted = {"Vector": VectorType, "Mask": MaskType, "Pointer": PointerType}[kind]
    return given if isinstance(given, wanted) and vector_of(given) == vector else None


def _result_type(kind: str, vector: VectorType | None) -> types.Type:
    if kind == "Mask" and vector:
        return MaskType(vector)
    return {"Vector": vector, "Index": types.int64, "None": types.void}[kind]


def _wrap(simd: Simd | None, kind: str, given: types.Type, value: Any) -> Any:
    """The form in which a lowering works with an argument."""
    if simd is None or kind == "Index":
        return value
    if kind == "Vector":
        return Floats(simd, value) if isinstance(given, VectorType) else simd.splat(value)
    return Booleans(simd, value) if kind == "Mask" else Address(simd, value)
