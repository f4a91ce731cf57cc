"""A process that makes training steps (or predictions), and tells when it made the first, and how much memory it took.

It prints one JSON object with the monotonic clock's reading after each stage, and the bytes of memory that it had at
most beyond those of its imports.
"""

from __future__ import annotations

import json
import sys
import time

STARTED = time.monotonic()

from contestants import float32_batch, graphnet_contestant, graphnet_model  # noqa: E402
from processes import job_parser, peak_memory, read_job  # noqa: E402

import graphnet  # noqa: E402 - importing is part of what is measured


def main(arguments: list[str]) -> None:
    """Load, compile, step; print the times."""
    parser = job_parser(__doc__)
    parser.add_argument("--steps", type=int, default=1, help="in all (1)")
    job, options = read_job(parser, arguments)
    imports = peak_memory()
    network = graphnet.load(job.spec, **job.params)
    clock = {"started": STARTED, "loaded": time.monotonic()}
    model = graphnet_model(network, job.batch, job.threads)
    clock["initialised"] = time.monotonic()
    contestant = graphnet_contestant(model, float32_batch(network, job.batch), train=not job.predict)
    contestant.step()
    clock["stepped"] = time.monotonic()
    for _ in range(options.steps - 1):
        contestant.step()
    json.dump({**clock, "memory": peak_memory() - imports}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
