"""What every emitter does alike: name operands, fill the argument row, assemble the file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from graphnet.codegen.arguments import STEP_BATCH, STEP_KEY, Address, Argument, ArgumentRow
from graphnet.codegen.formula import formulas
from graphnet.codegen.source import KernelSource
from graphnet.codegen.writer import Writer
from graphnet.core.types import BATCH, Extent
from graphnet.ir.comprehension import Comprehension, Loop
from graphnet.ir.graph import Node, Value
from graphnet.ir.layout import Layout
from graphnet.ir.schedule import FusedKernel

POINTERS = {"float": "pointer", "int32": "pointer_i32", "uint8": "pointer_u8", "int64": "pointer_i64"}


@dataclass(frozen=True)
class GeneratedKernel:
    """A kernel's source with the arguments that one use of it passes.

    Attributes:
        source: shared by all uses of the same form.
        arguments: the row after its two leading slots.
        family: of the kernel's body.
    """

    source: KernelSource
    arguments: tuple[Argument, ...]
    family: str


def aligned(op: Comprehension, out: Sequence[Loop]) -> Comprehension:
    """A fused node's comprehension with the loop names of the kernel's body."""
    names = {mine.name: theirs.name for mine, theirs in zip(op.out, out, strict=True)}
    taken = set(names.values())
    names |= {loop.name: loop.name if loop.name not in taken else f"{loop.name}_" for loop in op.reduce}
    return op if all(a == b for a, b in names.items()) else op.renamed(names)


class KernelFrame:
    """The parts of a kernel file that do not depend on its body.

    Attributes:
        row: the argument row, filled as names are used.
        used: primitives to import.
    """

    def __init__(self, kernel: FusedKernel, layouts: Mapping[Value, Layout]) -> None:
        self.kernel, self.layouts = kernel, layouts
        self.row, self.used = ArgumentRow(), {"next_task"}
        self.nodes = [replace(n, op=aligned(n.comprehension, kernel.root.comprehension.out)) for n in kernel.nodes]
        self.inside = {v for node in kernel.nodes for v in node.outputs}
        self._pointers: dict[str, str] = {}
        self._names: dict[Value, str] = {}
        self._streams: dict[int, str] = {}
        self.variables = self._name_results()
        self._needs_batch = False

    @property
    def op(self) -> Comprehension:
        return self.nodes[0].comprehension

    @property
    def out(self) -> Layout:
        return self.layouts[self.kernel.nodes[0].outputs[0]]

    def _name_results(self) -> dict[Value, str]:
        """A variable for each result: `v_tanh`."""
        names: dict[Value, str] = {}
        for mine, node in zip(self.kernel.nodes, self.nodes, strict=True):
            for value in mine.outputs:
                word = "v_" + re.sub(r"\W+", "_", node.comprehension.label)
                same = sum(re.fullmatch(re.escape(word) + r"\d*", name) is not None for name in names.values())
                names[value] = word if same == 0 else f"{word}{same}"
        return names

    def formulas(self) -> list[str]:
        """What the kernel computes, node by node."""
        lines = []
        for mine, node in zip(self.kernel.nodes, self.nodes, strict=True):
            op = node.comprehension
            operands = [node.inputs[r.operand] for r in op.reads]
            reads = [self.variables[v] if v in self.inside else self.pointer(v) for v in operands]
            lines += formulas(op, reads, [self.variables[v] for v in mine.outputs])
        lines += [f"{self.pointer(v)} = {self.variables[v]}" for v in self.kernel.writes]
        return lines

    def pointer(self, value: Value) -> str:
        """The name of an operand's pointer: x, x1, ... for what is read, y, y1, ... for what is written."""
        if value not in self._names:
            letter = "y" if value in self.inside else "x"
            count = sum(name[0] == letter for name in self._names.values())
            name = self._names[value] = letter if count == 0 else f"{letter}{count}"
            self.row.add(name, Address(value))
            self._pointers[name] = POINTERS[value.type.dtype]
            self.used.add(self._pointers[name])
        return self._names[value]

    def names(self) -> set[str]:
        """Everything that the kernel's head defines."""
        return set(self._pointers) | set(self.row.names()) | set(self._streams.values()) | {"N", "step"}

    def extent(self, name: str, extent: Extent) -> str:
        """The text of a loop's extent: `N` for the batch, else an argument named after the loop."""
        if extent == BATCH:
            self._needs_batch = True
            return "N"
        return self.row.number(name.upper() if name.upper() != "N" else "NN", int(extent))

    def batch(self) -> str:
        self._needs_batch = True
        return "N"

    def key(self, stream: int) -> str:
        """The random key of a stream in this step."""
        self.used |= {"mix_key", "uniform"}
        return self._streams.setdefault(stream, f"key{stream}")

    def epilogue(self, body: Writer, variables: set[str]) -> tuple[str, list[str]]:
        """A function that finishes one accumulator of a tile, `acc`, at row `down` and column `across`.

        Args:
            body: of the function.
            variables: of the loops around its calls.

        Returns:
            its source, and the names that it takes besides: what the body uses of the variables and the kernel's head.
        """
        text = str(body)
        words = set(re.findall(r"[A-Za-z_]\w*", text))
        assigned = set(re.findall(r"^\s*(\w+) = ", text, flags=re.MULTILINE)) | {"acc", "down", "across"}
        context = sorted((words & (variables | self.names() | {"args"})) - assigned)
        return f"def epilogue({', '.join(['acc', 'down', 'across', *context])}):\n{text}", context

    def assemble(
        self, label: str, body: Writer, module: str, functions: Sequence[str] = (), remarks: Sequence[str] = ()
    ) -> KernelSource:
        """Put the file together: imports, functions, and the kernel with its arguments unpacked.

        Args:
            label: a name for the kernel, from what its nodes compute.
            body: what follows the unpacking.
            module: of the primitives: `graphnet.codegen.cpu.float32x16`.
            functions: sources of the functions that stand before the kernel.
            remarks: what to say below the formulas.
        """
        head = Writer(1)
        lines = [*self.formulas(), *remarks]
        head.line('"""' + lines[0])
        for line in lines[1:]:
            head.line(line)
        head.line('"""')
        if self._needs_batch or self._streams:
            self.used |= {"iload", "pointer_i64"}
            head.line("step = pointer_i64(args[1])")
        if self._needs_batch:
            head.line(f"N = iload(step, {STEP_BATCH})")
        for line in self.row.unpacking(self._pointers):
            head.line(line)
        for stream, name in self._streams.items():
            head.line(f"{name} = mix_key(iload(step, {STEP_KEY}), {stream})")
        code = "\n".join([str(head), str(body), *functions])
        names = sorted(name for name in self.used if re.search(rf"\b{name}\(", code))
        imports = f"from {module} import (\n    " + ",\n    ".join(names) + ",\n)"
        parts = [imports, *functions, f"def kernel(args, worker, workers):\n{head}\n{body}"]
        return KernelSource(label, "\n\n\n".join(part.strip("\n") for part in parts) + "\n")


def kernel_label(nodes: Sequence[Node]) -> str:
    """A Python identifier that says what a kernel computes: `conv2d_bias_relu`."""
    words = [re.sub(r"\W+", "_", node.comprehension.label) for node in nodes]
    return "_".join(words)[:80]
