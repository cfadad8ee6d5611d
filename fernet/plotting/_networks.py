"""The network within an estimator."""

from __future__ import annotations

from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted


def last_step(estimator: Any) -> Any:
    """Return what answers in a pipeline or a fitted search, or the estimator itself.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from fernet import FERMLPClassifier
    >>> from fernet.plotting._networks import last_step
    >>> last_step(make_pipeline("passthrough", FERMLPClassifier())).__class__.__name__
    'FERMLPClassifier'
    """
    if hasattr(estimator, "steps"):
        return last_step(estimator[-1])
    if hasattr(estimator, "best_estimator_"):
        return last_step(estimator.best_estimator_)
    if isinstance(estimator, FrozenEstimator):
        return last_step(estimator.estimator)
    return estimator


def learnt(estimator: Any, attribute: str) -> Any:
    """Return what the network within an estimator has learnt.

    Parameters
    ----------
    estimator : estimator
        A fitted network, or a pipeline or search of one.
    attribute : str
        Its name, such as ``"coefs_"``.

    Returns
    -------
    object

    Raises
    ------
    ValueError
        If it is not fitted, or no network.
    """
    model = last_step(estimator)
    value = getattr(model, attribute, None)
    if value is not None:
        return value
    cure = "expected a fitted network, or a pipeline or search that ends in one"
    try:
        check_is_fitted(model)
    except NotFittedError:
        cure = "fit it first"
    except TypeError:
        pass  # no estimator at all
    raise ValueError(f"{type(model).__name__} has no {attribute} to plot; {cure}")
