"""Hooks into a training."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["Callback"]
__dir__ = __all__.copy

# A name and a password in an address, as a tracking server's may have them.
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+(?=@)")


class Callback:
    """Base of all callbacks: hooks that do nothing until overridden.

    Each hook is given the `Trainer`, whose `epoch`, `step`, `history` and `network` tell how
    the training stands; ``trainer.stop = True`` ends it after the epoch under way, and
    ``trainer.learning_rate_factor`` multiplies the learning rate beside the schedule. A training
    that was stopped is done, from its checkpoint too; ``trainer.pause = True`` ends it in the same
    way, to go on from there another time. Callbacks must not change the trainer otherwise. A
    checkpoint keeps nothing of a callback: one that must go on after a kill as if there had been
    none takes what it needs from ``trainer.history``.

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
    >>> StopAt(0.9)
    StopAt(accuracy=0.9)
    """

    def __repr__(self) -> str:
        # Of what the constructor was given; an address in memory would be another in each process.
        # Estimators show it in notebooks and logs, where no password belongs.
        given = [
            f"{name}={getattr(self, name)!r}"
            for name, parameter in inspect.signature(type(self)).parameters.items()
            if hasattr(self, name) and getattr(self, name) is not parameter.default
        ]
        return f"{type(self).__name__}({_CREDENTIALS.sub('***', ', '.join(given))})"

    def beside(self, trainer: Trainer, settings: str) -> Self:
        """Return the callback for one of many trainings, as a search runs them with clones.

        Parameters
        ----------
        trainer : Trainer
            Not started yet.
        settings : str
            What else tells the trainings apart.

        Returns
        -------
        Callback
            Itself; or, where the trainings would write over each other's files, one with a file of
            its own.
        """
        return self

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
