"""fashion_mnist: 70,000 pieces of clothing."""

from __future__ import annotations

from graphnet.ir.data import RemoteFile
from graphnet.ir.definitions import SOURCES
from graphnet.ops.families.idx_images import IdxImages

_URLS = (
    "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
)


@SOURCES.register("fashion_mnist", primary="path")
class FashionMnist(IdxImages):
    """60,000 images of 28 x 28 pixels from 0 to 1 to learn from, and 10,000 for tests, of 10 kinds of clothing.

    The classes are T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag, ankle boot. Inputs may be
    larger: images are enlarged by a whole factor and centred, or flattened. The files are IDX files, compressed by
    gzip or not.

    Example:
        `train: {data: fashion_mnist}`, after `graphnet data fashion_mnist`

    Source: Xiao, Rasul, Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning
    algorithms", 2017.
    """

    files = (
        RemoteFile(
            "train-images-idx3-ubyte.gz", 26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            _URLS,
        ),
        RemoteFile(
            "train-labels-idx1-ubyte.gz", 29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            _URLS,
        ),
        RemoteFile(
            "t10k-images-idx3-ubyte.gz", 4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            _URLS,
        ),
        RemoteFile(
            "t10k-labels-idx1-ubyte.gz", 5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", _URLS
        ),
    )  # fmt: skip
