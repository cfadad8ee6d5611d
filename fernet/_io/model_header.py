"""A model file's header: what it must say before anything else of the file is looked at.

A header is a length of 8 bytes, then that many bytes of JSON: for each array its type, shape and
place, and one text, fernet's document, that is JSON in turn. The document is checked against
``model_schema.json``, and the arrays' names, types and shapes against what its layers need. Where
it has a checksum, that is one over all bytes of the file; earlier versions wrote none.
"""

from __future__ import annotations

import bz2
import functools
import importlib.resources
import json
import lzma
import math
import os
import struct
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from fernet._engine.graph import Graph
from fernet._io.errors import ModelFileError, one_line
from fernet._io.seal import SEAL, UNSEALED, is_intact
from fernet._io.strangers import in_the_place, is_text
from fernet._io.strict_json import from_json, to_json
from fernet.layers import layer_from_config

__all__ = [
    "METADATA_KEY",
    "document_to_text",
    "has_header",
    "may_be_float16",
    "read_header",
    "read_schema",
]

FORMAT = "fernet-model"
FORMAT_VERSION = 1
METADATA_KEY = "fernet"
"""The name of the document among the header's metadata."""

RENAMED_PARAMETERS: dict[str, tuple[str, dict[str, str]]] = {
    "pixel_spread": ("scaled_std", {}),
    "pixel_spread_of": ("scaling", {"all": "pixels", "each": "per_pixel"}),
}
"""Older names of parameters that files hold: today's name, and today's words for their values."""

MAX_HEADER_BYTES = 64 << 20
MAX_ROW_SIZE = 1 << 24
MAX_LAYERS = 2000
MAX_PARAMETERS = 1 << 29
_LENGTH_BYTES = 8
_OTHERS = {
    b"\x80": "a pickle, it seems: joblib.load or pickle.load reads it, if you trust who wrote it",
    b"PK\x03\x04": "a zip archive, as Keras, PyTorch, skops and numpy.savez write: "
    "load_keras_weights takes a Keras model, skops.io.load reads what skops wrote, numpy.load "
    "arrays",
    b"\x93NUMPY": "an array of NumPy's: numpy.load reads it",
    b"\x89HDF": "HDF5, as Keras writes models: load_keras_weights takes a Keras model",
    b"\x08": "an ONNX model, it seems: onnxruntime runs it",
    b"GGUF": "a GGUF model, which holds no network of fernet's",
    **dict.fromkeys((b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"RIFF", b"BM"), "a picture or video"),
    b"%PDF": "a PDF document",
}
"""Other files, by their first bytes, which as a header's length are too long."""
_TFLITE, _TFLITE_AT = b"TFL3", 4
_HEAD = 64
_COMPRESSED_HEAD = 4096  # bytes that are enough to see what a compressed file begins with
_COMPRESSED: dict[bytes, Callable[[], Any]] = {
    b"\x78": zlib.decompressobj,
    b"\x1f\x8b": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ": lambda: lzma.LZMADecompressor(memlimit=64 << 20),
}
"""What unpacks compressed files, by their first bytes."""


def may_be_float16(name: str) -> bool:
    """Tell whether an array of that name may be kept as float16: large ones of small numbers."""
    return name.endswith(".weight")


def document_to_text(contents: Mapping[str, Any]) -> str:
    """Write the document of a header, refusing what could not be read again.

    Parameters
    ----------
    contents : mapping
        All of the document but ``format``, ``format_version`` and the checksum.

    Returns
    -------
    str
        JSON, the same for the same contents; its checksum is yet to be filled in, see
        `fernet._io.seal`.

    Raises
    ------
    ValueError
        If it holds what the schema does not allow, or what JSON has no word for.
    """
    try:
        fixed = {"format": FORMAT, "format_version": FORMAT_VERSION, SEAL: UNSEALED}
        text = to_json(fixed | dict(contents))
        _check_against_schema(json.loads(text))
    except ValueError as error:
        raise ValueError(f"can't be put in a model file: {error}") from error
    return text


def read_header(raw: bytes) -> dict[str, Any]:
    """Check a model file's header.

    Parameters
    ----------
    raw : bytes
        The whole file. Of what follows the header only the checksum is looked at.

    Returns
    -------
    dict
        The document. Its layers can be built, and the arrays that the file announces are the ones
        that they need. Parameters have the names of today.

    Raises
    ------
    ModelFileError
        If it is not the header of a model that this version can load.
    """
    header = _parse(raw)
    document = _document(header.pop("__metadata__", None))
    _check_announced(header, _needed_arrays(document["model"]))
    if SEAL in document and not is_intact(raw, document[SEAL]):
        raise ModelFileError("damaged: its bytes are not those of its checksum")
    return document


