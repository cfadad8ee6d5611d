"""Networks that went on from the same one, as one network of their mean weights."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from fernet.estimators.fitted_classifier import FittedClassifier

__all__ = ["average_models"]
__dir__ = __all__.copy


def average_models(models: Sequence[Any]) -> Any:
    """Return the model whose weights are the means of several models' weights.

    Of networks that have gone on from the same one their mean is a network too, mostly as good as
    the average of their answers, at the cost of one. A few epochs of training at a low rate make it
    better still. Of networks that began apart the mean knows nothing.

    Parameters
    ----------
    models : sequence of FERMLPClassifier or FERCNNClassifier
        Fitted; of the same layers, classes and scaling. They are left as they are.

    Returns
    -------
    estimator
        With the first model's parameters and history, not calibrated; its next `fit` goes on from
        the mean. The averages of batch normalisations are means as well: they become those of the
        new network as it trains.

    Raises
    ------
    TypeError
        If one is no model of fernet's.
    ValueError
        If there is no model, or they differ in more than their weights.
    sklearn.exceptions.NotFittedError
        If one is not fitted.

    References
    ----------
    Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy
    without increasing inference time", 2022.

    Examples
    --------
    >>> from copy import deepcopy
    >>> from fernet import FERMLPClassifier
    >>> from fernet.averaging import average_models
    >>> from fernet.datasets import make_faces
    >>> X, y = make_faces(200, random_state=0, return_X_y=True)
    >>> first = FERMLPClassifier((16,), max_iter=2, random_state=0, warm_start=True).fit(X, y)
    >>> second = deepcopy(first).set_params(random_state=1).fit(X, y)
    >>> average_models([first, second]).predict(X).shape
    (200,)
    """
    models = _as_list(models)
    states = [model._check_fitted() for model in models]
    _check_alike([_description(state) for state in states])
    network = states[0].network.copy()
    network.values[...] = np.mean([state.network.values for state in states], axis=0, dtype=float)
    return models[0]._with(states[0].edited(network=network, temperature=1.0))


def _as_list(models: Any) -> list[Any]:
    found = list(models) if isinstance(models, Iterable) and not isinstance(models, str) else models
    if not isinstance(found, list):
        raise TypeError(f"models is of type {type(models).__name__}; expected a list of models")
    if not found:
        raise ValueError("models is empty; expected fitted models of the same network")
    for number, model in enumerate(found):
        if not isinstance(model, FittedClassifier):
            raise TypeError(
                f"models[{number}] is of type {type(model).__name__}; expected a FERMLPClassifier "
                "or FERCNNClassifier, such as load_model returns"
            )
    return found


def _description(state: Any) -> dict[str, Any]:
    """Return what has to be the same, by the words of an error."""
    network, scaling = state.network, state.scaling
    return {
        "classes": np.asarray(state.classes).tolist(),
        "layers": (network.config(), network.input_shape, network.dtype.str),
        "scaling": [
            None if array is None else np.asarray(array).tolist()
            for array in (scaling.offset_, scaling.scale_)
        ],
    }


def _check_alike(descriptions: Sequence[dict[str, Any]]) -> None:
    first = descriptions[0]
    for number, other in enumerate(descriptions):
        if differing := [what for what in first if other[what] != first[what]]:
            raise ValueError(
                f"models[{number}] has other {differing[0]} than models[0]; expected models that "
                "went on from the same one"
            )
