"""OpenCV, imported when it is first needed."""

from __future__ import annotations

import mmap
import sys
from typing import Any

from fernet._io.extras import import_extra

_ROOM = 320 << 20
"""Bytes of address space that OpenCV and a detector take, as seen on two processors."""


def opencv(purpose: str, needs: str = "imread") -> Any:
    """Import OpenCV.

    Parameters
    ----------
    purpose : str
        What for, as the error shall say it, such as ``"finding faces"``.
    needs : str, default="imread"
        A name that ``cv2`` must have. The usual one is in each OpenCV, and in no other ``cv2``.

    Returns
    -------
    module
        ``cv2``.

    Raises
    ------
    ImportError
        If it is not installed, can't be imported, or lacks what is needed; the message says what
        to do.
    MemoryError
        If a limit on the process's memory (``ulimit -v``, a batch system's) is too near for it.
    """
    if "cv2" not in sys.modules:
        _check_room(purpose)
    cv2 = import_extra("cv2", purpose, "OpenCV", "faces")
    if not hasattr(cv2, needs):
        version = getattr(cv2, "__version__", getattr(cv2, "__file__", None) or "an empty folder")
        raise ImportError(
            f"{purpose} needs an OpenCV with cv2.{needs}; found {version} without: "
            'pip install "fernet-emotion[faces]"'
        )
    return cv2


def _check_room(purpose: str) -> None:
    """Raise a MemoryError where OpenCV's own libraries would end the process without a word."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    try:
        mmap.mmap(-1, _ROOM, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except OSError:
        raise MemoryError(
            f"{purpose} needs OpenCV, and that {_ROOM >> 20} MB, more than is left of the "
            f"{limit >> 20} MB that this process may have (ulimit -v)"
        ) from None
