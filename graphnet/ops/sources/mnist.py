"""mnist: 70,000 handwritten digits."""

from __future__ import annotations

from graphnet.ir.data import RemoteFile
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.idx_images import IdxImages

_URLS = ("https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist")


@SOURCES.register("mnist", primary="path")
class Mnist(IdxImages):
    """60,000 images of 28 x 28 pixels from 0 to 1 to learn from, 10,000 for tests; the classes are the digits 0 to 9.

    Inputs may be larger: images are enlarged by a whole factor and centred, or flattened. The files are IDX files,
    compressed by gzip or not.

    Example:
        `train: {data: mnist}`, after `graphnet data mnist`

    Source: LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition", 1998.
    """

    files = (
        RemoteFile(
            "train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            _URLS,
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            _URLS,
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            _URLS,
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", _URLS
        ),
    )  # fmt: skip
