"""The best epoch's model, in a file while the training goes on."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Self

from fernet._io import model_files
from fernet._io.callers import levels_to_caller
from fernet._io.files import UnwrittenWarning, check_room, is_replaceable
from fernet._io.model_header import has_header
from fernet.callbacks._figures import Figure, check_figure, check_is_there, goodness
from fernet.callbacks._own_files import check_only_writer, whole, with_own_path
from fernet.callbacks.base import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

__all__ = ["BestEpochSaver"]
__dir__ = __all__.copy


class BestEpochSaver(Callback):
    """Save the model after each epoch that is the best so far.

    The file is there while the training goes on, and whatever becomes of it. It holds the weights
    that were evaluated after that epoch, the averaged ones with ``ema_decay``. What the estimator
    itself keeps is another matter: with ``early_stopping=True`` the best epoch's weights, else the
    last.

    Parameters
    ----------
    path : str or path-like
        Model file to write, for `fernet.load_model`. A model that is there is replaced, whole or
        not at all, by the first epoch of a new training. The clones that a search or a
        cross-validation fits each have a file of their own, with twelve digits and letters before
        the ending.
    monitor : {"validation_accuracy", "validation_loss", "accuracy", "loss"}, \
    default="validation_accuracy"
        What tells how good an epoch is: a column of ``history_.epochs``. A loss is the better the
        lower it is. Of equal epochs the first is kept.

    Raises
    ------
    ValueError
        If `monitor` is no such column. From `fit`, if there are no validation data and the figure
        needs them; or, before anything is learnt, if a model file can't hold the model, such as one
        with a layer of one's own, if another file is there than a model, such as a data set, or if
        the checkpoint or a logger writes that file.
    OSError
        From `fit`, before anything is learnt, if the file can't be written. If that happens later,
        a warning says so and the training goes on.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from fernet import FERMLPClassifier, load_model
    >>> from fernet.callbacks import BestEpochSaver
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "best.safetensors"
    >>> saver = BestEpochSaver(path, monitor="loss")
    >>> model = FERMLPClassifier((8,), max_iter=3, callbacks=saver, random_state=0).fit(X, y)
    >>> load_model(path).predict(X).shape
    (100,)
    """

    _writes_path = True

    def __init__(
        self, path: str | os.PathLike[str], monitor: Figure = "validation_accuracy"
    ) -> None:
        check_figure(monitor)
        self.path = path
        self.monitor: Figure = monitor

    def beside(self, trainer: Trainer, settings: str) -> Self:
        return with_own_path(self, trainer, settings)

    def on_train_begin(self, trainer: Trainer) -> None:
        check_is_there(self.monitor, trainer, self)
        if trainer.current_model is None:
            raise ValueError("BestEpochSaver saves estimators; the trainer's current_model is None")
        model = trainer.current_model()
        model_files.check_saveable(model, {type(model).__name__: type(model)})
        check_only_writer(self, trainer)
        self._check_is_model()
        check_room(self.path, trainer.whole_network.values.nbytes)

    def _check_is_model(self) -> None:
        """Refuse to replace a file of something else."""
        path = Path(self.path)
        if not (is_replaceable(path) and path.exists() and path.stat().st_size):
            return
        if not has_header(path):
            raise ValueError(
                f"{os.fspath(path)!r} is there and no model of fernet's; expected another file"
            )

    @whole
    def on_epoch_end(self, trainer: Trainer) -> None:
        *before, last = goodness(self.monitor, trainer)
        if trainer.current_model is None or (before and last <= max(before)):
            return
        model = trainer.current_model()
        try:
            model_files.save(model, self.path, {type(model).__name__: type(model)})
        except OSError as error:
            warnings.warn(
                f"the model of epoch {trainer.epoch}, the best so far, can't be saved in "
                f"{os.fspath(self.path)!r} ({error}); the training goes on",
                UnwrittenWarning,
                stacklevel=levels_to_caller(),
            )
