"""The progress bar."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fernet._io.terminals import Forgiving, console_on, is_terminal
from fernet.callbacks.base import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["ProgressBar"]
__dir__ = __all__.copy


class ProgressBar(Callback):
    """Show how a training goes: epochs, time left, loss, accuracies, images per second.

    On a terminal a bar, with a line above it for each epoch if `verbose` is 2; elsewhere, as
    in a log file or where ``TERM=dumb``, a plain line for each epoch. What a narrow terminal has no
    room for is left out, the speed first; epochs and the time left stay. Epochs are those of this
    training, not of an earlier one that it goes on from.

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
        self._is_heard = True

    def on_train_begin(self, trainer: Trainer) -> None:
        self._progress = self._task = None
        self._is_heard, self._seen = True, 0
        if not is_terminal(sys.stdout):
            return
        self._progress = _make_progress()
        n_steps = trainer.n_epochs * trainer.steps_per_epoch
        self._task = self._progress.add_task(
            "", total=n_steps, completed=self._steps_done(trainer), epochs=_epochs(trainer)
        )
        self._progress.start()

    def on_epoch_begin(self, trainer: Trainer) -> None:
        self._started, self._seen = time.perf_counter(), 0

    def on_step_end(self, trainer: Trainer) -> None:
        if self._progress is None:
            return
        self._seen += 1
        if self._seen % 10 == 0 or self._seen == trainer.steps_per_epoch:
            rate = self._seen * trainer.batch_size / (time.perf_counter() - self._started)
            parts = [_loss(trainer.last_loss), *_scores(trainer)[::-1]]
            epochs, done = _epochs(trainer), self._steps_done(trainer)
            room = self._progress.console.width - _bar_width(self._progress.console.width)
            room -= len(epochs) + 2 * len(str(trainer.n_epochs * trainer.steps_per_epoch)) + 1
            text = _fitted([*parts, f"{rate:.0f} images/s"], room - _TIME_AND_GAPS)
            self._progress.update(self._task, completed=done, epochs=epochs, description=text)

    def on_epoch_end(self, trainer: Trainer) -> None:
        if self._progress is not None:
            if self.verbose >= 2:
                self._progress.console.print(_epoch_line(trainer), highlight=False)
        elif self._is_heard:
            try:
                # What graphical programs put in the place of stdout may write and no more.
                print(_epoch_line(trainer), flush=hasattr(sys.stdout, "flush"))
            # Whoever was told has left, as `| head` does, or closed it; the training goes on.
            except (OSError, ValueError):
                self._is_heard = False

    def on_train_end(self, trainer: Trainer) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = None

    def _steps_done(self, trainer: Trainer) -> int:
        return (trainer.epoch - trainer.first_epoch) * trainer.steps_per_epoch + self._seen


_TIME_AND_GAPS = 12  # columns of the time left, as 0:00:00, and of what is between the parts


def _make_progress() -> Any:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = console_on(Forgiving(sys.stdout))
    return Progress(
        TextColumn("{task.fields[epochs]}"),
        BarColumn(bar_width=_bar_width(console.width)),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=console,
    )


def _bar_width(columns: int) -> int:
    """Return how long a bar is good on a terminal of so many columns."""
    return min(max(columns // 8, 4), 40)


def _epochs(trainer: Trainer) -> str:
    number = min(trainer.epoch + 1 - trainer.first_epoch, trainer.n_epochs)
    return f"epochs {number}/{trainer.n_epochs}"


def _fitted(parts: Sequence[str], room: int) -> str:
    """Return as many of the parts, from the first on, as there is room for."""
    text = ""
    for part in parts:
        longer = f"{text}  {part}" if text else part
        if len(longer) > room:
            break
        text = longer
    return text


def _loss(loss: float) -> str:
    return f"loss {loss:.4f}" if loss < 1e6 else f"loss {loss:.3e}"


def _scores(trainer: Trainer) -> list[str]:
    row = trainer.history.last_epoch()
    scores = [f"accuracy {row['accuracy']:.1%}"] if row else []
    if row and row["validation_accuracy"] is not None:
        scores.append(f"validation {row['validation_accuracy']:.1%}")
    return scores


def _epoch_line(trainer: Trainer) -> str:
    row = trainer.history.last_epoch()
    rate = len(trainer.training) / max(row["seconds"], 1e-9)
    start = [f"epoch {row['epoch'] - trainer.first_epoch}/{trainer.n_epochs}", _loss(row["loss"])]
    return "  ".join([*start, *_scores(trainer), f"{rate:.0f} images/s"])
