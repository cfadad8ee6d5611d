"""OpenCV, imported when it is first needed."""

from __future__ import annotations

from typing import Any


def opencv(purpose: str, needs: str | None = None) -> Any:
    """Import OpenCV.

    Parameters
    ----------
    purpose : str
        What for, as the error shall say it, such as ``"finding faces"``.
    needs : str, default=None
        A name that ``cv2`` must have.

    Returns
    -------
    module
        ``cv2``.

    Raises
    ------
    ImportError
        If it is not installed, or lacks what is needed; the message says what to install.
    """
    try:
        import cv2
    except ImportError:
        raise ImportError(f'{purpose} needs OpenCV: pip install "fernet-emotion[faces]"') from None
    if needs is not None and not hasattr(cv2, needs):
        raise ImportError(
            f"{purpose} needs an OpenCV with cv2.{needs}; found {cv2.__version__} without: "
            'pip install "fernet-emotion[faces]"'
        )
    return cv2
