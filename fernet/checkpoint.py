"""Save a training under way, and go on from there after a kill."""

from __future__ import annotations

import os
import time
import warnings
from pathlib import Path
from typing import Any, Self

from numpy.typing import NDArray

from fernet._checks import as_count, check_number
from fernet._io.callers import levels_to_caller
from fernet._io.checkpoint_files import FORMAT, read_checkpoint, write_checkpoint
from fernet._io.errors import one_line
from fernet._io.files import UnwrittenWarning, check_room, is_replaceable
from fernet._training.identity import INSTRUCTION_SET, difference, training_identity
from fernet._training.kept_epoch import KeptEpoch
from fernet._training.trainer import Trainer
from fernet.callbacks import Callback
from fernet.callbacks._own_files import with_own_path

__all__ = ["FORMAT", "Checkpoint", "training_identity"]
__dir__ = __all__.copy

_HISTORY_BYTES = 1 << 20
"""Room for what a file holds besides its arrays, as a round number."""


class Checkpoint(Callback):
    """Save the training every few epochs; continue it if the file is there.

    Given to an estimator as ``checkpoint=``, a training that was killed goes on from its last
    saved epoch when the same script is run again, and ends with the same bits as one that was
    never stopped. The file stays after training, so remove it to train anew. It is written whole
    or not at all, and carries a checksum over all its bytes.

    The file belongs to one training, and `fit` refuses it, by the name of what differs, if any
    data, validation data or settings are others that the resulting bits depend on. One setting
    may differ: a larger `max_iter` trains on, if the learning rate does not depend on it as with
    the schedules ``"constant"`` and ``"exponential"``; ``"cosine"`` and ``"one_cycle"`` plan the
    whole course, so that it would end in other bits than a training of that length. Callbacks
    and another `strategy` of TensorFlow's are not told apart. A `monitor` of one's own is told by
    its code, as this version of Python has compiled it, its defaults or attributes and what it
    closes over, but not by functions that it calls. On a machine of another instruction set the
    training goes on, warns, and ends in other last bits.

    A training that ends before its time, by Ctrl-C or an error, leaves its last whole epoch in the
    file, however seldom it saves. For that, an epoch that is not saved is copied in memory, which
    takes as much as the file holds.

    Where the file can't be written or there is no room for it, `fit` says so before the first
    step. If that happens later, the training warns once and goes on in memory.

    Searches, cross-validation and meta-estimators fit clones of an estimator, many of them, so a
    clone saves in a file of its own beside ``path``, named after its data and settings:
    ``run-0f31c2a4b5d6.checkpoint`` for ``run.checkpoint``. A search that was killed is run again
    in the same way, and with an int as `random_state` each of its trainings goes on from where it
    stood, or is done at once if it was. These files too stay until they are removed.

    Parameters
    ----------
    path : str or path-like
        File to write, safetensors by format.
    every : int, default=1
        Epochs between saves; the last epoch is always saved.
    seconds : float, default=0.0
        Seconds between saves, at least, 0 or more: spares quick epochs the writing. The first
        and the last whole epoch of a run are always saved.

    Raises
    ------
    ValueError
        If `path` is empty, `every` is no whole number of 1 or more, or `seconds` is below 0.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.checkpoint"
    >>> model = FERMLPClassifier((8,), max_iter=2, checkpoint=path, random_state=0)
    >>> model.fit(X, y).n_iter_
    2
    >>> model.set_params(max_iter=3).fit(X, y).n_iter_     # one epoch more, not three
    3
    """

    _writes_path = True

    def __init__(
        self, path: str | os.PathLike[str], every: int = 1, *, seconds: float = 0.0
    ) -> None:
        if not os.fspath(path):
            raise ValueError(f"checkpoint is {path!r}; expected the path of a file")
        check_number(seconds, "seconds", "0 or more")
        if not seconds >= 0:
            raise ValueError(f"seconds is {seconds}; expected 0 or more")
        self.path = path
        self.every = as_count(every, "every")
        self.seconds = seconds
        self._forget()

    def _forget(self) -> None:
        """Be as new, for another training."""
        self._identity: dict[str, Any] | None = None
        self._saved_at = -float("inf")
        self._has_warned = False
        self._saved_epoch: int | None = None
        self._kept = KeptEpoch()

    def beside(self, trainer: Trainer, settings: str) -> Self:
        """Return a checkpoint with a file of its own for one of many trainings.

        Parameters
        ----------
        trainer : Trainer
            Not started yet.
        settings : str
            What else tells the trainings apart.

        Returns
        -------
        Checkpoint
            The file's name is this one's with twelve digits and letters before its ending, which
            stand for the data and the settings, and are the same whenever these are. A pipe or
            a device stays what it is.
        """
        return with_own_path(self, trainer, settings)

    def saved_seed(self) -> int | None:
        """Return the seed of the training in the file, None if there is no file."""
        if not self._is_there():
            return None
        return int(read_checkpoint(self.path)[1]["seed"])

    def resume(self, trainer: Trainer) -> bool:
        """Bring a trainer to where the file's training stood.

        Parameters
        ----------
        trainer : Trainer
            Not started yet, made as the file's was.

        Returns
        -------
        bool
            Whether there was a file.

        Raises
        ------
        ValueError
            If the file is damaged, or its training had other data or settings; the message
            says which. The trainer is unchanged then.
        OSError
            If the file can't be written, or there is no room for it; the error names it.
        """
        self._forget()
        self._identity = training_identity(trainer)
        if not self._is_there():
            check_room(self.path, _size(trainer))
            return False
        arrays, state, identity = read_checkpoint(self.path)
        self._check_identity(identity)
        try:
            _check_counters(state, trainer)
        except ValueError as error:
            raise self._unfit(error) from None
        if not state["stop"] and state["epoch"] < trainer.first_epoch + trainer.n_epochs:
            check_room(self.path, _size(trainer))
        try:
            trainer.restore(arrays, state)
        except ValueError as error:
            raise self._unfit(error) from None
        self._saved_epoch = trainer.epoch
        self._warn_of_another_machine(identity)
        return True

    def _unfit(self, error: ValueError) -> ValueError:
        return ValueError(f"checkpoint {os.fspath(self.path)!r} can't be gone on from: {error}")

    def _check_identity(self, saved: dict[str, Any]) -> None:
        own = self._identity or {}
        for name in dict.fromkeys([*own, *saved]):
            if name == INSTRUCTION_SET and isinstance(saved.get(name, ""), str):
                continue  # the training goes on, with a warning
            if saved.get(name) != own.get(name):
                differs = difference(name, saved.get(name), own.get(name))
                raise ValueError(
                    f"checkpoint {os.fspath(self.path)!r} is of another training: its {differs}; "
                    "remove the file or name another"
                )

    def _warn_of_another_machine(self, saved: dict[str, Any]) -> None:
        own = (self._identity or {}).get(INSTRUCTION_SET)
        there = saved.get(INSTRUCTION_SET, own)
        if there != own:
            warnings.warn(
                f"checkpoint {os.fspath(self.path)!r} was saved with the instruction set {there}, "
                f"the training goes on with {own}: its last bits will be others than without the "
                "change",
                UserWarning,
                stacklevel=levels_to_caller(),
            )

    def _is_there(self) -> bool:
        """Tell whether there is a training to go on with; a pipe or a device holds none."""
        try:
            return is_replaceable(self.path) and Path(self.path).exists()
        except IsADirectoryError as error:
            raise IsADirectoryError(f"checkpoint: {error}") from None

    def on_epoch_end(self, trainer: Trainer) -> None:
        done = trainer.epoch - trainer.first_epoch
        is_last = trainer.stop or trainer.pause or done == trainer.n_epochs
        is_early = time.monotonic() - self._saved_at < self.seconds
        if is_last or (done % self.every == 0 and not is_early):
            self._save_or_warn(trainer)
        else:
            self._kept.take(trainer)

    def on_train_end(self, trainer: Trainer) -> None:
        if trainer.is_between_epochs:
            if trainer.epoch not in (trainer.first_epoch, self._saved_epoch):
                self._save_or_warn(trainer)
        elif (self._kept.epoch or 0) > (self._saved_epoch or 0):
            self._save_or_warn(trainer, self._kept)
        self._kept = KeptEpoch()

    def _save_or_warn(self, trainer: Trainer, kept: KeptEpoch | None = None) -> None:
        """Save, or warn once: what can't be saved is no reason to lose a training."""
        try:
            if kept is None:
                self.save(trainer)
                self._saved_epoch = trainer.epoch
            else:
                self._write(trainer, *kept.snapshot(trainer.history))
                self._saved_epoch = kept.epoch
        except (OSError, ValueError) as error:
            if self._has_warned:
                return
            self._has_warned = True
            reason = getattr(error, "strerror", None) or one_line(error)
            warnings.warn(
                f"checkpoint {os.fspath(self.path)!r} can't be written after epoch "
                f"{trainer.epoch} ({reason}); the training goes on in memory",
                UnwrittenWarning,
                stacklevel=levels_to_caller(),
            )

    def save(self, trainer: Trainer) -> None:
        """Write the file now.

        Parameters
        ----------
        trainer : Trainer
            Between two epochs.

        Raises
        ------
        OSError
            If it can't be written; the error names it.
        """
        self._write(trainer, *trainer.snapshot())

    def _write(self, trainer: Trainer, arrays: dict[str, NDArray], state: dict[str, Any]) -> None:
        if self._identity is None:
            self._identity = training_identity(trainer)
        write_checkpoint(self.path, arrays, state, self._identity)
        self._saved_at = time.monotonic()

    def __getstate__(self) -> dict[str, Any]:
        # Of a class of the user's, whatever else it has.
        new = object.__new__(Checkpoint)
        new._forget()
        return {name: value for name, value in vars(self).items() if name not in vars(new)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({"seconds": 0.0} | state)
        self._forget()


def _size(trainer: Trainer) -> int:
    """Return how many bytes a file will have, about, once there is a best epoch."""
    arrays = trainer.snapshot()[0]
    best = trainer.network.values.nbytes if trainer.settings.patience is not None else 0
    return sum(array.nbytes for array in arrays.values()) + best + _HISTORY_BYTES


def _check_counters(state: dict[str, Any], trainer: Trainer) -> None:
    """Check what a saved training says of itself against the one that is to go on."""
    epochs = state["epoch"] - trainer.first_epoch
    if state["first_epoch"] != trainer.first_epoch or epochs < 0:
        raise ValueError(
            f"it began after {state['first_epoch']} epochs; expected {trainer.first_epoch}"
        )
    if epochs > trainer.n_epochs:
        raise ValueError(
            f"it has done {epochs} epochs; expected at most the {trainer.n_epochs} of max_iter"
        )
    if state["step"] - trainer.step != epochs * trainer.steps_per_epoch:
        raise ValueError(f"it has done {state['step']} steps in {state['epoch']} epochs")
    if state["seed"] != trainer.settings.seed:
        raise ValueError(f"its seed is {state['seed']}; expected {trainer.settings.seed}")
    if (state["best_score"] is None) != (trainer.validation is None or epochs == 0):
        raise ValueError(f"its best score is {state['best_score']}")
