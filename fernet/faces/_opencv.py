"""OpenCV, imported when it is first needed."""

from __future__ import annotations

from typing import Any


def opencv(purpose: str) -> Any:
    """Import OpenCV.

    Parameters
    ----------
    purpose : str
        What for, as the error shall say it, such as ``"finding faces"``.

    Returns
    -------
    module
        ``cv2``, of a version that has cascade classifiers.

    Raises
    ------
    ImportError
        If it is not installed, or has no cascade classifiers; the message says what to install.
    """
    try:
        import cv2
    except ImportError:
        raise ImportError(f'{purpose} needs OpenCV: pip install "fernet-emotion[faces]"') from None
    if not hasattr(cv2, "CascadeClassifier"):
        raise ImportError(
            f"{purpose} needs OpenCV 4, whose package holds the detector's model; found "
            f'{cv2.__version__}: pip install "fernet-emotion[faces]"'
        )
    return cv2