def has_header(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file begins as a model's does, be it of another version, or damaged.

    Parameters
    ----------
    path : path-like
        A regular file.
    """
    with open(path, "rb") as file:
        beginning = file.read(_LENGTH_BYTES)
        if len(beginning) < _LENGTH_BYTES:
            return False
        (length,) = struct.unpack("<Q", beginning)
        if length > MAX_HEADER_BYTES:
            return False
        text = file.read(length)
    try:
        document = json.loads(json.loads(text)["__metadata__"][METADATA_KEY])
        return bool(document["format"] == FORMAT)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def _parse(raw: bytes) -> dict[str, Any]:
    if len(raw) < _LENGTH_BYTES:
        raise ModelFileError(f"not a model file: only {len(raw)} bytes")
    (length,) = struct.unpack("<Q", raw[:_LENGTH_BYTES])
    if length > MAX_HEADER_BYTES:
        raise ModelFileError(_no_model(raw))
    if _LENGTH_BYTES + length > len(raw):
        raise ModelFileError(
            f"not a model file, or cut off: {len(raw)} bytes, but a header of {length}"
        )
    header = _from_json(raw[_LENGTH_BYTES : _LENGTH_BYTES + length], "header")
    if not isinstance(header, dict):
        raise ModelFileError("not a model file: its header is no JSON object")
    return header


def _no_model(raw: bytes) -> str:
    if raw.startswith(_TFLITE, _TFLITE_AT):
        return "not a model file but one of TensorFlow Lite: load_keras_weights takes a Keras model"
    head = raw[:_HEAD]
    if is_text(head):
        return f"not a model file but {in_the_place(head) or 'a text, such as a table in CSV'}"
    for beginning, unpacker in _COMPRESSED.items():
        if raw.startswith(beginning):
            return f"not a model file but compressed{_within(unpacker(), raw)}"
    others = [words for beginning, words in _OTHERS.items() if raw.startswith(beginning)]
    words = f" but {others[0]}" if others else ": it does not begin as one"
    return f"not a model file{words}"


def _within(unpacker: Any, raw: bytes) -> str:
    """Say what helps with a compressed file, by the first bytes of what is in it."""
    try:
        head = unpacker.decompress(raw[:_COMPRESSED_HEAD], _HEAD)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        return ""
    if head.startswith(b"\x80"):
        return ", as joblib writes models: joblib.load reads it, if you trust who wrote it"
    return "; unpack it, as gunzip does"


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
    _check_layer_count(document.get("model"))
    _rename_parameters(document.get("model"))
    _check_against_schema(document)
    return document


def _from_json(text: str | bytes, what: str) -> Any:
    try:
        return from_json(text)
    except ValueError as error:
        raise ModelFileError(f"its {what} is not JSON as expected ({one_line(error)})") from None


def _check_layer_count(model: Any) -> None:
    """Bound what a file may ask to be built, those layers counted that are within others."""
    count, waiting = 0, [model.get("layers")] if isinstance(model, dict) else []
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            count += 1
            waiting += part.values()
        if count > MAX_LAYERS:
            raise ModelFileError(f"it has more than {MAX_LAYERS} layers, the most that is read")


def _rename_parameters(model: Any) -> None:
    """Give an older file's parameters the names of today; what is no parameter stays as it is."""
    params = model.get("params") if isinstance(model, dict) else None
    if not isinstance(params, dict):
        return
    for old, (new, words) in RENAMED_PARAMETERS.items():
        if old in params and new not in params:
            value = params.pop(old)
            params[new] = words.get(value, value) if isinstance(value, str) else value


def _check_against_schema(document: dict[str, Any]) -> None:
    from fastjsonschema import JsonSchemaValueException

    try:
        _validator()(document)
    except JsonSchemaValueException as error:
        sentence = one_line(error).removeprefix("data.")
        raise ModelFileError(f"its metadata is not as expected: {sentence}") from None


@functools.cache
def _validator() -> Any:
    import fastjsonschema

    return fastjsonschema.compile(read_schema(), use_default=False)


def read_schema() -> dict[str, Any]:
    """Return what a document must look like: ``model_schema.json``, and what it names of settings.

    Returns
    -------
    dict
        A JSON schema of draft 7.
    """
    folder = importlib.resources.files("fernet._io")
    schema, settings = (
        json.loads((folder / name).read_text("utf-8"))
        for name in ("model_schema.json", "settings_schema.json")
    )
    schema["definitions"] |= settings["definitions"]
    return schema


def _needed_arrays(model: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Work out names and shapes of the arrays from the layers, without making any of them."""
    layers = [layer_from_config(entry) for entry in model["layers"]]
    graph = Graph(layers, tuple(int(size) for size in model["input_shape"]))
    needed: dict[str, tuple[int, ...]] = {}
    for node in graph.nodes:
        shape = graph.shapes[node.inputs[0]]
        parts = node.layer.decayed_shapes(shape) | node.layer.undecayed_shapes(shape)
        parts |= node.layer.state_shapes(shape)
        needed |= {f"network.{node.name}.{part}": size for part, size in parts.items()}
        if math.prod(graph.shapes[node.output]) > MAX_ROW_SIZE:
            raise ModelFileError(
                f"its layer {node.name} makes {graph.shapes[node.output]} of each row, more than "
                f"{MAX_ROW_SIZE} numbers"
            )
    count = sum(map(math.prod, needed.values()))
    if count > MAX_PARAMETERS:
        raise ModelFileError(f"it has {count} parameters, more than {MAX_PARAMETERS}")
    if model["has_scaling"]:
        n_features = (int(model["n_features_in"]),)
        needed |= {"scaling.offset": n_features, "scaling.scale": n_features}
    return needed


def _check_announced(announced: dict[str, Any], needed: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the arrays that the file announces with those that its layers need."""
    if missing := sorted(set(needed) - set(announced)):
        raise ModelFileError(f"array {missing[0]!r} is missing")
    if unknown := sorted(set(announced) - set(needed)):
        raise ModelFileError(f"array {unknown[0]!r} is not one that its layers need")
    for name, shape in needed.items():
        entry = announced[name]
        dtypes = ("F32", "F16") if may_be_float16(name) else ("F32",)
        if not isinstance(entry, dict) or entry.get("dtype") not in dtypes:
            raise ModelFileError(f"array {name!r} is not float32")
        if entry.get("shape") != list(shape):
            raise ModelFileError(
                f"array {name!r} has shape {entry.get('shape')}, expected {list(shape)}"
            )
