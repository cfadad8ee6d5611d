"""Labels against columns of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fernet.emotions import alike_labels, match_classes, plain_labels
from fernet.estimators.labels import plain
from fernet.estimators.not_images import check_unmasked
from fernet.estimators.other_arrays import column_names
from fernet.metrics._labels import places_in_table

# That of float16 and of a few decimals.
_ROUNDING = 0.02


def indices_of(
    y_true: ArrayLike, y_proba: ArrayLike, classes: ArrayLike | None
) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int64]]:
    """Check probabilities and labels against each other.

    A table's columns are found by their names, where these are the classes.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
    classes : ndarray of shape (n_classes,)
    actual : ndarray of shape (n_samples,)
        The column of each actual label.

    Raises
    ------
    ValueError
        If they do not fit.
    """
    check_unmasked(y_true, "y_true", "labels")
    check_unmasked(y_proba, "y_proba", "probabilities")
    true, proba = plain_labels(y_true), np.asarray(y_proba)
    names = _names(y_proba)
    if proba.ndim != 2 or true.shape != proba.shape[:1] or len(true) == 0:
        raise ValueError(
            f"y_true has shape {true.shape} and y_proba {proba.shape}; expected (n_samples,) and "
            "(n_samples, n_classes)"
        )
    if classes is None and names is not None and -1 not in match_classes(true, names):
        classes = names
    known = np.arange(proba.shape[1]) if classes is None else plain_labels(classes)
    if known.shape != proba.shape[1:]:
        raise ValueError(f"classes has shape {known.shape} for {proba.shape[1]} columns")
    if len(np.unique(known)) < len(known):
        raise ValueError(f"classes is {plain(known)}; expected each label once")
    if names is not None:
        places = places_in_table(known, names, "y_proba")
        proba = proba if places is None else proba[:, places]
    _check_shares(proba)
    true, known = alike_labels(true, known)
    if classes is None and known.dtype.kind not in "biuf":
        # Emotions have numbers, but a model that learnt words has its columns in their order.
        raise ValueError(
            f"y_true holds words, such as {plain(true[0])!r}, and columns have numbers; give "
            "classes, the label of each column"
        )
    matches = true[:, None] == known[None, :]
    if not matches.any(axis=1).all():
        label = plain(true[~matches.any(axis=1)][0])
        cure = "; give classes, the label of each column" if classes is None else ""
        raise ValueError(f"y_true holds {label!r}; expected one of {plain(known)}{cure}")
    return proba, known, matches.argmax(axis=1)


def _check_shares(proba: NDArray[Any]) -> None:
    """Refuse what is no probability of each class: logits, percent, or other columns among them."""
    values = np.asarray(proba, np.float64)
    fits = (np.abs(values.sum(axis=1) - 1) <= _ROUNDING) & (values >= -_ROUNDING).all(axis=1)
    if not fits.all():
        row = int(np.flatnonzero(~fits)[0])
        shown = ", ".join(f"{value:g}" for value in values[row, :8])
        raise ValueError(
            f"row {row} of y_proba is {shown}; expected probabilities of all classes, which sum "
            "to 1"
        )


def _names(y_proba: ArrayLike) -> list[Any] | None:
    """Return the labels that a table's columns have; None where they are but counted."""
    names = column_names(y_proba)
    return None if names is None or names == list(range(len(names))) else names
