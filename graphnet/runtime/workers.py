"""The process's pool of workers: daemon threads that sleep until a step needs them."""

from __future__ import annotations

import operator
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue

from graphnet.core.environment import threads_limit
from graphnet.runtime.cores import usable_cores

Call = Callable[[], object]
Job = tuple[Call, object]


def default_workers() -> int:
    """Workers of a step if nobody says how many: all usable cores, or fewer by `GRAPHNET_THREADS`."""
    cores = usable_cores()
    return min(cores, threads_limit() or cores)


class WorkerPool:
    """Threads that run calls beside the caller's.

    Attributes:
        lock: to be held from preparing a step until it is done, so that one step runs at a time.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._inboxes: list[SimpleQueue[Job]] = []

    def run(self, calls: Sequence[Call], memory: object) -> None:
        """Run the first call in this thread and each other one in a thread of its own, at the same time.

        Returns when the first call does: calls end with a barrier if the others' work is to be finished by then.

        Args:
            memory: what the calls use; kept alive until the last one has returned, which may be a little later.
        """
        own, *others = calls
        while len(self._inboxes) < len(others):
            self._inboxes.append(self._start_worker(len(self._inboxes) + 1))
        hand_out: list[Call] = [
            partial(inbox.put, (call, memory)) for inbox, call in zip(self._inboxes, others, strict=False)
        ]
        # One call into C: no signal handler can raise KeyboardInterrupt when some workers have their call, and
        # would wait at a barrier for the rest.
        call: Callable[[Call], object] = operator.call
        deque(map(call, [*hand_out, own]), maxlen=0)

    def _start_worker(self, worker: int) -> SimpleQueue[Job]:
        inbox: SimpleQueue[Job] = SimpleQueue()
        threading.Thread(target=_serve, args=(inbox,), name=f"graphnet-worker-{worker}", daemon=True).start()
        return inbox


def _serve(inbox: SimpleQueue[Job]) -> None:
    while True:
        call, memory = inbox.get()
        call()
        del call, memory  # a whole program's, maybe, and the next one may be long in coming


_pools: dict[int, WorkerPool] = {}


def worker_pool() -> WorkerPool:
    """This process's pool. A forked child has none of its parent's threads, so it gets a pool of its own."""
    pool = _pools.get(os.getpid())
    return pool if pool is not None else _pools.setdefault(os.getpid(), WorkerPool())
