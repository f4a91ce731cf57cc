"""The argument row of a kernel: addresses, extents and strides as int64, so that layers of one form share a kernel."""

from __future__ import annotations

from dataclasses import dataclass

from graphnet.ir.graph import Value

TICKET, STEP = 0, 1
"""Slots that every row begins with: the address of the kernel's task counter, and of the step block."""
STEP_BATCH, STEP_KEY, STEP_FIRST_SAMPLE = 0, 1, 2
"""What the step block holds, as int64: samples in this step, random key, number of the first sample."""


@dataclass(frozen=True, eq=False)
class Address:
    """The address of a value's first byte."""

    value: Value


@dataclass(frozen=True, eq=False)
class Scratch:
    """The address of memory that only this kernel uses, `size` elements long."""

    size: int


@dataclass(frozen=True, eq=False)
class WorkerScratch:
    """The address of a table with an address for each worker: of memory, `size` elements long, that is its own.

    All kernels of a program share that memory, since a worker runs one after the other: none finds what it left there.
    """

    size: int


Argument = Address | Scratch | WorkerScratch | int


class ArgumentRow:
    """Names for the slots of a row, filled while a kernel is written."""

    def __init__(self) -> None:
        self.arguments: list[Argument] = []
        self._slots: dict[str, int] = {}

    def add(self, name: str, argument: Argument) -> str:
        """Pass an argument under a name, once."""
        if name not in self._slots:
            self._slots[name] = 2 + len(self.arguments)
            self.arguments.append(argument)
        return name

    def names(self) -> list[str]:
        return list(self._slots)

    def number(self, name: str, value: int) -> str:
        """Pass a number; 0 and 1, which shape the code, are written out instead.

        Returns:
            the text: the name, counted on where it stands for another number already (an operand that is read twice).
        """
        if value in (0, 1):
            return str(value)
        taken, count = name, 1
        while taken in self._slots and self.arguments[self._slots[taken] - 2] != value:
            count += 1
            taken = f"{name}_{count}"
        return self.add(taken, value)

    def unpacking(self, pointers: dict[str, str]) -> list[str]:
        """The lines that name the slots: pointers (by the function that makes each), then numbers."""
        lines = [f"{name} = {make}(args[{self._slots[name]}])" for name, make in pointers.items()]
        numbers = [name for name in self._slots if name not in pointers]
        for start in range(0, len(numbers), 8):
            chunk = numbers[start : start + 8]
            slots = ", ".join(f"args[{self._slots[name]}]" for name in chunk)
            lines.append(f"{', '.join(chunk)} = {slots}")
        return lines
