"""A model as one file: safetensors for the weights, one closed JSON document for the rest.

Loading executes nothing. `fernet._io.model_header` checks the header, this module every array's
values, before any of it reaches a network.
"""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from io import BytesIO, TextIOBase
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from fernet._io.callers import levels_to_caller
from fernet._io.errors import ModelFileError, naming_memory, one_line
from fernet._io.files import atomic_writer, read_at_most, read_open
from fernet._io.model_header import METADATA_KEY, document_to_text, may_be_float16, read_header
from fernet._io.seal import SEAL, sealed_parts

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_LOSSES",
    "Saveable",
    "check_saveable",
    "from_bytes",
    "installed_versions",
    "load",
    "load_open",
    "save",
]

MAX_FILE_BYTES = 2 << 30
"""The largest file that is read."""
MAX_LOSSES = 1 << 21
"""Losses of batches that a file's header, of which 64 MB are read, has room for."""


class Saveable(Protocol):
    """What model files need of an estimator."""

    @property
    def classes_(self) -> NDArray[Any]: ...

    @property
    def n_features_in_(self) -> int: ...

    @property
    def model_info_(self) -> dict[str, Any]: ...

    def _serialize(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]: ...

    @classmethod
    def _deserialize(
        cls,
        arrays: dict[str, NDArray[Any]],
        meta: dict[str, Any],
        *,
        model_info: dict[str, Any] | None = None,
    ) -> Self: ...


Kind = TypeVar("Kind", bound=Saveable)
"""One of the estimators that a file may hold."""


def save(
    estimator: Saveable,
    path: str | os.PathLike[str],
    kinds: Mapping[str, type[Saveable]],
    *,
    training_data: Mapping[str, Any] | None = None,
    scores: Mapping[str, Mapping[str, Any]] | None = None,
    dtype: str = "float32",
) -> None:
    """Write a fitted estimator to a file; `fernet.estimators.saving.save_model` says more.

    Parameters
    ----------
    estimator : object of one of `kinds`
        Fitted.
    path : path-like
        The file to write.
    kinds : mapping of str to type
        What may be written, by the names that files know them by.
    training_data, scores, dtype
        As for `fernet.estimators.saving.save_model`, errors included.
    """
    if dtype not in ("float32", "float16"):
        raise ValueError(f"dtype is {dtype!r}; expected 'float32' or 'float16'")
    added: dict[str, Any] = {}
    if training_data is not None:
        added["training_data"] = dict(training_data)
    if scores is not None:
        added["scores"] = {split: _with_plain_matrix(score) for split, score in scores.items()}
    arrays, text = _contents(estimator, kinds, added)
    for split, score in added.get("scores", {}).items():
        _check_matrix(split, score.get("confusion_matrix"), len(estimator.classes_))
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    _check_arrays_to_save(arrays)
    if dtype == "float16":
        arrays = {name: _halved(name, array) for name, array in arrays.items()}
    parts = sealed_parts(arrays, METADATA_KEY, text)
    with atomic_writer(path) as file:
        for part in parts:
            file.write(part)


def _with_plain_matrix(score: Mapping[str, Any]) -> dict[str, Any]:
    """Return a split's figures, its matrix in lists."""
    plain = dict(score)
    if isinstance(plain.get("confusion_matrix"), np.ndarray):
        plain["confusion_matrix"] = plain["confusion_matrix"].tolist()
    return plain


def _check_matrix(split: str, matrix: list[list[Any]] | None, n_classes: int) -> None:
    """Refuse a matrix, whose parts are sound, of other classes than the model's."""
    sizes = [n_classes] if matrix is None else [len(matrix), *map(len, matrix)]
    if any(size != n_classes for size in sizes):
        raise ValueError(
            f"scores[{split!r}]['confusion_matrix'] is {sizes[0]} x {min(sizes[1:])}; expected "
            f"{n_classes} x {n_classes}, a row and a column for each of the model's classes"
        )


def check_saveable(estimator: Saveable, kinds: Mapping[str, type[Saveable]]) -> None:
    """Refuse what `save` would, but for weights, before there is anything to lose.

    Parameters
    ----------
    estimator, kinds
        As for `save`, errors included.
    """
    _contents(estimator, kinds, {})


