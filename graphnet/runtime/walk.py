"""The walk of one worker over a program: itself a kernel, compiled and cached like any other.

Its row of arguments, here also as the layout that `program.py` fills in:

| slot | what |
|---|---|
| 0 | unused, as the ticket of other kernels |
| 1 | address of the table: for each kernel its address, its arguments' address, whether a barrier stands before it |
| 2 | number of kernels |
| 3 | address of the counter of arrivals at barriers |
| 4 | what that counter holds before the walk: it only grows, so that a worker which still waits sees its own end |
| 5 | address of nanoseconds spent in each kernel, to which this walk's are added; 0 if they are not wanted |
"""

from graphnet.codegen.cpu.float64x2 import iload, istore, pointer_i64
from graphnet.codegen.cpu.walking import arrive_and_wait, call_kernel, nanoseconds


def kernel(args, worker, workers):  # type: ignore[no-untyped-def]
    """Run every kernel of the program; all workers leave together."""
    table, count, arrivals, met, times = pointer_i64(args[1]), args[2], args[3], args[4], args[5]
    timed, shared, before = times != 0, workers > 1, 0
    for k in range(count):
        if shared and (timed or iload(table, 3 * k + 2) != 0):
            met += workers
            arrive_and_wait(arrivals, met)
        if timed:
            before = nanoseconds()
        call_kernel(iload(table, 3 * k), iload(table, 3 * k + 1), worker, workers)
        if timed:
            if shared:
                met += workers
                arrive_and_wait(arrivals, met)
            if worker == 0:
                spent = pointer_i64(times)
                istore(spent, k, iload(spent, k) + nanoseconds() - before)
    if shared:
        arrive_and_wait(arrivals, met + workers)
