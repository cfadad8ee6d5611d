"""The figure of each epoch that a callback watches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

Figure = Literal["validation_accuracy", "validation_loss", "accuracy", "loss"]
"""Columns of the history that tell how good an epoch is."""


def check_figure(name: str) -> None:
    """Refuse what is no figure.

    Raises
    ------
    ValueError
        If `name` is none of `Figure`.
    """
    if name not in get_args(Figure):
        raise ValueError(f"monitor is {name!r}; expected one of {', '.join(get_args(Figure))}")


def check_is_there(name: str, trainer: Trainer, watcher: object) -> None:
    """Refuse a figure of validation data where there are none.

    Raises
    ------
    ValueError
        If the figure will never be there.
    """
    if name.startswith("validation") and trainer.validation is None:
        raise ValueError(
            f"{type(watcher).__name__} watches {name!r}, but there are no validation data; "
            "expected early_stopping=True, X_val and y_val, or monitor='loss'"
        )


def goodness(name: str, trainer: Trainer) -> list[float]:
    """Return the figure of each epoch of this training, turned so that higher is better.

    Parameters
    ----------
    name : str
        One of `Figure`.
    trainer : Trainer
        Whose history counts, without the epochs of a training that it continues.

    Returns
    -------
    list of float
    """
    column = trainer.history.epochs[name][trainer.first_epoch :]
    sign = -1.0 if name.endswith("loss") else 1.0
    return [sign * value for value in column]
