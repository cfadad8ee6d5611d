"""An estimator stays as it was if fitting fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_PRIVATE = ("_image_shape", "_seed", "_training_state", "_goes_on")


@contextmanager
def unchanged_on_error(estimator: Any) -> Iterator[None]:
    """Put the fitted attributes back as they were if anything is raised.

    Parameters
    ----------
    estimator : estimator
        Its fitted attributes are those that end with an underscore, and a few private ones.
    """
    before = dict(vars(estimator))
    try:
        yield
    except BaseException:
        for name in _fitted(list(vars(estimator))):
            delattr(estimator, name)
        for name in _fitted(before):
            setattr(estimator, name, before[name])
        raise


def _fitted(names: Iterable[str]) -> list[str]:
    return [n for n in names if n in _PRIVATE or (n.endswith("_") and not n.startswith("_"))]
