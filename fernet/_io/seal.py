r"""A checksum over all bytes of a safetensors file, kept in the file's own document.

The document stands in the header as JSON within JSON, so its key reads ``\"sha256\":\"`` there.
The checksum is that of the file with zeros in the checksum's place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from fernet._io.errors import one_line

__all__ = ["SEAL", "UNSEALED", "is_intact", "sealed_parts"]

SEAL = "sha256"
"""The key of the checksum in the document."""
UNSEALED = "0" * 64
"""What stands there until the checksum is known."""

_LENGTH_BYTES = 8
_LONGEST_HEADER = 100_000_000  # that safetensors reads; old versions write any


def sealed_parts(arrays: Mapping[str, NDArray[Any]], key: str, document: str) -> list[memoryview]:
    r"""Return the bytes of a safetensors file with its checksum in it, in parts to be written.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        In C order.
    key : str
        The name of the document among the header's metadata.
    document : str
        JSON without spaces, in which the value of `SEAL` is `UNSEALED`.

    Returns
    -------
    list of memoryview
        Whose concatenation is the file.

    Raises
    ------
    ValueError
        If the document is longer than safetensors' headers may be, 100 MB.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._io.seal import UNSEALED, is_intact, sealed_parts
    >>> text = f'{{"sha256":"{UNSEALED}"}}'
    >>> raw = b"".join(sealed_parts({"w": np.ones(2)}, "fernet", text))
    >>> digest = raw.split(b'sha256\\":\\"')[1][:64].decode()
    >>> is_intact(raw, digest), is_intact(raw + b"more", digest)
    (True, False)
    """
    from safetensors import SafetensorError
    from safetensors.numpy import save

    try:
        raw = save(dict(arrays), metadata={key: document})
    except SafetensorError as error:
        raise ValueError(f"no file can hold it: {one_line(error)}") from error
    if _header_length(raw) > _LONGEST_HEADER:
        raise ValueError("no file can hold it: header too large")
    place = _place(raw, UNSEALED)
    if place is None:
        raise ValueError(f"the document has no {SEAL} to fill in")
    digest = _digest(raw, place).encode()
    view = memoryview(raw)
    return [view[:place], memoryview(digest), view[place + len(digest) :]]


def is_intact(raw: bytes, digest: str) -> bool:
    """Tell whether a file's bytes are those that were sealed.

    Parameters
    ----------
    raw : bytes
        The whole file.
    digest : str
        What its document says.

    Returns
    -------
    bool
    """
    place = _place(raw, digest)
    return place is not None and _digest(raw, place) == digest


def _header_length(raw: bytes) -> int:
    return int.from_bytes(raw[:_LENGTH_BYTES], "little")


def _place(raw: bytes, digest: str) -> int | None:
    before = f'\\"{SEAL}\\":\\"'.encode()
    at = raw.find(before + digest.encode(), _LENGTH_BYTES, _LENGTH_BYTES + _header_length(raw))
    return None if at < 0 else at + len(before)


def _digest(raw: bytes, place: int) -> str:
    view = memoryview(raw)
    digest = hashlib.sha256(view[:place])
    digest.update(UNSEALED.encode())
    digest.update(view[place + len(UNSEALED) :])
    return digest.hexdigest()
