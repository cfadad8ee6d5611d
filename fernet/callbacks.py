"""Hooks into a training, and the progress bar."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["Callback", "ProgressBar"]
__dir__ = __all__.copy


class Callback:
    """Base of all callbacks: hooks that do nothing until overridden.

    Each hook is given the `Trainer`, whose `epoch`, `step`, `history` and `network` tell how
    the training stands; ``trainer.stop = True`` ends it after the epoch under way. Callbacks
    must not change the trainer otherwise.

    Examples
    --------
    >>> from fernet.callbacks import Callback
    >>> class StopAt(Callback):
    ...     def __init__(self, accuracy):
    ...         self.accuracy = accuracy
    ...
    ...     def on_epoch_end(self, trainer):
    ...         if trainer.history.epochs["accuracy"][-1] >= self.accuracy:
    ...             trainer.stop = True
    """

    def on_train_begin(self, trainer: Trainer) -> None:
        """Called once, before the first epoch."""

    def on_epoch_begin(self, trainer: Trainer) -> None:
        """Called before each epoch."""

    def on_step_end(self, trainer: Trainer) -> None:
        """Called after each batch; keep it quick."""

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Called after each epoch, once the history has its row."""

    def on_train_end(self, trainer: Trainer) -> None:
        """Called once at the end, also after an error or an interruption."""


class ProgressBar(Callback):
    """Show how a training goes: loss, accuracies, images per second.

    On a terminal a bar, with a line above it for each epoch if `verbose` is 2; elsewhere, as
    in a log file, a plain line for each epoch.

    Parameters
    ----------
    verbose : int, default=1
        2 or more keeps a line for each epoch on a terminal too.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=2, verbose=1, random_state=0)
    >>> model.fit(X, y)  # doctest: +SKIP
    epoch 1/2  loss 2.4511  accuracy 18.0%  23456 images/s
    epoch 2/2  loss 1.7004  accuracy 33.0%  45678 images/s
    """

    def __init__(self, verbose: int = 1) -> None:
        self.verbose = verbose
        self._progress: Any = None
        self._task: Any = None
        self._started = 0.0
        self._seen = 0

    def on_train_begin(self, trainer: Trainer) -> None:
        self._progress = self._task = None
        if not sys.stdout.isatty():
            return
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        n_steps = trainer.n_epochs * trainer.steps_per_epoch
        done = (trainer.epoch - trainer.first_epoch) * trainer.steps_per_epoch
        self._task = self._progress.add_task("starting", total=n_steps, completed=done)
        self._progress.start()

    def on_epoch_begin(self, trainer: Trainer) -> None:
        self._started, self._seen = time.perf_counter(), 0

    def on_step_end(self, trainer: Trainer) -> None:
        if self._progress is None:
            return
        self._seen += 1
        if self._seen % 10 == 0 or self._seen == trainer.steps_per_epoch:
            rate = self._seen * trainer.batch_size / (time.perf_counter() - self._started)
            text = f"loss {trainer.last_loss:.4f}  {rate:.0f} images/s{_scores(trainer)}"
            done = (trainer.epoch - trainer.first_epoch) * trainer.steps_per_epoch + self._seen
            self._progress.update(self._task, completed=done, description=text)

    def on_epoch_end(self, trainer: Trainer) -> None:
        if self._progress is None:
            print(_epoch_line(trainer), flush=True)
        elif self.verbose >= 2:
            self._progress.console.print(_epoch_line(trainer), highlight=False)

    def on_train_end(self, trainer: Trainer) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = None


def _scores(trainer: Trainer) -> str:
    row = trainer.history.last_epoch()
    text = f"  accuracy {row['accuracy']:.1%}" if row else ""
    if row and row["validation_accuracy"] is not None:
        text += f"  validation {row['validation_accuracy']:.1%}"
    return text


def _epoch_line(trainer: Trainer) -> str:
    row = trainer.history.last_epoch()
    rate = len(trainer.training) / max(row["seconds"], 1e-9)
    last = trainer.first_epoch + trainer.n_epochs
    start = f"epoch {row['epoch']}/{last}  loss {row['loss']:.4f}"
    return f"{start}{_scores(trainer)}  {rate:.0f} images/s"
