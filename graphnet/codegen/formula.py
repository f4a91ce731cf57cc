"""What a kernel computes, in the notation of its comprehensions: the first lines of its source."""

from __future__ import annotations

from collections.abc import Callable

from graphnet.ir.comprehension import Comprehension, Result
from graphnet.ir.expression import BatchSize, Call, Constant, Coordinate, Expression, Load, Uniform

SYMBOLS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=", "equal": "==", "not_equal": "!=", "logical_and": "and", "logical_or": "or",
}  # fmt: skip


def formulas(op: Comprehension, reads: list[str], outputs: list[str]) -> list[str]:
    """One line for each output: `y[n, o, h, w] = sum over c, i, j of x[n, c, h + i, w + j] * x1[o, c, i, j]`.

    Args:
        op: the comprehension.
        reads: a name for the operand of each read.
        outputs: a name for each output.
    """

    def element(slot: int) -> str:
        index = (str(i) if i.slot is None else element(i.slot) for i in op.reads[slot].index)
        return f"{reads[slot]}[{', '.join(index)}]"

    place = f"[{', '.join(loop.name for loop in op.out)}]" if op.out else ""
    return [
        f"{name}{place} = {_folded(op, r)}{_text(r.expression, element)}"
        for name, r in zip(outputs, op.results, strict=True)
    ]


def _folded(op: Comprehension, result: Result) -> str:
    if result.fold is None:
        return ""
    word = {"sum": "sum", "max": "largest", "min": "smallest", "argmax": "place of the largest"}[result.fold]
    return f"{word} over {', '.join(loop.name for loop in op.reduce)} of "


def _text(e: Expression, element: Callable[[int], str]) -> str:
    match e:
        case Constant(value):
            return f"{value:g}"
        case Load(slot):
            return element(slot)
        case Coordinate(loop):
            return loop
        case BatchSize():
            return "N"
        case Uniform(_, loops):
            return f"uniform({', '.join(loops)})"
        case Call("negative", (a,)):
            return f"-{_operand(a, element)}"
        case Call(function, (a, b)) if function in SYMBOLS:
            return f"{_operand(a, element)} {SYMBOLS[function]} {_operand(b, element)}"
        case Call(function, arguments):
            return f"{function}({', '.join(_text(a, element) for a in arguments)})"
    raise TypeError(f"no text for {e!r}")


def _operand(e: Expression, element: Callable[[int], str]) -> str:
    text = _text(e, element)
    return f"({text})" if isinstance(e, Call) and (e.function in SYMBOLS or e.function == "negative") else text
