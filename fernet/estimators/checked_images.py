"""Images that a fitted estimator is given: held to what it has learnt from."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from fernet._training.input_range import warn_if_far
from fernet._training.lazy_rows import LazyRows
from fernet.emotions import IMAGE_SHAPE
from fernet.estimators import images, inputs, lazy_inputs
from fernet.estimators.distributions import hard_labels
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.images import ImageShape
from fernet.estimators.inputs import Features
from fernet.estimators.not_images import check_is_data
from fernet.estimators.parameters import NetworkParameters

__all__ = ["check_images"]
__dir__ = __all__.copy


def check_images(
    estimator: NetworkParameters, X: Any, fitted: FittedState, name: str = "X", **check_params: Any
) -> Any:
    """Return images as rows, or rows and labels, held to what the estimator was fitted with.

    Numbers in another unit than those it was fitted with are warned of.

    Parameters
    ----------
    estimator : NetworkParameters
        Fitted.
    X : array-like
        Images.
    fitted : FittedState
        What it was fitted with.
    name : str, default="X"
        What to call the images in an error.
    **check_params
        Passed to `sklearn.utils.validation.validate_data`, for instance ``y``.

    Raises
    ------
    ValueError
        If the images are no images, or of another shape than those that the network takes.
    """
    check_is_data(X, name)
    images.check_no_single_image(X, fitted.features.image_shape, name)
    if "y" in check_params:
        check_params["y"] = hard_labels(check_params["y"], name.replace("X", "y"))
    lazy = lazy_inputs.as_lazy_rows(X, name)
    if lazy is not None:
        return _check_lazy(estimator, *lazy, fitted, name, **check_params)
    rows, image_shape = images.as_rows(X, name)
    _check_shape(image_shape, fitted.features.image_shape, name)
    rows = images.compact(rows)
    if not check_params and _are_ready(rows, fitted.features):
        return _in_unit(rows, fitted, name)
    with _named(name):
        checked = validate_data(
            estimator,
            rows,
            reset=False,
            dtype=inputs.KEPT_DTYPES,
            order="C",
            **check_params,
        )
    if "y" not in check_params:
        return _in_unit(checked, fitted, name)
    return _in_unit(checked[0], fitted, name), checked[1]


@contextlib.contextmanager
def _named(name: str) -> Iterator[None]:
    """Say which data are meant where scikit-learn, which says X of any, refuses others."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if name == "X":
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{name}, {name.replace('X', 'y')}: {error}") from None


def _are_ready(rows: Any, features: Features) -> bool:
    """Return whether scikit-learn's checks would find nothing to say: so bytes skip them.

    For a single image they take a good part of the time that the network takes.
    """
    return (
        type(rows) is np.ndarray
        and rows.dtype == np.uint8
        and rows.flags.c_contiguous
        and rows.ndim == 2
        and len(rows) > 0
        and rows.shape[1] == features.n_features
        and features.names is None
    )


def _check_lazy(
    estimator: NetworkParameters,
    rows: LazyRows,
    image_shape: ImageShape | None,
    fitted: FittedState,
    name: str,
    **check_params: Any,
) -> Any:
    """Hold what is read as it is needed to what the estimator was fitted with."""
    _check_shape(image_shape, fitted.features.image_shape, name)
    lazy_inputs.check_rows(rows, estimator, fitted.features.n_features, name)
    if "y" not in check_params:
        return _in_unit(rows, fitted, name)
    y = lazy_inputs.check_labels(rows, check_params["y"], estimator)
    return _in_unit(rows, fitted, name), y


def _in_unit(rows: Any, fitted: FittedState, name: str) -> Any:
    rows = images.compact(rows)
    images.check_size(rows, name)
    warn_if_far(fitted.input_range, rows, name)
    return rows


def _check_shape(given: ImageShape | None, expected: ImageShape | None, name: str) -> None:
    if given is not None and expected is not None and given != expected:
        raise ValueError(
            f"{name} holds images of shape {given}; expected {expected}, as the estimator was "
            f"fitted with{_cure(given, expected, name)}"
        )


def _cure(given: ImageShape, expected: ImageShape, name: str) -> str:
    """Say what makes the one shape of the other, if it is a matter of size or colours."""
    if given[:2] != expected[:2]:
        return _size_cure(expected, name)
    if given[2] == 3 and expected[2] == 1:
        return f": {name} @ [0.299, 0.587, 0.114] makes colours grey"
    if given[2] == 1 and expected[2] == 3:
        rows = f"{name}.reshape(-1, {given[0]}, {given[1]}, 1)"
        return f": {rows}.repeat(3, axis=3) gives greys three channels"
    return ""


def _size_cure(expected: ImageShape, name: str) -> str:
    height, width, channels = expected
    if height != width or channels not in (1, 3):
        return ""
    size = "" if (height, width) == IMAGE_SHAPE else f", image_size={height}"
    color = ", color=True" if channels == 3 else ""
    cropper = f"fernet.faces.FaceCropper(detect=False{size}{color})"
    return f": {cropper}.transform({name}) brings pictures of 8-bit levels to it"
