"""Model files, and their bytes taken apart and put together again."""

from __future__ import annotations

import json
import struct
import warnings

import numpy as np
import pytest
import safetensors.numpy

from fernet import FERMLPClassifier
from fernet.estimators.saving import load_model_file, save_model


@pytest.fixture(scope="session")
def small_data():
    """A function that draws 40 rows of 16 pixels, and labels of three classes."""

    def draw(seed=0):
        rng = np.random.default_rng(seed)
        return rng.integers(0, 256, (40, 16), dtype=np.uint8), np.arange(40) % 3

    return draw


@pytest.fixture(scope="session")
def fitted(small_data):
    """A function that fits a small perceptron."""

    def fit(**settings):
        return FERMLPClassifier((4,), max_iter=2, random_state=0, **settings).fit(*small_data())

    return fit


@pytest.fixture(scope="session")
def model(fitted):
    return fitted()


@pytest.fixture(scope="session")
def to_bytes(tmp_path_factory):
    """A function that returns a model's file as bytes."""

    def save(model):
        path = tmp_path_factory.mktemp("saved") / "model.safetensors"
        save_model(model, path)
        return path.read_bytes()

    return save


@pytest.fixture(scope="session")
def saved(model, to_bytes):
    """A model file's bytes."""
    return to_bytes(model)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder that a property test may write to again and again."""
    return tmp_path_factory.mktemp("property")


@pytest.fixture(scope="session")
def load_bytes():
    """A function that writes bytes to a folder and loads them as a model, sealed or not."""

    def load(raw, folder):
        path = folder / "model.safetensors"
        path.write_bytes(raw)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".* has no checksum")
            return load_model_file(path)

    return load


class Parts:
    """A model file taken apart: the header's JSON, the document in it, and the arrays' bytes.

    Without its checksum, so that what is changed meets the other checks.
    """

    def __init__(self, raw):
        (length,) = struct.unpack("<Q", raw[:8])
        self.header = json.loads(raw[8 : 8 + length])
        self.document = json.loads(self.header["__metadata__"]["fernet"])
        self.document.pop("sha256", None)
        text = json.dumps(self.document, separators=(",", ":"))
        self.header["__metadata__"] = {"fernet": text}
        self.body = raw[8 + length :]

    def joined(self):
        """Return the file with the document as it is now."""
        self.header["__metadata__"] = {"fernet": json.dumps(self.document)}
        text = json.dumps(self.header).encode()
        text += b" " * (-len(text) % 8)
        return struct.pack("<Q", len(text)) + text + self.body


@pytest.fixture(scope="session")
def parts():
    """A function that takes a file's bytes apart."""
    return Parts


@pytest.fixture(scope="session")
def with_arrays(parts):
    """A function that changes a file's arrays, as a dict, and returns the new file."""

    def apply(raw, change):
        arrays = dict(safetensors.numpy.load(raw))
        change(arrays)
        return safetensors.numpy.save(arrays, metadata=parts(raw).header["__metadata__"])

    return apply


@pytest.fixture(scope="session")
def set_in():
    """A function that sets what stands at a path in a JSON document."""

    def apply(document, *path_and_value):
        *path, key, value = path_and_value
        for step in path:
            document = document[step]
        document[key] = value

    return apply


def _places(document, path=()):
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))


@pytest.fixture(scope="session")
def places():
    """A function that returns the paths of everything in a JSON document, in order."""
    return lambda document: sorted(_places(document), key=str)
