"""The error of a file that is no model, and errors' messages on one line."""

from __future__ import annotations

__all__ = ["ModelFileError", "one_line"]

_LONGEST = 300


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
