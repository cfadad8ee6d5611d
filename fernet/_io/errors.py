"""The error of a file that is no model, what names a file in others, and messages on one line."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["ModelFileError", "is_out_of_memory", "naming_memory", "noting", "one_line"]

_LONGEST = 300
_NO_MEMORY = "out of memory"


class ModelFileError(ValueError):
    """A file is not a model that can be loaded; the message names it and says why."""


def one_line(error: BaseException) -> str:
    r"""Return an error's message on one line of bearable length.

    Parameters
    ----------
    error : BaseException
        Of any kind.

    Returns
    -------
    str
        Its message, or its type's name where it has none; at most 300 characters.

    Examples
    --------
    >>> from fernet._io.errors import one_line
    >>> one_line(ValueError("two\nlines"))
    'two lines'
    >>> one_line(KeyboardInterrupt())
    'KeyboardInterrupt'
    """
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that there is no memory left, which tells nothing of a file.

    Parameters
    ----------
    error : BaseException
        Of Python, of the system, or of Pillow, whose decoders have but words for it.

    Returns
    -------
    bool

    Examples
    --------
    >>> from fernet._io.errors import is_out_of_memory
    >>> is_out_of_memory(MemoryError()), is_out_of_memory(OSError("broken data stream"))
    (True, False)
    """
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno == errno.ENOMEM
    # Not of other errors: their words may be a file's.
    is_decoders = isinstance(error, (OSError, RuntimeError))
    return isinstance(error, MemoryError) or (is_decoders and _NO_MEMORY in str(error).lower())


@contextmanager
def noting(note: str) -> Iterator[None]:
    """Add a line to what Python shows of errors, which stay as they are: they may be others'.

    Examples
    --------
    >>> from fernet._io.errors import noting
    >>> try:
    ...     with noting("in photo.jpg"):
    ...         raise KeyError("confidence")
    ... except KeyError as error:
    ...     error.__notes__
    ['in photo.jpg']
    """
    try:
        yield
    except Exception as error:
        error.add_note(note)
        raise


@contextmanager
def naming_memory(name: str) -> Iterator[None]:
    """Have errors of too little memory name what was being read; they are a MemoryError then.

    Parameters
    ----------
    name : str
        What is read, such as a file's path.

    Examples
    --------
    >>> from fernet._io.errors import naming_memory
    >>> with naming_memory("model.safetensors"):
    ...     raise MemoryError
    Traceback (most recent call last):
        ...
    MemoryError: model.safetensors: there is no room for it in memory
    """
    try:
        yield
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        said = one_line(error) if str(error) else "there is no room for it in memory"
        raise MemoryError(said if said.startswith(f"{name}: ") else f"{name}: {said}") from error
