"""A training under way as one file: safetensors for its arrays, one closed JSON document besides.

Reading executes nothing, and returns nothing before the checksum, the document and the arrays'
numbers have been found sound.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import os
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fernet._io.errors import one_line
from fernet._io.files import atomic_writer, read_at_most
from fernet._io.seal import SEAL, UNSEALED, is_intact, sealed_parts
from fernet._io.strict_json import from_json, to_json

__all__ = ["FORMAT", "MAX_FILE_BYTES", "read_checkpoint", "write_checkpoint"]

FORMAT = "fernet-checkpoint-2"
"""What a checkpoint says that it is."""
MAX_FILE_BYTES = 16 << 30
"""The largest file that is read."""

_EARLIER_FORMATS = ("fernet-checkpoint-1",)
_METADATA_KEY = "fernet"
_LENGTH_BYTES = 8
_WEIGHTS = ("params", "state", "average", "best")


def write_checkpoint(
    path: str | os.PathLike[str],
    arrays: Mapping[str, NDArray[Any]],
    state: Mapping[str, Any],
    identity: Mapping[str, Any],
) -> None:
    """Write a training to a file, whole or not at all.

    Parameters
    ----------
    path : path-like
        The file.
    arrays, state : mapping
        As `fernet._training.trainer.Trainer.snapshot` returned them.
    identity : mapping
        What the training is made of, fit for JSON.

    Raises
    ------
    OSError
        If it can't be written; the error names `path`.
    ValueError
        If `state` or `identity` holds what JSON has no word for, such as NaN.
    """
    document = {"format": FORMAT, SEAL: UNSEALED, "identity": identity, "state": state}
    parts = sealed_parts(arrays, _METADATA_KEY, to_json(document))
    with atomic_writer(path) as file:
        for part in parts:
            file.write(part)


def read_checkpoint(
    path: str | os.PathLike[str],
) -> tuple[dict[str, NDArray[Any]], dict[str, Any], dict[str, Any]]:
    """Read what `write_checkpoint` wrote.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    arrays : dict of str to ndarray
    state, identity : dict

    Raises
    ------
    OSError
        If the file can't be read.
    MemoryError
        If there is no memory for all of it.
    ValueError
        If it is damaged, or not a checkpoint of this version; the message names it.
    """
    name = os.fspath(path)
    try:
        raw = read_at_most(path, MAX_FILE_BYTES)
        document = _document(raw)
        arrays = _arrays(raw)
    except (OSError, MemoryError):
        raise
    # What checks of a stranger's bytes may meet is without bound; each means: no checkpoint.
    except Exception as error:
        raise ValueError(
            f"checkpoint {name!r} cannot be read ({one_line(error)}); expected a file that "
            "Checkpoint wrote: remove it or name another"
        ) from None
    return arrays, _state(document["state"]), document["identity"]


def _document(raw: bytes) -> dict[str, Any]:
    """Return the document of a file that is whole, or raise ValueError."""
    if len(raw) < _LENGTH_BYTES:
        raise ValueError(f"{len(raw)} bytes")
    (length,) = struct.unpack("<Q", raw[:_LENGTH_BYTES])
    if length > len(raw) - _LENGTH_BYTES:
        raise ValueError("cut off")
    header = from_json(raw[_LENGTH_BYTES : _LENGTH_BYTES + length])
    metadata = header.get("__metadata__") if isinstance(header, dict) else None
    if not isinstance(metadata, dict) or list(metadata) != [_METADATA_KEY]:
        raise ValueError("not written by fernet")
    document = from_json(metadata[_METADATA_KEY])
    if isinstance(document, dict) and document.get("format") in _EARLIER_FORMATS:
        raise ValueError("an earlier version of fernet wrote it, and this one can't go on from it")
    _validator()(document)
    if not is_intact(raw, document[SEAL]):
        raise ValueError("damaged: its bytes are not those of its checksum")
    _check_state(document["state"])
    return document


def _arrays(raw: bytes) -> dict[str, NDArray[Any]]:
    from safetensors.numpy import load

    arrays = load(raw)
    for name in _WEIGHTS:
        if name in arrays and not np.isfinite(arrays[name]).all():
            raise ValueError(f"array {name!r} holds numbers that are not finite")
    return arrays


def _check_state(state: Mapping[str, Any]) -> None:
    """Check what the schema cannot say: counters and history tell the same."""
    epochs, losses = state["history"]["epochs"], state["history"]["iterations"]["loss"]
    lengths = {len(column) for column in epochs.values()}
    if lengths != {state["epoch"]} or len(losses) != state["step"]:
        raise ValueError(
            f"its history is not one of {state['epoch']} epochs and {state['step']} steps"
        )
    if not state["first_epoch"] <= state["epoch"]:
        raise ValueError(f"it has come to epoch {state['epoch']}, before its first")
    if state["epochs_without_gain"] > state["epoch"]:
        raise ValueError(f"it has had no gain for more than its {state['epoch']} epochs")


def _state(state: dict[str, Any]) -> dict[str, Any]:
    """Return the state with its counters as int: 2.0 is an integer to a schema."""
    counters = ("epoch", "step", "first_epoch", "optimizer_steps", "epochs_without_gain", "seed")
    epochs = state["history"]["epochs"]
    epochs["epoch"] = [int(number) for number in epochs["epoch"]]
    return state | {name: int(state[name]) for name in counters}


@functools.cache
def _validator() -> Any:
    import fastjsonschema

    schema = importlib.resources.files("fernet._io") / "checkpoint_schema.json"
    return fastjsonschema.compile(json.loads(schema.read_text("utf-8")), use_default=False)
