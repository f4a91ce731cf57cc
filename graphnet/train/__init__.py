"""Layer 7: training around a compiled module: data, the loop, history, checkpoints."""

from graphnet.train.dataset import Dataset
from graphnet.train.display import Display
from graphnet.train.evaluation import evaluate
from graphnet.train.history import History
from graphnet.train.loading import as_dataset, prepare
from graphnet.train.loop import fit
from graphnet.train.run import Callback, Run

__all__ = ["Callback", "Dataset", "Display", "History", "Run", "as_dataset", "evaluate", "fit", "prepare"]
