"""A model as one file: safetensors for the weights, one closed JSON document for the rest.

Loading executes nothing. `fernet._io.model_header` checks the header, this module every array's
values, before any of it reaches a network.
"""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._io.errors import ModelFileError, one_line
from fernet._io.files import atomic_writer
from fernet._io.model_header import METADATA_KEY, document_to_text, may_be_float16, read_header

__all__ = ["ModelFileError", "installed_versions", "load_model", "model_from_bytes", "save_model"]

ESTIMATORS = {
    "FERMLPClassifier": "fernet.estimators.mlp",
    "FERCNNClassifier": "fernet.estimators.cnn",
}
"""Names of the estimators that a file may hold, and their modules."""

MAX_FILE_BYTES = 2 << 30


def save_model(
    estimator: Any,
    path: str | os.PathLike[str],
    *,
    training_data: Mapping[str, Any] | None = None,
    scores: Mapping[str, Mapping[str, Any]] | None = None,
    dtype: str = "float32",
) -> None:
    """Write a fitted estimator to a file.

    The file is written beside its place and renamed when it is whole and on disk: a model that
    was there before survives a failure. The same model gives the same bytes.

    Parameters
    ----------
    estimator : FERMLPClassifier or FERCNNClassifier
        Fitted.
    path : path-like
        The file to write, by custom ``*.safetensors``. Its folder must exist.
    training_data : mapping, default=None
        What it learnt from: ``name`` and ``split`` (str) and ``n_samples`` (int), all optional.
    scores : mapping of str to mapping, default=None
        For each split's name its ``accuracy`` (between 0 and 1) and, optionally,
        ``confusion_matrix`` (counts; rows are actual classes).
    dtype : {"float32", "float16"}, default="float32"
        What the weights are kept as. ``"float16"`` halves the file and rounds them to 11 bits;
        biases, normalisations and the scaling stay float32. The loaded model computes in float32
        either way.

    Raises
    ------
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    ValueError
        If `dtype` is unknown, if weights are not finite, or beyond float16's 65504 if that is what
        they become, or if settings, `training_data` or `scores` hold what a model file can't:
        anything but the keys above, or objects in place of numbers and text.
    OSError
        If the file can't be written.

    Examples
    --------
    >>> import os, tempfile
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet._io.model_files import load_model, save_model
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.safetensors")
    ...     save_model(model, path, training_data={"name": "drawn faces"})
    ...     twin = load_model(path)
    >>> bool((twin.predict_proba(X) == model.predict_proba(X)).all())
    True
    >>> twin.model_info_["training_data"]
    {'name': 'drawn faces'}
    """
    from safetensors.numpy import save
    from sklearn.utils.validation import check_is_fitted

    if type(estimator).__name__ not in ESTIMATORS:
        raise ValueError(
            f"estimator is a {type(estimator).__name__}; a model file holds one of: "
            f"{', '.join(ESTIMATORS)}"
        )
    if dtype not in ("float32", "float16"):
        raise ValueError(f"dtype is {dtype!r}; expected 'float32' or 'float16'")
    check_is_fitted(estimator)
    arrays, meta = estimator._serialize()
    contents = {"model": meta}
    if training_data is not None:
        contents["training_data"] = dict(training_data)
    if scores is not None:
        contents["scores"] = {split: dict(score) for split, score in scores.items()}
    text = document_to_text(contents | {"versions": installed_versions()})
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    _check_arrays_to_save(arrays)
    if dtype == "float16":
        arrays = {name: _halved(name, array) for name, array in arrays.items()}
    raw = save(arrays, metadata={METADATA_KEY: text})
    with atomic_writer(path) as file:
        file.write(raw)


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read an estimator from a file that `save_model` wrote; `fernet.load_model` takes more.

    Nothing in the file is executed, and nothing of it is used before all of it is checked, so a
    file from a stranger does no harm.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    FERMLPClassifier or FERCNNClassifier
        Fitted; predicts bit for bit as the model that was saved in float32. Its ``model_info_`` is
        the file's document: a dict with the keys ``model`` and ``versions`` and, where they were
        given, ``training_data`` and ``scores``.

    Raises
    ------
    ModelFileError
        If the file is not a whole and sound model of a format that this version knows.
    FileNotFoundError
        If there is no such file.

    See Also
    --------
    save_model : With an example of both.
    """
    return model_from_bytes(_read(Path(path)), os.fspath(path))


def model_from_bytes(raw: bytes, name: str) -> Any:
    """Read an estimator from a model file's bytes, with the checks of `load_model`.

    Parameters
    ----------
    raw : bytes
        What `save_model` wrote.
    name : str
        What to call them in an error.

    Returns
    -------
    FERMLPClassifier or FERCNNClassifier
        As `load_model` returns it.

    Raises
    ------
    ModelFileError
        If they are not a whole and sound model.
    """
    try:
        document = read_header(raw)
        model = document["model"]
        kind = _estimator_class(model["estimator"])
        estimator = kind._deserialize(_arrays(raw), model, model_info=document)
        _check_estimator(estimator)
    except ModelFileError as error:
        raise ModelFileError(f"{name}: {error}") from None
    # What checks of a stranger's bytes may meet is without bound; each means: not a model.
    except Exception as error:
        raise ModelFileError(f"{name}: not a usable model file ({one_line(error)})") from error
    return estimator


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise ModelFileError(
            f"{path}: a folder, expected a model file or a folder with model.safetensors in it"
        )
    with open(path, "rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise ModelFileError(f"{path}: larger than {MAX_FILE_BYTES} bytes, the most that is read")
    return raw


def _estimator_class(name: str) -> Any:
    return getattr(importlib.import_module(ESTIMATORS[name]), name)


def _check_estimator(estimator: Any) -> None:
    """Check what neither the schema nor the layers can tell."""
    classes = estimator.classes_
    if not np.array_equal(np.unique(classes), classes):
        raise ModelFileError("its classes are not sorted, or one occurs twice")
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and len(names) != estimator.n_features_in_:
        raise ModelFileError(f"it has {len(names)} names for {estimator.n_features_in_} features")


def _halved(name: str, array: NDArray) -> NDArray:
    if not may_be_float16(name):
        return array
    with np.errstate(over="ignore"):
        half = array.astype("<f2")
    if not np.isfinite(half).all():
        raise ValueError(
            f"array {name!r} holds {np.abs(array).max():g}; expected at most "
            f"{np.finfo(half.dtype).max:g}, float16's largest number"
        )
    return half


def _arrays(raw: bytes) -> dict[str, NDArray[np.float32]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(raw)
    except SafetensorError as error:
        raise ModelFileError(f"damaged or cut off ({one_line(error)})") from None
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f"array {name!r} holds numbers that are not finite")
        if name.endswith(".running_var") and (array < 0).any():
            raise ModelFileError(f"array {name!r} holds a variance below 0")
    return {name: array.astype(np.float32, copy=False) for name, array in arrays.items()}


def _check_arrays_to_save(arrays: Mapping[str, NDArray[Any]]) -> None:
    for name, array in arrays.items():
        if array.dtype != np.float32:
            raise ValueError(f"array {name!r} is {array.dtype}; expected float32")
        if not np.isfinite(array).all():
            raise ValueError(f"array {name!r} holds numbers that are not finite")


def installed_versions() -> dict[str, str]:
    """Return the versions of Python, fernet and the packages that its figures depend on."""
    versions = {"python": platform.python_version()}
    for package in ("fernet-emotion", "numpy", "scikit-learn", "safetensors"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "unknown"
    return versions
