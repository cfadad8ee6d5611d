"""The estimators within a pipeline, a search or a frozen one."""

from __future__ import annotations

from typing import Any

from sklearn.frozen import FrozenEstimator

__all__ = ["last_step", "steps_of"]
__dir__ = __all__.copy


def last_step(estimator: Any) -> Any:
    """Return what answers in a pipeline or a fitted search, or the estimator itself.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from fernet import FERMLPClassifier
    >>> from fernet.estimators.steps import last_step
    >>> last_step(make_pipeline("passthrough", FERMLPClassifier())).__class__.__name__
    'FERMLPClassifier'
    """
    return steps_of(estimator)[-1]


def steps_of(estimator: Any) -> list[Any]:
    """Return what a pipeline or a fitted search does in turn; what answers comes last."""
    if hasattr(estimator, "steps"):
        *before, last = [step for _, step in estimator.steps]
        return [*before, *steps_of(last)]
    if hasattr(estimator, "best_estimator_"):
        return steps_of(estimator.best_estimator_)
    if isinstance(estimator, FrozenEstimator):
        return steps_of(estimator.estimator)
    return [estimator]
