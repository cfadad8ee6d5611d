"""A model as one file: safetensors for the weights, one closed JSON document for the rest.

Loading executes nothing. The document is checked against ``model_schema.json``, every array's
name, type, shape and values against what the document's layers need, before any of it reaches a
network.
"""

from __future__ import annotations

import functools
import importlib
import importlib.resources
import json
import math
import os
import platform
import struct
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._engine.graph import Graph
from fernet._io.files import atomic_writer
from fernet.layers import layer_from_config

__all__ = ["ModelFileError", "load_model", "save_model"]

FORMAT = "fernet-model"
FORMAT_VERSION = 1
METADATA_KEY = "fernet"
ESTIMATORS = {
    "FERMLPClassifier": "fernet.estimators.mlp",
    "FERCNNClassifier": "fernet.estimators.cnn",
}
"""Names of the estimators that a file may hold, and their modules."""

RENAMED_PARAMETERS: dict[str, tuple[str, dict[Any, Any]]] = {
    "pixel_spread": ("scaled_std", {}),
    "pixel_spread_of": ("scaling", {"all": "pixels", "each": "per_pixel"}),
}
"""Older names of parameters that files hold: today's name, and today's words for their values."""

MAX_FILE_BYTES = 2 << 30
MAX_HEADER_BYTES = 64 << 20
MAX_ROW_SIZE = 1 << 24
_LENGTH_BYTES = 8
_FLOAT16 = np.dtype("<f2")
_HALVED = ".weight"
"""What float16 arrays' names end in: large arrays of small numbers."""


class ModelFileError(ValueError):
    """A file is not a model that can be loaded; the message names it and says why."""


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
    arrays, meta = estimator._to_state()
    document = {"format": FORMAT, "format_version": FORMAT_VERSION, "model": meta}
    if training_data is not None:
        document["training_data"] = dict(training_data)
    if scores is not None:
        document["scores"] = {split: dict(score) for split, score in scores.items()}
    text = _to_json(document | {"versions": installed_versions()})
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    _check_arrays_to_save(arrays)
    if dtype == "float16":
        arrays = {name: _halved(name, array) for name, array in arrays.items()}
    raw = save(arrays, metadata={METADATA_KEY: text})
    with atomic_writer(path) as file:
        file.write(raw)


def load_model(path: str | os.PathLike[str]) -> Any:
    """Read an estimator from a file that `save_model` wrote.

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
        header = _header(raw)
        document = _document(header.pop("__metadata__", None))
        model = document["model"]
        _check_header(header, _expected_arrays(model))
        estimator = _estimator_class(model["estimator"])._from_state(_arrays(raw), model)
        _check_estimator(estimator)
    except ModelFileError as error:
        raise ModelFileError(f"{name}: {error}") from None
    # What checks of a stranger's bytes may meet is without bound; each means: not a model.
    except Exception as error:
        raise ModelFileError(f"{name}: not a usable model file ({_one_line(error)})") from error
    estimator.model_info_ = document
    return estimator


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise ModelFileError(f"{path}: a folder, expected a model file")
    with open(path, "rb") as file:
        raw = file.read(MAX_FILE_BYTES + 1)
    if len(raw) > MAX_FILE_BYTES:
        raise ModelFileError(f"{path}: larger than {MAX_FILE_BYTES} bytes, the most that is read")
    return raw


def _header(raw: bytes) -> dict[str, Any]:
    """Parse the safetensors header: a length of 8 bytes, then that many bytes of JSON."""
    if len(raw) < _LENGTH_BYTES:
        raise ModelFileError(f"not a model file: only {len(raw)} bytes")
    (length,) = struct.unpack("<Q", raw[:_LENGTH_BYTES])
    if length > MAX_HEADER_BYTES:
        raise ModelFileError(f"not a model file: its header would have {length} bytes")
    if _LENGTH_BYTES + length > len(raw):
        raise ModelFileError(
            f"not a model file, or cut off: {len(raw)} bytes, but a header of {length}"
        )
    header = _from_json(raw[_LENGTH_BYTES : _LENGTH_BYTES + length], "header")
    if not isinstance(header, dict):
        raise ModelFileError("not a model file: its header is no JSON object")
    return header


def _document(metadata: Any) -> dict[str, Any]:
    if not isinstance(metadata, dict) or set(metadata) != {METADATA_KEY}:
        raise ModelFileError(f"not written by fernet: no metadata {METADATA_KEY!r} alone")
    document = _from_json(metadata[METADATA_KEY], "metadata")
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelFileError(f"not written by fernet: its format is not {FORMAT!r}")
    if document.get("format_version") != FORMAT_VERSION:
        raise ModelFileError(
            f"format version {document.get('format_version')!r}; this fernet reads version "
            f"{FORMAT_VERSION}"
        )
    _rename_parameters(document.get("model"))
    return _check_document(document)


def _rename_parameters(model: Any) -> None:
    """Give an older file's parameters the names of today; what is no parameter stays as it is."""
    params = model.get("params") if isinstance(model, dict) else None
    if not isinstance(params, dict):
        return
    for old, (new, words) in RENAMED_PARAMETERS.items():
        if old in params and new not in params:
            value = params.pop(old)
            params[new] = words.get(value, value) if isinstance(value, str) else value


