"""Saving and loading: the classifiers that a model file may hold, and the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

from fernet._io import model_files
from fernet._io.errors import ModelFileError
from fernet.estimators.cnn import FERCNNClassifier
from fernet.estimators.mlp import FERMLPClassifier

__all__ = ["ModelFileError", "load_model_file", "load_open_model", "model_from_bytes", "save_model"]
__dir__ = __all__.copy

_KINDS: dict[str, type[FERMLPClassifier] | type[FERCNNClassifier]] = {
    "FERMLPClassifier": FERMLPClassifier,
    "FERCNNClassifier": FERCNNClassifier,
}


def save_model(
    estimator: FERMLPClassifier | FERCNNClassifier,
    path: str | os.PathLike[str],
    *,
    training_data: Mapping[str, Any] | None = None,
    scores: Mapping[str, Mapping[str, Any]] | None = None,
    dtype: Literal["float32", "float16"] = "float32",
) -> None:
    """Write a fitted estimator to a file.

    The file is written beside its place and renamed when it is whole and on disk: a model that
    was there before survives a failure. The same model gives the same bytes.

    It holds what predicts, the history, and the parameters but for `callbacks`, `checkpoint`,
    `strategy`, `verbose`, a `random_state` that is no whole number, a `monitor` without a name and
    a `schedule` of a class of one's own; these are at their defaults when it is loaded.
    It does not hold where `partial_fit` would go on beside the weights, such as a momentum; a
    pickle does.

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
        ``confusion_matrix`` (counts, a row and a column a class of the model's; rows are actual
        classes).
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
        anything but the keys above, objects in place of numbers and text, or a confusion matrix
        of other classes.
    OSError
        If the file can't be written.

    Warns
    -----
    UserWarning
        If there were more batches than a file has room for the losses of, two million: these are
        left out.

    Examples
    --------
    >>> import os, tempfile
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet import load_model, save_model
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
    model_files.save(
        estimator, path, _KINDS, training_data=training_data, scores=scores, dtype=dtype
    )


def load_model_file(path: str | os.PathLike[str]) -> FERMLPClassifier | FERCNNClassifier:
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
    return model_files.load(path, _KINDS)


def load_open_model(source: Any) -> FERMLPClassifier | FERCNNClassifier:
    """Read an estimator from bytes, an open file or a package's data, as `load_model_file` does.

    Parameters
    ----------
    source : bytes-like, binary file object or Traversable
        What `save_model` wrote.

    Returns
    -------
    FERMLPClassifier or FERCNNClassifier
        As `load_model_file` returns it.

    Raises
    ------
    ModelFileError
        As `load_model_file` does.
    TypeError
        If a file object is opened as text.
    """
    return model_files.load_open(source, _KINDS)


def model_from_bytes(raw: bytes, name: str) -> FERMLPClassifier | FERCNNClassifier:
    """Read an estimator from a model file's bytes, with the checks of `load_model_file`.

    Parameters
    ----------
    raw : bytes
        What `save_model` wrote.
    name : str
        What to call them in an error.

    Returns
    -------
    FERMLPClassifier or FERCNNClassifier
        As `load_model_file` returns it.

    Raises
    ------
    ModelFileError
        If they are not a whole and sound model.
    """
    return model_files.from_bytes(raw, name, _KINDS)
