"""The figures of each epoch for TensorBoard."""

from __future__ import annotations

import copy
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from fernet._io.extras import import_extra
from fernet.callbacks._clients import ClientLogger, name_run
from fernet.callbacks._own_files import training_digest

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["TensorBoardLogger"]
__dir__ = __all__.copy

# TensorBoard draws what has the same word before its slash in one group.
_TAGS = {
    "loss": "loss/training",
    "validation_loss": "loss/validation",
    "accuracy": "accuracy/training",
    "validation_accuracy": "accuracy/validation",
    "validation_score": "score/validation",
    "learning_rate": "training/learning_rate",
    "seconds": "training/seconds",
}


class TensorBoardLogger(ClientLogger):
    """Write each epoch's figures for TensorBoard, ``tensorboard --logdir FOLDER``.

    The scalars are ``loss/training``, ``loss/validation``, ``accuracy/training``,
    ``accuracy/validation``, ``training/learning_rate`` and ``training/seconds``, and
    ``score/validation`` where the estimator's `monitor` is a scorer; the step is the epoch. They
    can be seen while the training goes on.

    Parameters
    ----------
    log_dir : str or path-like
        The folder that TensorBoard is shown; made if it is not there.
    run : str, default=None
        Name of the training: its own folder within. None makes one of the time and random letters
        in each `fit`. A training that goes on under a name continues its curves; the trainings of
        a search, clones, each get twelve digits and letters behind it.

    Raises
    ------
    ImportError
        If tensorboardX is not installed: ``pip install "fernet-emotion[tensorboard]"``. It writes
        TensorBoard's files without TensorFlow and PyTorch.
    OSError
        From `fit`, before anything is learnt, if the folder can't be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fernet import FERMLPClassifier
    >>> from fernet.callbacks import TensorBoardLogger
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> logger = TensorBoardLogger(folder, "first")  # doctest: +SKIP
    >>> model = FERMLPClassifier((8,), callbacks=logger)  # doctest: +SKIP
    """

    def __init__(self, log_dir: str | os.PathLike[str], run: str | None = None) -> None:
        import_extra("tensorboardX", "TensorBoardLogger", "tensorboardX", "tensorboard")
        self.log_dir = log_dir
        self.run = run

    def beside(self, trainer: Trainer, settings: str) -> Self:
        if self.run is None:
            return self
        twin = copy.copy(self)
        twin.run = f"{self.run}-{training_digest(trainer, settings)}"
        return twin

    def _open(self, trainer: Trainer) -> Any:
        client = import_extra("tensorboardX", "TensorBoardLogger", "tensorboardX", "tensorboard")
        # The purge takes back what a training that was killed has written beyond its checkpoint.
        # Names of files have whole seconds alone, and one of the same second would be lost.
        return client.SummaryWriter(
            os.fspath(Path(self.log_dir) / name_run(self.run)),
            purge_step=trainer.epoch + 1,
            filename_suffix=f".{time.time_ns()}",
        )

    def _log(self, client: Any, epoch: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            client.add_scalar(_TAGS.get(name, f"training/{name}"), value, epoch)
        client.flush()

    def _close(self, client: Any) -> None:
        client.close()
