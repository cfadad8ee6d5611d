"""Models by name, folder or file; those that come in the package, trained already.

Nothing is ever downloaded. Each packaged network is a model file, ``models/NAME.safetensors``,
with its model card, ``NAME.md``, beside it; ``models/sha256.json`` records what each file's bytes
must be.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from fernet._io.addresses import is_address, not_there, path_of
from fernet._io.files import atomic_writer, naming
from fernet._training.history import History
from fernet.estimators import FERCNNClassifier, FERMLPClassifier
from fernet.estimators.saving import (
    ModelFileError,
    load_model_file,
    load_open_model,
    model_from_bytes,
    save_model,
)

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = [
    "MODELS",
    "UnknownModelError",
    "load_model",
    "load_pretrained",
    "model_card",
    "model_file",
    "pretrained_names",
    "save_pretrained",
]
__dir__ = __all__.copy

MODELS = importlib.resources.files("fernet") / "models"
"""The folder of models and cards."""
_RECORD = "sha256.json"
_RUN_MODEL = "model.safetensors"
_A_WORD = re.compile(r"[\w-]+")


class UnknownModelError(FileNotFoundError, ValueError):
    """A word is neither the name of a network in the package nor that of a file or folder."""


def load_model(
    model: str | os.PathLike[str] | bytes | BinaryIO | Traversable,
) -> FERMLPClassifier | FERCNNClassifier:
    """Load a model by its name, its file or its folder, or from what a file holds.

    Nothing in a file is executed, and nothing of it is used before all of it is checked, so a
    file from a stranger does no harm.

    Parameters
    ----------
    model : str, path-like, bytes-like, binary file object or Traversable
        One of `pretrained_names`, such as ``"cnn"``; a file that `save_model` wrote; or a folder
        with ``model.safetensors`` in it, as ``fernet train`` makes them. Where a file is called
        as a network of the package, the bare name means the network, and ``"./cnn"`` or a `Path`
        the file. A file's bytes, the file opened in binary mode, as from a cloud's storage, and
        what `importlib.resources.files` gives, also within a ZIP, are read too.

    Returns
    -------
    FERMLPClassifier or FERCNNClassifier
        Fitted; predicts bit for bit as the model that was saved in float32. Its ``model_info_`` is
        the file's document: a dict whose keys are ``format``, ``format_version``, ``model``,
        ``versions`` and, where they were given, ``training_data`` and ``scores``; besides
        ``sha256``, a checksum of the file.

    Raises
    ------
    ModelFileError
        If the file is not a whole and sound model of a format that this version knows, or a
        folder has none.
    FileNotFoundError
        If there is no such file; `UnknownModelError`, which is a ValueError too, for a bare word.
    TypeError
        If it is nothing of the kind, or a file opened as text.

    See Also
    --------
    save_model : With an example of both.

    Examples
    --------
    >>> from fernet import load_model
    >>> load_model("runs/mlp-1")  # doctest: +SKIP
    >>> load_model("resnet_of_mars")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    fernet.pretrained.UnknownModelError: name is 'resnet_of_mars'; expected one of: cnn, ...
    """
    if not isinstance(model, (str, os.PathLike)):
        if not is_content(model):
            path_of(model, "model")  # which refuses it
        return load_open_model(model)
    name = _packaged_name(model)
    return load_pretrained(name) if name else load_model_file(str(model_file(model)))


def is_content(model: Any) -> bool:
    """Tell bytes, open files and a package's data from what is a path or nothing."""
    if isinstance(model, (bytes, bytearray, memoryview)) or hasattr(model, "read"):
        return True
    return hasattr(model, "read_bytes") and hasattr(model, "open")


def model_file(model: str | os.PathLike[str]) -> Traversable:
    """Return the file of a model that is given by name, file or folder.

    Parameters
    ----------
    model : str or path-like
        As for `load_model`.

    Returns
    -------
    path-like
        It may not exist.

    Raises
    ------
    UnknownModelError, FileNotFoundError
        As `load_model` does; the second for addresses of the web alone.

    Examples
    --------
    >>> from fernet.pretrained import model_file
    >>> model_file("runs/model.safetensors").name
    'model.safetensors'
    """
    name = _packaged_name(model)
    if name:
        return MODELS / f"{name}.safetensors"
    path = path_of(model, "model")
    if is_address(model):
        raise not_there(model)
    inside = path / _RUN_MODEL
    return inside if inside.is_file() else path


def _packaged_name(model: str | os.PathLike[str]) -> str | None:
    """Return the name if it is that of a network in the package, None for a path."""
    if not (isinstance(model, str) and _A_WORD.fullmatch(model)):
        return None
    names = pretrained_names()
    if model in names:
        return model
    if not Path(model).exists():
        known = f"one of: {', '.join(names)}, or " if names else ""
        raise UnknownModelError(
            f"name is {model!r}; expected {known}a file or folder that is there"
        )
    return None