def _contents(
    estimator: Saveable, kinds: Mapping[str, type[Saveable]], added: Mapping[str, Any]
) -> tuple[dict[str, NDArray[Any]], str]:
    """Return an estimator's arrays, and the document of the rest of it and of what is added."""
    from sklearn.utils.validation import check_is_fitted

    if type(estimator) not in kinds.values():
        raise ValueError(
            f"estimator is a {type(estimator).__name__}; a model file holds one of: "
            f"{', '.join(kinds)}"
        )
    check_is_fitted(estimator)
    arrays, meta = estimator._serialize()
    contents = {"model": _of_bearable_length(meta), **added, "versions": installed_versions()}
    return arrays, document_to_text(contents)


def _of_bearable_length(meta: dict[str, Any]) -> dict[str, Any]:
    """Leave the losses of batches out where there is no room: that file could not be read again."""
    n_losses = len(meta["history"]["iterations"]["loss"])
    if n_losses <= MAX_LOSSES:
        return meta
    warnings.warn(
        f"the losses of {n_losses} batches are left out of the model's file, which has room for "
        f"{MAX_LOSSES}; those of epochs are in it",
        UserWarning,
        stacklevel=levels_to_caller(),
    )
    return meta | {"history": meta["history"] | {"iterations": {"loss": []}}}


def load(path: str | os.PathLike[str], kinds: Mapping[str, type[Kind]]) -> Kind:
    """Read an estimator from a file, with the checks of `from_bytes`.

    Parameters
    ----------
    path : path-like
        The file.
    kinds : mapping of str to type
        What may come of it, by the names that files know them by.

    Returns
    -------
    object of one of `kinds`
        Fitted, and with the file's document as ``model_info_``.

    Raises
    ------
    ModelFileError
        If the file is not a whole and sound model of a format that this version knows.
    FileNotFoundError
        If there is no such file.

    Warns
    -----
    UserWarning
        If it has no checksum, as those of earlier versions have none.
    """
    return _from_outside(_read(Path(path)), os.fspath(path), kinds)


def load_open(source: Any, kinds: Mapping[str, type[Kind]]) -> Kind:
    """Read an estimator from what is no path, as `load` does from a file.

    Parameters
    ----------
    source : bytes-like, binary file object or Traversable
        A file object is read to its end; a Traversable is what `importlib.resources` gives.
    kinds : mapping of str to type
        As for `load`.

    Returns
    -------
    object of one of `kinds`
        As `load` returns it.

    Raises
    ------
    ModelFileError
        As `load` does.
    TypeError
        If a file object is opened as text.
    """
    name = getattr(source, "name", None)
    name = name if isinstance(name, str) and name else "model"
    if isinstance(source, TextIOBase):
        raise TypeError(f"{name} is opened as text; open it in binary mode, 'rb'")
    try:
        with naming_memory(name):
            raw = _content(source)
    except ValueError as error:
        raise ModelFileError(f"{name}: {error}") from None
    return _from_outside(raw, name, kinds)


def _content(source: Any) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        source = BytesIO(source)
    if hasattr(source, "read"):
        return read_open(source, MAX_FILE_BYTES)
    with source.open("rb") as file:
        return read_open(file, MAX_FILE_BYTES)


def _from_outside(raw: bytes, name: str, kinds: Mapping[str, type[Kind]]) -> Kind:
    """Read an estimator, and warn where nothing tells whether its bytes are those that were."""
    estimator = from_bytes(raw, name, kinds)
    if SEAL not in estimator.model_info_:
        warnings.warn(
            f"{name} has no checksum, as an earlier version of fernet wrote it: damage to its "
            "numbers would go unnoticed; save_model gives it one",
            UserWarning,
            stacklevel=levels_to_caller(),
        )
    return estimator


def from_bytes(raw: bytes, name: str, kinds: Mapping[str, type[Kind]]) -> Kind:
    """Read an estimator from a model file's bytes.

    Nothing of them is executed, and nothing is used before all of it is checked.

    Parameters
    ----------
    raw : bytes
        What `save` wrote.
    name : str
        What to call them in an error.
    kinds : mapping of str to type
        What may come of them, by the names that files know them by.

    Returns
    -------
    object of one of `kinds`
        As `load` returns it.

    Raises
    ------
    ModelFileError
        If they are not a whole and sound model.
    """
    try:
        with naming_memory(name):
            document = read_header(raw)
            model = document["model"]
            kind = kinds[model["estimator"]]
            estimator = kind._deserialize(_arrays(raw), model, model_info=document)
            _check_estimator(estimator)
    except MemoryError:
        raise
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
    try:
        with naming_memory(os.fspath(path)):
            return read_at_most(path, MAX_FILE_BYTES)
    except ValueError as error:
        raise ModelFileError(f"{path}: {error}") from None


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
