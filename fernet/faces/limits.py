"""Which of the faces that were found are not judged."""

from __future__ import annotations

from dataclasses import dataclass

from fernet.faces._checks import check_number
from fernet.faces.finding import Face
from fernet.faces.records import LEFT_OUT

__all__ = ["Limits"]
__dir__ = __all__.copy


@dataclass(frozen=True, slots=True)
class Limits:
    """What a face must have to be judged.

    Parameters
    ----------
    min_score : float, default=0.0
        Least score of the detector, 0 to 1; at 0 any score passes. So does a face without one.
    min_size : int, default=0
        Least longer side of its box, in pixels of the file.
    min_quality : float, default=0.0
        Least value of its `fernet.faces.quality.Quality`, 0 to 1.

    Raises
    ------
    ValueError
        If one is out of its range.
    TypeError
        If one is no number.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.faces import Box
    >>> from fernet.faces.finding import Face
    >>> from fernet.faces.limits import Limits
    >>> face = Face(np.zeros((48, 48), np.uint8), Box(0, 0, 25, 30), 0.75)
    >>> Limits(min_score=0.8).reason(face)
    'left out: score 0.75 is below 0.8'
    >>> Limits(min_size=30).reason(face)
    """

    min_score: float = 0.0
    min_size: int = 0
    min_quality: float = 0.0

    def __post_init__(self) -> None:
        for name in ("min_score", "min_quality", "min_size"):
            check_number(getattr(self, name), name)
        for name in ("min_score", "min_quality"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is {value}; expected 0 to 1")
        if not self.min_size >= 0:
            raise ValueError(f"min_size is {self.min_size}; expected at least 0 pixels")

    def reason(self, face: Face) -> str | None:
        """Return the status of a face that is not to be judged, or None.

        Parameters
        ----------
        face : Face
            The face.

        Returns
        -------
        str or None
        """
        if self.min_score and face.score is not None and face.score < self.min_score:
            return f"{LEFT_OUT}score {_below(face.score, self.min_score)}"
        size = max(face.box.width, face.box.height)
        if size < self.min_size:
            return f"{LEFT_OUT}{size} pixels are below {self.min_size}"
        if not self.min_quality or face.quality is None:
            return None
        if face.quality.value < self.min_quality:
            return f"{LEFT_OUT}quality {_below(face.quality.value, self.min_quality)}"
        return None


def _below(value: float, limit: float) -> str:
    """Write both numbers, with as many digits as tell them apart."""
    written = (f"{value:.{digits}f}" for digits in range(2, 10))
    return f"{next((text for text in written if float(text) < limit), value)} is below {limit:g}"