def _estimator_class(name: str) -> Any:
    return getattr(importlib.import_module(ESTIMATORS[name]), name)


def _expected_arrays(model: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Work out names and shapes of the arrays from the layers, without making any of them."""
    layers = [layer_from_config(entry) for entry in model["layers"]]
    graph = Graph(layers, tuple(int(size) for size in model["input_shape"]))
    expected: dict[str, tuple[int, ...]] = {}
    for node in graph.nodes:
        shape = graph.shapes[node.inputs[0]]
        parts = node.layer.decayed_shapes(shape) | node.layer.undecayed_shapes(shape)
        parts |= node.layer.state_shapes(shape)
        expected |= {f"network.{node.name}.{part}": size for part, size in parts.items()}
        if math.prod(graph.shapes[node.output]) > MAX_ROW_SIZE:
            raise ModelFileError(
                f"its layer {node.name} makes {graph.shapes[node.output]} of each row, more than "
                f"{MAX_ROW_SIZE} numbers"
            )
    if model["has_scaling"]:
        n_features = (int(model["n_features_in"]),)
        expected |= {"scaling.offset": n_features, "scaling.scale": n_features}
    return expected


def _check_estimator(estimator: Any) -> None:
    """Check what neither the schema nor the layers can tell."""
    classes = estimator.classes_
    if not np.array_equal(np.unique(classes), classes):
        raise ModelFileError("its classes are not sorted, or one occurs twice")
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None and len(names) != estimator.n_features_in_:
        raise ModelFileError(f"it has {len(names)} names for {estimator.n_features_in_} features")


def _check_header(header: dict[str, Any], expected: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the arrays that the file announces with those that its layers need."""
    if missing := sorted(set(expected) - set(header)):
        raise ModelFileError(f"array {missing[0]!r} is missing")
    if unknown := sorted(set(header) - set(expected)):
        raise ModelFileError(f"array {unknown[0]!r} is not one that its layers need")
    for name, shape in expected.items():
        entry = header[name]
        known = ("F32", "F16") if name.endswith(_HALVED) else ("F32",)
        if not isinstance(entry, dict) or entry.get("dtype") not in known:
            raise ModelFileError(f"array {name!r} is not float32")
        if entry.get("shape") != list(shape):
            raise ModelFileError(
                f"array {name!r} has shape {entry.get('shape')}, expected {list(shape)}"
            )


def _halved(name: str, array: NDArray) -> NDArray:
    if not name.endswith(_HALVED):
        return array
    with np.errstate(over="ignore"):
        half = array.astype(_FLOAT16)
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
        raise ModelFileError(f"damaged or cut off ({_one_line(error)})") from None
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


def _to_json(document: dict[str, Any]) -> str:
    """Write the document, refusing what could not be read again."""
    try:
        text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise ValueError(f"a model file holds only text and finite numbers: {error}") from error
    try:
        _check_document(json.loads(text))
    except ModelFileError as error:
        raise ValueError(f"can't be put in a model file: {error}") from None
    return text


def _from_json(text: str | bytes, what: str) -> Any:
    """Parse JSON strictly: no key twice, no NaN, no depth or number beyond reason."""
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ModelFileError(f"its {what} is not JSON as expected ({_one_line(error)})") from None
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice")
    return result


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number")


def _check_document(document: dict[str, Any]) -> dict[str, Any]:
    from fastjsonschema import JsonSchemaValueException

    try:
        _validator()(document)
    except JsonSchemaValueException as error:
        sentence = _one_line(error).removeprefix("data.")
        raise ModelFileError(f"its metadata is not as expected: {sentence}") from None
    return document


@functools.cache
def _validator() -> Any:
    import fastjsonschema

    schema = importlib.resources.files("fernet._io") / "model_schema.json"
    return fastjsonschema.compile(json.loads(schema.read_text("utf-8")), use_default=False)


def installed_versions() -> dict[str, str]:
    """Return the versions of Python, fernet and the packages that its figures depend on."""
    versions = {"python": platform.python_version()}
    for package in ("fernet-emotion", "numpy", "scikit-learn", "safetensors"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "unknown"
    return versions


def _one_line(error: BaseException) -> str:
    """Return an error's message on one line of bearable length."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."
