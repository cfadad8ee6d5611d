"""What a scikit-learn model consists of, made ready for skl2onnx to convert."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion, Pipeline

from fernet.estimators.base import BaseFERClassifier

__all__ = ["Features", "made_ready"]
__dir__ = __all__.copy

_LEFT_OUT = (None, "passthrough")


class Features(TransformerMixin, BaseEstimator):
    """A fitted network as a transformer alone, which is no classifier to skl2onnx.

    Parameters
    ----------
    model : estimator
        Fitted.
    """

    def __init__(self, model: BaseFERClassifier) -> None:
        self.model = model

    @property
    def n_features_in_(self) -> int:
        """Numbers in a row that goes in."""
        return int(self.model.n_features_in_)

    @property
    def n_features_out(self) -> int:
        """Numbers in a row that comes out."""
        return int(self.model._n_features_out)


def made_ready(model: Any, *, transforms: bool = False) -> Any:
    """Take out what skl2onnx does not know: frozen estimators, and networks that transform.

    Parameters
    ----------
    model : scikit-learn model
        Fitted. What it consists of is replaced, so give a deep copy.
    transforms : bool, default=False
        Whether it is there for its `transform`.

    Returns
    -------
    scikit-learn model
        The same one, or what stands in its place.

    Examples
    --------
    >>> from sklearn.frozen import FrozenEstimator
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from fernet.export.parts import made_ready
    >>> made_ready(FrozenEstimator(MinMaxScaler()))
    MinMaxScaler()
    """
    if isinstance(model, FrozenEstimator):
        return made_ready(model.estimator, transforms=transforms)
    if isinstance(model, BaseFERClassifier):
        return Features(model) if transforms else model
    if isinstance(model, Pipeline):
        steps = [(name, step) for name, step in model.steps if step not in _LEFT_OUT]
        model.steps = [
            (name, made_ready(step, transforms=transforms or place < len(steps)))
            for place, (name, step) in enumerate(steps, 1)
        ]
    elif isinstance(model, FeatureUnion):
        model.transformer_list = [
            (name, made_ready(part, transforms=True)) for name, part in model.transformer_list
        ]
    elif isinstance(model, ColumnTransformer):
        model.transformers_ = [
            (name, made_ready(part, transforms=True), columns)
            for name, part, columns in model.transformers_
        ]
    elif isinstance(model, CalibratedClassifierCV):
        for part in model.calibrated_classifiers_:
            part.estimator = made_ready(part.estimator)
    else:
        _make_ready_within(model, transforms)
    return model


def _make_ready_within(model: Any, transforms: bool) -> None:
    """Go through votes, stacks, searches and the like."""
    if isinstance(getattr(model, "estimators_", None), list):
        model.estimators_ = [made_ready(part) for part in model.estimators_]
    for name, is_whole in (("final_estimator_", False), ("best_estimator_", True)):
        if hasattr(model, name):
            part = made_ready(getattr(model, name), transforms=transforms and is_whole)
            setattr(model, name, part)
    if isinstance(model, VotingClassifier) and model.weights is not None:
        # skl2onnx takes an array, and counts those left out as if they were there.
        kept = zip(model.estimators, model.weights, strict=True)
        model.weights = np.array([weight for (_, part), weight in kept if part != "drop"])
    # Of a vote's `transform` alone, which is not converted.
    if hasattr(model, "flatten_transform"):
        model.flatten_transform = False
