"""From exceptions to one sentence on stderr and an exit code that scripts can use."""

from __future__ import annotations

import errno
import os

import click

__all__ = [
    "BAD_INPUT",
    "FAILURE",
    "INTERRUPTED",
    "SIGNALLED",
    "SOME_UNREADABLE",
    "InputError",
    "explain",
]
__dir__ = __all__.copy

FAILURE = 1
"""Exit status where fernet or the machine failed."""
BAD_INPUT = 2
"""Exit status where what the user gave can't be used."""
SOME_UNREADABLE = 3
"""Exit status where some of the files could not be read, and the others were."""
SIGNALLED = 128
"""Exit status after a signal, less the signal's number."""
INTERRUPTED = 130
"""Exit status after Ctrl-C."""

# The operating system's word that a path given by the user is wrong, not that the machine failed.
_WRONG_PATH = (FileNotFoundError, FileExistsError, NotADirectoryError, IsADirectoryError)
_WRONG_NAME = (errno.ELOOP, errno.ENAMETOOLONG)

_NO_THREAD = "can't start new thread"  # what Python says, in a RuntimeError
_NOT_MAPPED = "failed to map segment from shared object"  # what glibc says, in an ImportError


class InputError(click.ClickException):
    """What the user gave can't be used; the message is one sentence that says what and why."""

    exit_code = BAD_INPUT


def explain(error: Exception) -> Exception:
    """Turn an exception into one that click prints as a sentence.

    Parameters
    ----------
    error : Exception
        What a command raised.

    Returns
    -------
    Exception
        An `InputError` for input at fault, a `click.ClickException` for other failures. A closed
        pipe, as in ``fernet predict ... | head``, comes back as it is: click ends quietly on it.

    Examples
    --------
    >>> from fernet.cli.errors import explain
    >>> explain(FileNotFoundError(2, "No such file or directory", "face.png"))
    InputError('face.png: no such file or directory')
    >>> explain(KeyError("seed")).exit_code
    1
    """
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        return error
    sentence = _sentence(error)
    if isinstance(error, (ValueError, PermissionError, *_WRONG_PATH)) or (
        isinstance(error, OSError) and error.errno in _WRONG_NAME
    ):
        return InputError(sentence)
    if isinstance(error, MemoryError):
        sentence = f"not enough memory: {sentence}"
    elif isinstance(error, OSError) and error.errno == errno.EMFILE:
        sentence += ": the limit of files that a process may have open, ulimit -n, is too low"
    elif isinstance(error, RuntimeError) and sentence == _NO_THREAD:
        sentence = (
            "the system lets this user or container start no more threads: ulimit -u, or the "
            "container's limit of processes, is too low"
        )
    elif isinstance(error, ImportError) and _NOT_MAPPED in sentence:
        sentence += (
            ": there is too little memory for it (ulimit -v), or it lies where no program may run "
            "(a file system mounted with noexec)"
        )
    elif isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("fernet."):
        sentence += (
            ": this copy of fernet lacks it; a zip (zipapp) can't hold compiled modules, and a "
            "copy of the sources has none: install it with pip into a folder"
        )
    elif not isinstance(error, (OSError, ImportError)):
        sentence = (
            f"unexpected {type(error).__name__}: {sentence} "
            "(put --traceback before the command to see where)"
        )
    return click.ClickException(sentence)


def reason(error: OSError) -> str:
    """Return the operating system's word for what went wrong, in lower case.

    Examples
    --------
    >>> from fernet.cli.errors import reason
    >>> reason(OSError(28, "No space left on device"))
    'no space left on device'
    """
    return (error.strerror or str(error)).lower()


def _sentence(error: Exception) -> str:
    """Return the error's message on one line; of the system's errors the file comes first."""
    # Where the folder that a program was started in has been removed nothing can be named but from
    # the root: neither what was asked for nor what was to be made would be at fault.
    if isinstance(error, FileNotFoundError) and not (
        os.path.isabs(str(error.filename)) or _has_current_folder()
    ):
        return "the current folder is no longer there"
    if isinstance(error, FileExistsError) and _leads_nowhere(error.filename):
        return f"{error.filename}: a link to {os.readlink(error.filename)}, which is not there"
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {reason(error)}"
    if isinstance(error, OSError) and error.strerror:
        return reason(error)
    return " ".join(str(error).split()) or type(error).__name__


def _leads_nowhere(path: str | bytes | int | None) -> bool:
    return path is not None and os.path.islink(path) and not os.path.exists(path)


def _has_current_folder() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True
