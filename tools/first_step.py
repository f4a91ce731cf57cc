"""A process that makes one training step and tells when: `bench.py` starts it to measure start-up times.

It prints one JSON object with the monotonic clock's reading after each stage.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

STARTED = time.monotonic()

from contestants import float32_batch, graphnet_contestant, graphnet_model  # noqa: E402

import graphnet  # noqa: E402 - importing is part of what is measured


def main(arguments: list[str]) -> None:
    """Load, compile, step; print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spec")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--params", type=json.loads, default={}, help="values for the spec's params, as JSON")
    options = parser.parse_args(arguments)
    network = graphnet.load(options.spec, **options.params)
    clock = {"started": STARTED, "loaded": time.monotonic()}
    model = graphnet_model(network, options.batch, options.threads)
    clock["initialised"] = time.monotonic()
    graphnet_contestant(model, float32_batch(network, options.batch), train=True).step()
    clock["stepped"] = time.monotonic()
    json.dump(clock, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
