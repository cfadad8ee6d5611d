"""The network within an estimator."""

from __future__ import annotations

import itertools
from typing import Any

from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from fernet.estimators.steps import last_step, steps_of


def check_sees_pixels(estimator: Any) -> None:
    """Refuse a pipeline whose network sees other features than those that go in.

    Raises
    ------
    ValueError
        If a fitted step before the network changes their number, or names others than it gets.
    """
    steps = [step for step in steps_of(estimator) if step not in (None, "passthrough")]
    for step, following in itertools.pairwise(steps):
        if _makes_others(step, following):
            raise ValueError(
                f"{type(estimator).__name__} has the step {type(step).__name__} before the "
                "network, whose weights are of other features than pixels; give the network "
                "itself, as pipeline[-1] is, if they make images all the same"
            )


def _makes_others(step: Any, following: Any) -> bool:
    """Tell whether a transformer makes other features of those that it gets, if it gets any."""
    n_features = getattr(step, "n_features_in_", None)
    if n_features is None:
        return False
    if getattr(following, "n_features_in_", n_features) != n_features:
        return True
    if not type(step).__module__.startswith("sklearn."):
        return False
    given = getattr(step, "feature_names_in_", [f"x{place}" for place in range(n_features)])
    try:
        # Those that join parts put their parts' names before the features'.
        names = [str(name).rpartition("__")[2] for name in step.get_feature_names_out()]
    # Some have no names to tell, or have a part that has none.
    except (AttributeError, ValueError, NotImplementedError, TypeError):
        return False
    return names != [str(name).rpartition("__")[2] for name in given]


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
