"""OpenCV, imported when it is first needed."""

from __future__ import annotations

from typing import Any

from fernet._io.extras import import_extra


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
    """
    cv2 = import_extra("cv2", purpose, "OpenCV", "faces")
    if not hasattr(cv2, needs):
        version = getattr(cv2, "__version__", getattr(cv2, "__file__", None) or "an empty folder")
        raise ImportError(
            f"{purpose} needs an OpenCV with cv2.{needs}; found {version} without: "
            'pip install "fernet-emotion[faces]"'
        )
    return cv2
