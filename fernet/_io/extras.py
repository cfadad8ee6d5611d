"""Packages that not everybody has, imported when they are first needed."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from fernet._io.errors import one_line

__all__ = ["import_extra"]
__dir__ = __all__.copy


def import_extra(module: str, purpose: str, package: str, extra: str) -> Any:
    """Import a module, or say what to do so that it can be.

    Parameters
    ----------
    module : str
        What to import.
    purpose : str
        What for, as the error shall say it, such as ``"finding faces"``.
    package : str
        What has it, as people call it.
    extra : str
        The extra of fernet that brings it.

    Returns
    -------
    module

    Raises
    ------
    ImportError
        If it is not installed, or is there and does not work, such as one that wants a library
        which the system lacks; the error says which and has the cause.

    Examples
    --------
    >>> from fernet._io.extras import import_extra
    >>> import_extra("colorsys", "painting", "colours", "paint").rgb_to_hsv(1.0, 0.0, 0.0)
    (0.0, 1.0, 1.0)
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        cure = f'install it with: pip install "fernet-emotion[{extra}]"{_details(error, module)}'
        raise ImportError(f"{purpose} needs {package}; {cure}") from error
    except MemoryError:
        raise
    # A damaged package, or one set up in a way of its own, may raise anything.
    except Exception as error:
        cause = f"{type(error).__name__}: {one_line(error)}"
        raise ImportError(
            f"{purpose} needs {package}, which is there but can't be imported ({cause})"
        ) from error


def _details(error: ModuleNotFoundError, module: str) -> str:
    """Tell of what is lacking beside the package, or stands in its place."""
    package = sys.modules.get(module.partition(".")[0])
    if error.name is None or not f"{module}.".startswith(f"{error.name}."):
        return f" ({one_line(error)})"
    # A file of the user's own may have the package's name.
    found = getattr(package, "__file__", None)
    return "" if found is None else f" ({found} is another)"
