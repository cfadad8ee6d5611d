"""The report's three columns: validation accuracy, training accuracy, minimum loss."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from sklearn.metrics import accuracy_score

from fernet._training.input_range import BYTES, InputRange
from fernet.estimators.labels import comparable_labels, read_labels
from fernet.estimators.not_images import check_unmasked
from fernet.estimators.other_arrays import array_of, column_names
from fernet.estimators.steps import last_step

__all__ = ["join_validation", "min_loss", "report_scoring", "report_table"]
__dir__ = __all__.copy


def report_scoring(
    estimator: Any, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
) -> dict[str, float]:
    """Score a fitted network, or a pipeline that ends in one, as the report's tables do.

    For ``scoring=`` of scikit-learn's searches and of `CoordinateSearchCV`, with
    ``refit="score"`` and ``return_train_score=True``.

    Parameters
    ----------
    estimator : estimator
        Fitted, with a `history_` or a `loss_curve_`; of a search or a FrozenEstimator, that of
        the estimator within.
    X : array-like
        Images.
    y : array-like of shape (n_samples,)
        Their labels.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights.

    Returns
    -------
    dict
        ``"score"``, the accuracy, so named that successive halving goes by it, and
        ``"neg_min_loss"``, the lowest loss of a training step, or of an epoch where steps are not
        kept, the L2 term included, negative as scikit-learn has it: more is better.

    Raises
    ------
    ValueError
        If the estimator keeps no losses.

    See Also
    --------
    report_table : The columns read from a search.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.model_selection import report_scoring, report_table
    >>> X, y = make_faces(120, random_state=0, return_X_y=True)
    >>> search = GridSearchCV(
    ...     FERMLPClassifier((8,), max_iter=2, random_state=0), {"dropout": [0.0, 0.1]}, cv=2,
    ...     scoring=report_scoring, refit="score", return_train_score=True).fit(X, y)
    >>> headings, rows = report_table(search)
    >>> headings
    ['dropout', 'validation accuracy', 'training accuracy', 'minimum loss']
    >>> len(rows)
    2
    """
    accuracy = accuracy_score(y, estimator.predict(X), sample_weight=sample_weight)
    return {"score": float(accuracy), "neg_min_loss": -min_loss(estimator)}


def min_loss(estimator: Any) -> float:
    """Return the lowest loss of a training step, or of an epoch where steps are not kept.

    Raises
    ------
    ValueError
        If the estimator keeps neither.
    """
    model = last_step(estimator)
    history = getattr(model, "history_", None)
    of_steps = [] if history is None else history.iterations["loss"]
    of_epochs = getattr(model, "loss_curve_", None) or []
    for losses in (of_steps, of_epochs):
        known = [loss for loss in losses if loss is not None and np.isfinite(loss)]
        if known:
            return float(min(known))
    raise ValueError(
        f"estimator is a {type(model).__name__}, which keeps no losses; expected a fitted fernet "
        "classifier that has its history, or a pipeline or search that ends in one"
    )


def report_table(search: Any) -> tuple[list[str], list[list[Any]]]:
    """Read the report's table from a search that was scored with `report_scoring`.

    Parameters
    ----------
    search : estimator
        Fitted, such as GridSearchCV or `CoordinateSearchCV`.

    Returns
    -------
    headings : list of str
        The parameters, without the pipeline's steps before them, then the three columns.
    rows : list of list
        One for each candidate, in the order in which they were evaluated: its values (None where
        it has none of a parameter), then accuracies as fractions, and the loss; means over the
        splits.

    Raises
    ------
    ValueError
        If the search has no such results.
    """
    results = getattr(search, "cv_results_", {})
    keys = ("mean_test_score", "mean_train_score", "mean_test_neg_min_loss")
    absent = [key for key in keys if key not in results]
    if absent:
        raise ValueError(
            f"{type(search).__name__} has no {absent[0]}; expected a search fitted with "
            "scoring=report_scoring, refit='score' and return_train_score=True"
        )
    candidates = results["params"]
    names = list(dict.fromkeys(name for candidate in candidates for name in candidate))
    columns = [results[key].tolist() for key in keys]
    rows = [
        [*(candidate.get(name) for name in names), validation, training, -loss]
        for candidate, validation, training, loss in zip(candidates, *columns, strict=True)
    ]
    headings = [name.rsplit("__", 1)[-1] for name in names]
    return [*headings, "validation accuracy", "training accuracy", "minimum loss"], rows


def join_validation(
    X: ArrayLike, y: ArrayLike, X_val: ArrayLike, y_val: ArrayLike
) -> tuple[NDArray, NDArray, list[tuple[range, range]]]:
    """Join training and validation samples, with the split that parts them again.

    Parameters
    ----------
    X, X_val : array-like of shape (n_samples, ...)
        Samples to train on and samples to judge candidates by.
    y, y_val : array-like of shape (n_samples,)
        Their labels.

    Returns
    -------
    X, y : ndarray
        Both, training samples first.
    cv : list of (range, range)
        The only split, for ``cv=`` of any search; `CoordinateSearchCV` makes no further copy of
        samples that are joined so.

    Raises
    ------
    ValueError
        If lengths, shapes, names of columns, kinds of labels or units do not match, as pixels up
        to 255 beside those up to 1, or samples are sparse or hold masked entries.

    Examples
    --------
    >>> from fernet.model_selection import join_validation
    >>> X, y, cv = join_validation([[0.0], [1.0]], [0, 1], [[2.0]], [1])
    >>> cv
    [(range(0, 2), range(2, 3))]
    """
    names = column_names(X), column_names(X_val)
    if None not in names and names[0] != names[1]:
        raise ValueError(
            "X and X_val have columns of different names, or in different orders; expected the same"
        )
    y, y_val = comparable_labels(read_labels(y), read_labels(y_val, "y_val"), "y", "y_val")
    parts = [(_samples(X, "X"), y), (_samples(X_val, "X_val"), y_val)]
    for name, (samples, labels) in zip(("", "_val"), parts, strict=True):
        if len(samples) != len(labels):
            raise ValueError(
                f"X{name} has {len(samples)} samples and y{name} {len(labels)} labels; expected "
                "as many"
            )
    if parts[0][0].shape[1:] != parts[1][0].shape[1:]:
        raise ValueError(
            f"X has samples of shape {parts[0][0].shape[1:]} and X_val of {parts[1][0].shape[1:]}; "
            "expected the same"
        )
    _check_units(parts[0][0], parts[1][0])
    joined = [np.concatenate(arrays) for arrays in zip(*parts, strict=True)]
    n_training, n_samples = len(parts[0][0]), len(joined[0])
    return joined[0], joined[1], [(range(n_training), range(n_training, n_samples))]


def _check_units(X: NDArray, X_val: NDArray) -> None:
    """Refuse the same pixels in two units, as whole numbers beside floats from 0 to 1 are."""
    kinds = X.dtype.kind, X_val.dtype.kind
    if not all(kind in "iuf" for kind in kinds) or not X.size or not X_val.size:
        return
    if "f" not in kinds:
        return  # whole numbers are of one unit, however dark
    one, other = InputRange.of(X), InputRange.of(X_val)
    if _differ(one, other, kinds[0] != "f") or _differ(other, one, kinds[1] != "f"):
        raise ValueError(f"X spans {one} and X_val {other}; expected both in one unit")


def _differ(large: InputRange, small: InputRange, is_whole: bool) -> bool:
    """Tell whether the first are pixels up to 255, perhaps whole ones, and others in a unit of 1.

    Features that merely are larger, standardised ones among them, are no pixels; dark floats may
    be small, but go beyond 1.
    """
    if is_whole and large.high > 1 and small.low >= 0 and small.high <= 1:
        return True
    return large.nominal == BYTES != small.nominal and large.dwarfs(small)


def _samples(X: ArrayLike, name: str) -> NDArray:
    if issparse(X):
        raise ValueError(f"{name} is sparse; expected a dense array, as {name}.toarray() gives")
    check_unmasked(X, name)
    return np.asarray(array_of(X, name))
