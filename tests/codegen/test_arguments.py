"""Argument rows: equal names for equal numbers, other names for others."""

from __future__ import annotations

from graphnet.codegen.arguments import Address, ArgumentRow
from graphnet.core.types import TensorType
from graphnet.ir.graph import Value


def test_zero_and_one_are_written_out() -> None:
    row = ArgumentRow()
    assert [row.number("a", value) for value in (0, 1)] == ["0", "1"]
    assert row.arguments == []


def test_a_name_is_passed_once() -> None:
    row = ArgumentRow()
    assert row.number("x_n", 105) == row.number("x_n", 105) == "x_n"
    assert row.arguments == [105]


def test_another_number_gets_another_name() -> None:
    """An operand that is read twice has its strides once, and two constants."""
    row = ArgumentRow()
    assert [row.number("x_0", value) for value in (-2, -4, -2, -6, -4)] == ["x_0", "x_0_2", "x_0", "x_0_3", "x_0_2"]
    assert row.arguments == [-2, -4, -6]


def test_the_row_is_unpacked_behind_ticket_and_step() -> None:
    row = ArgumentRow()
    x = Value("x", TensorType((3,)))
    row.number("H", 7)
    row.add("x", Address(x))
    row.number("W", 11)
    assert row.unpacking({"x": "pointer"}) == ["x = pointer(args[3])", "H, W = args[2], args[4]"]
