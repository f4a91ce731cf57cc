"""A process that makes one training step and tells when: `bench.py` starts it to measure start-up times.

It prints one JSON object with the monotonic clock's reading after each stage.
"""

from __future__ import annotations

import argparse
import json
import sys
import time


def main(arguments: list[str]) -> None:
    """Import, load, compile, step; print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spec")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--torch", action="store_true", help="PyTorch's eager step instead of graphnet's")
    options = parser.parse_args(arguments)
    clock = {"started": time.monotonic()}
    # Imports are part of what is measured.
    import graphnet  # noqa: PLC0415
    from contestants import graphnet_contestant, graphnet_module, random_batch, torch_contestants  # noqa: PLC0415

    network = graphnet.load(options.spec)
    clock["loaded"] = time.monotonic()
    batch = random_batch(network, options.batch)
    module = graphnet_module(network, options.batch, options.threads)
    if options.torch:
        contestant = next(torch_contestants(network, module.parameters, batch, options.threads, train=True))
    else:
        contestant = graphnet_contestant(module, batch, train=True)
    contestant.step()
    clock["stepped"] = time.monotonic()
    json.dump(clock, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