def pretrained_names() -> list[str]:
    """Return the names that `load_pretrained` knows; empty where the package has no models.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from fernet.pretrained import pretrained_names
    >>> "resnet152" in pretrained_names()
    False
    """
    return sorted(_record())


def load_pretrained(name: str) -> FERMLPClassifier | FERCNNClassifier:
    """Load a network that is trained already: nothing to fit, nothing to download.

    Parameters
    ----------
    name : str
        One of `pretrained_names`.

    Returns
    -------
    FERMLPClassifier or FERCNNClassifier
        Fitted, for 48x48 grey pixels. Each call returns a model of its own.

    Raises
    ------
    ValueError
        If there is no such model in the package.
    ModelFileError
        If its file is missing or is not, to the last bit, the one that was released.

    See Also
    --------
    model_card : What it was trained on, how well it does, and what it is not to be used for.

    Examples
    --------
    >>> from fernet import load_pretrained
    >>> model = load_pretrained("cnn")  # doctest: +SKIP
    >>> model.predict(faces)  # doctest: +SKIP
    """
    expected = _known(name)
    file = MODELS / f"{name}.safetensors"
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(f"{file}: missing from the package; {_REINSTALL}") from None
    found = hashlib.sha256(raw).hexdigest()
    if found != expected:
        raise ModelFileError(
            f"{file}: damaged: its SHA-256 is {found}, expected {expected}; {_REINSTALL}"
        )
    return model_from_bytes(raw, str(file))


def model_card(name: str) -> str:
    """Return a model's card: its data, the command that made it, its scores, biases and terms.

    Parameters
    ----------
    name : str
        One of `pretrained_names`.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    ValueError
        If there is no such model in the package.

    Examples
    --------
    >>> from fernet.pretrained import model_card
    >>> print(model_card("cnn"))  # doctest: +SKIP
    """
    _known(name)
    return (MODELS / f"{name}.md").read_text(encoding="utf-8")


def save_pretrained(
    model: FERMLPClassifier | FERCNNClassifier,
    path: str | os.PathLike[str],
    *,
    training_data: Mapping[str, Any] | None = None,
    scores: Mapping[str, Mapping[str, Any]] | None = None,
) -> str:
    """Write a fitted estimator as the package keeps its own, in half the bytes.

    Weights become float16, as `save_model` does it. Of the history, times and the loss of each
    batch are left out: the same training gives the same bytes, however long it took.

    Parameters
    ----------
    model : FERMLPClassifier or FERCNNClassifier
        Fitted. Left as it is.
    path : path-like
        The file to write, such as ``fernet/models/cnn.safetensors``.
    training_data, scores : mapping, default=None
        As for `save_model`.

    Returns
    -------
    str
        The file's SHA-256, to be recorded in ``fernet/models/sha256.json``.

    Raises
    ------
    ValueError, OSError
        As `save_model` does.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from fernet import FERMLPClassifier, load_model
    >>> from fernet.datasets import make_faces
    >>> from fernet.pretrained import save_pretrained
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     digest = save_pretrained(model, Path(folder) / "mlp.safetensors")
    ...     twin = load_model(Path(folder) / "mlp.safetensors")
    >>> len(digest), twin.history_.epochs["seconds"]
    (64, [0.0])
    """
    lean = model
    if model._fitted is not None:
        lean = model._with(replace(model._fitted, history=_without_times(model.history_)))
    # By way of a file of its own: what goes into a pipe can't be read again.
    with naming(path), tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "model.safetensors"
        save_model(lean, whole, training_data=training_data, scores=scores, dtype="float16")
        raw = whole.read_bytes()
    with atomic_writer(path) as file:
        file.write(raw)
    return hashlib.sha256(raw).hexdigest()


_REINSTALL = "reinstall fernet-emotion"


def _record() -> dict[str, str]:
    record: dict[str, str] = json.loads((MODELS / _RECORD).read_text(encoding="utf-8"))
    return record


def _known(name: str) -> str:
    """Return the SHA-256 of a model in the package."""
    record = _record()
    if not record:
        raise ValueError(f"name is {name!r}; there are no trained models in this package")
    if name not in record:
        raise ValueError(f"name is {name!r}; expected one of: {', '.join(sorted(record))}")
    return record[name]


def _without_times(history: History) -> History:
    lean = history.copy()
    lean.iterations["loss"] = []
    lean.epochs["last_iteration"] = [None] * len(lean)
    lean.epochs["seconds"] = [0.0] * len(lean)
    return lean
