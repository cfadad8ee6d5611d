"""What early stopping goes by: validation accuracy, validation loss, or a scorer."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fernet._io.callable_names import callable_name
from fernet._training.data_loader import DataLoader

__all__ = ["Scorer", "find_scorer", "monitor_name", "score_of"]
__dir__ = __all__.copy

Scorer: TypeAlias = Callable[..., float]
"""Given an estimator, images and labels, returns a number, higher for better; most that
scikit-learn names take `sample_weight` as well."""

_FIGURES = ("accuracy", "loss")
_OWN_NAMES = {"macro_f1": "f1_macro"}


def find_scorer(monitor: str | Scorer) -> Scorer | None:
    """Return the scorer that `monitor` is or names; None for the trainer's own figures.

    Raises
    ------
    ValueError
        If there is no scorer of that name.

    Examples
    --------
    >>> from fernet.estimators.monitors import find_scorer
    >>> find_scorer("loss") is None, callable(find_scorer("macro_f1"))
    (True, True)
    """
    if monitor in _FIGURES:
        return None
    if not isinstance(monitor, str):
        return monitor
    from sklearn.metrics import get_scorer

    try:
        scorer: Scorer = get_scorer(_OWN_NAMES.get(monitor, monitor))
    except ValueError:
        raise ValueError(
            f"monitor is {monitor!r}; expected 'accuracy', 'loss', 'macro_f1', a name of "
            "sklearn.metrics.get_scorer_names(), or a callable"
        ) from None
    return scorer


def monitor_name(monitor: str | Scorer) -> str:
    """Return a name that tells monitors apart, the same in another process."""
    return monitor if isinstance(monitor, str) else callable_name(monitor)


def score_of(
    scorer: Scorer,
    model: Any,
    validation: DataLoader,
    monitor: str | Scorer = "scorer",
    sample_shape: tuple[int, ...] | None = None,
) -> float:
    """Return what a scorer says of a model on the validation data.

    Parameters
    ----------
    scorer : callable
        As `find_scorer` returned it.
    model : estimator
        Fitted, as it stands between two epochs.
    validation : DataLoader
        With class numbers.
    monitor : str or callable, default="scorer"
        What the user gave. Of a name an error says that it is that scorer's, which counts the
        samples' weights if it takes any.
    sample_shape : tuple of int, default=None
        As which the scorer gets each sample; None for a row, and what is read as it is needed is
        rows in any case.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the score is no finite number, or a named scorer is none for these classes.
    """
    rows = validation.samples()
    if sample_shape is not None and isinstance(rows, np.ndarray):
        rows = rows.reshape(len(rows), *sample_shape)
    labels = model.classes_[validation.target[validation.indices]]
    try:
        score = float(scorer(model, rows, labels, **_weights(scorer, validation, monitor)))
    except ValueError as error:
        if not isinstance(monitor, str):
            raise
        raise ValueError(
            f"monitor is {monitor!r}, which can't score {len(model.classes_)} classes such as "
            f"{labels.tolist()[0]!r}: {error}{_lacking(model.classes_, labels)}"
        ) from error
    if not math.isfinite(score):
        raise ValueError(
            f"monitor gave a score of {score}; expected a finite number"
            f"{_lacking(model.classes_, labels)}"
        )
    return score


def _weights(scorer: Scorer, validation: DataLoader, monitor: str | Scorer) -> dict[str, NDArray]:
    """Return the weights for a scorer that is known to take them: the user's own need take none."""
    if validation.weight is None or not isinstance(monitor, str):
        return {}
    metric = getattr(scorer, "_score_func", None)
    takes_them = metric is not None and "sample_weight" in inspect.signature(metric).parameters
    # Between pairs of classes the area under the curve takes none.
    if not takes_them or monitor.startswith("roc_auc_ovo"):
        return {}
    return {"sample_weight": validation.weight[validation.indices]}


def _lacking(classes: NDArray, labels: NDArray) -> str:
    """Say which classes no validation label has, as scores such as ROC AUC need each."""
    if not (absent := np.setdiff1d(classes, labels).tolist()):
        return ""
    return (
        f". The validation data lack {absent[0]!r}; give X_val and y_val, or a larger "
        "validation_fraction, so that each class is among them"
    )
