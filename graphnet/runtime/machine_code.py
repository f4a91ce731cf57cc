"""From a kernel's file to machine code, and from machine code to an address.

    kernel file --compile_kernel--> MachineCode --load--> address

Machine code is an ordinary object file, so it can be kept on disk and loaded without Numba's help.
"""

from __future__ import annotations

import types as python_types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import binding
from numba import cfunc, njit, types
from numba.core.errors import NumbaExperimentalFeatureWarning
from numpy.typing import NDArray

SIGNATURE = types.void(types.CPointer(types.int64), types.int64, types.int64)

# A kernel never raises: with Numba's default model a division by zero would return with outputs unwritten.
_OPTIONS = {"error_model": "numpy"}
# Inner functions are called by kernels only, and always dissolve into them.
_INNER_OPTIONS = _OPTIONS | {"forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@dataclass(frozen=True)
class MachineCode:
    """An object file in memory, and the name of the kernel in it."""

    symbol: str
    image: bytes


def functions_of(path: Path, module: str) -> dict[str, Any]:
    """Run a kernel's file as the module `module` and give its globals."""
    scope: dict[str, Any] = {"__name__": module, "__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), scope)
    return scope


def compile_kernel(path: Path) -> MachineCode:
    """Compile a kernel's file with Numba.

    Symbols carry the name of the file's folder, a digest, so that all kernels can live in one process.
    """
    scope = functions_of(path, f"graphnet_kernels.d{path.parent.name}")
    kernel = scope["kernel"]
    for name, value in list(scope.items()):
        own = isinstance(value, python_types.FunctionType) and value.__code__.co_filename == str(path)
        if own and value is not kernel:
            scope[name] = njit(**_INNER_OPTIONS)(value)
    with warnings.catch_warnings():
        # Where an epilogue has many arguments, Numba also thinks of passing it by address, and says so.
        warnings.simplefilter("ignore", NumbaExperimentalFeatureWarning)
        compiled = cfunc(SIGNATURE, **_OPTIONS)(kernel)
    # The form in which Numba's own cache keeps a library: (name, kind, (object file, bitcode)).
    _, _, (image, _) = compiled._library.serialize_using_object_code()
    return MachineCode(compiled.native_name, image)


def load(code: MachineCode) -> int:
    """Put machine code into this process, for as long as it lives; gives the kernel's address.

    The image must be sound: LLVM does not survive an object file that is none.

    Raises:
        RuntimeError: the symbol is not in it.
    """
    engine = _engine()
    engine.add_object_file(binding.ObjectFileRef.from_data(code.image))
    engine.finalize_object()
    address = int(engine.get_function_address(code.symbol))
    if not address:
        raise RuntimeError(f"{code.symbol} is not in its object file")
    return address


def interpret(path: Path) -> Callable[[NDArray[np.int64], int, int], None]:
    """The kernel of a file as a Python function: its primitives' NumPy bodies run on the same addresses."""
    kernel = functions_of(path, f"graphnet_kernels.d{path.parent.name}")["kernel"]

    def run(args: NDArray[np.int64], worker: int, workers: int) -> None:
        # Python's numbers, unlike NumPy's int64, do not widen float32 arrays that they meet.
        with np.errstate(all="ignore"):
            kernel(args.tolist(), worker, workers)

    return run


@cache
def _engine() -> Any:
    """LLVM's linker in memory. Code stays until the process ends: addresses are handed out freely."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine()
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
