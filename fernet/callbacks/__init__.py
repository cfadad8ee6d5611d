"""Callbacks: hooks into a training, and those that many trainings want."""

from fernet.callbacks.base import Callback
from fernet.callbacks.best_epoch import BestEpochSaver
from fernet.callbacks.loggers import CSVLogger, JSONLinesLogger
from fernet.callbacks.mlflow import MLflowLogger
from fernet.callbacks.plateau import ReduceLearningRateOnPlateau
from fernet.callbacks.progress import ProgressBar
from fernet.callbacks.stop_on_time import StopOnTime
from fernet.callbacks.tensorboard import TensorBoardLogger

__all__ = [
    "BestEpochSaver",
    "CSVLogger",
    "Callback",
    "JSONLinesLogger",
    "MLflowLogger",
    "ProgressBar",
    "ReduceLearningRateOnPlateau",
    "StopOnTime",
    "TensorBoardLogger",
]
__dir__ = __all__.copy
