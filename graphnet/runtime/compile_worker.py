"""A process that compiles kernels: reads paths, one a line, and answers with machine code.

It says `ready` once it is. Each answer is a line of JSON, [symbol, bytes of the object file], and the object file. A
kernel that does not compile ends the process; the caller then tries itself and reports what is wrong.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from graphnet.codegen.cpu import vocabulary
from graphnet.runtime.machine_code import compile_kernel


def main() -> None:
    """Serve until standard input ends."""
    answers, sys.stdout = sys.stdout.buffer, sys.stderr  # whatever a library prints must not end up in an answer
    assert vocabulary  # imported early: it is most of what a first kernel would wait for
    answers.write(b"ready\n")
    answers.flush()
    for line in sys.stdin.buffer:
        code = compile_kernel(Path(json.loads(line)))
        answers.write(json.dumps([code.symbol, len(code.image)]).encode() + b"\n" + code.image)
        answers.flush()


if __name__ == "__main__":
    main()
