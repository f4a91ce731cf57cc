"""A process in which PyTorch makes steps, and tells how much memory they took: `memory.py` starts it.

It prints one JSON object with the bytes of memory that it had at most beyond those of its imports, and of graphnet's
reading of the spec, which only says what the batch is like.
"""

from __future__ import annotations

import json
import sys

from contestants import float32_batch
from processes import job_parser, peak_memory, read_job
from torch_ways import torch_contestant

import graphnet


def main(arguments: list[str]) -> None:
    """Load, step; print the memory."""
    parser = job_parser(__doc__)
    parser.add_argument("--steps", type=int, default=2, help="in all (2)")
    parser.add_argument("--channels-last", action="store_true", help="the order of images in memory")
    job, options = read_job(parser, arguments)
    network = graphnet.load(job.spec, **job.params)
    batch = float32_batch(network, job.batch)
    before = peak_memory()
    contestant = torch_contestant(
        network, None, batch, job.threads, train=not job.predict, channels_last=options.channels_last
    )
    for _ in range(options.steps):
        contestant.step()
    json.dump({"memory": peak_memory() - before}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
