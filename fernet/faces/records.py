"""What is said of a face."""

from __future__ import annotations

from dataclasses import dataclass

from fernet.faces.cropping import Box
from fernet.faces.quality import Quality

__all__ = [
    "DOUBTFUL_BELOW",
    "LEFT_OUT",
    "LOST",
    "NO_FACE",
    "NO_FRAME",
    "OK",
    "TOO_SMALL",
    "FaceRecord",
    "Unreadable",
]
__dir__ = __all__.copy

OK = "ok"
"""Status of a face that was recognised."""
NO_FACE = "no face found"
"""Status of a picture without one."""
LOST = "frame can't be decoded"
"""Status of a damaged frame of a video."""
NO_FRAME = "no frame of it can be decoded"
"""What the status of a video begins with that has not one to look at."""
TOO_SMALL = "too small to judge"
"""Status of a face whose emotion is doubtful, as it has fewer than 24 pixels a side."""
LEFT_OUT = "left out: "
"""What the status of a face begins with that was not judged, as it is below a limit."""

DOUBTFUL_BELOW = 3 / 4
"""Value of a face's quality below which its emotion is doubtful."""


@dataclass(frozen=True, slots=True)
class FaceRecord:
    """What one face shows, or why a picture has no answer.

    Parameters
    ----------
    file : str
        The picture's path, or ``"image 0"`` and so on for pictures in memory.
    status : str
        ``"ok"``; ``"too small to judge"``: the emotion is doubtful; ``"left out: ..."``: the face
        has no emotion, and why; ``"no face found"``; or why the picture can't be read.
    face : int, default=None
        The face's number in its picture, from 1, the most certain first. In a video, a face keeps
        its number from frame to frame. None where there is no face, as all that follows.
    box : Box, default=None
        Its place: x and y of the upper left corner, width and height, in pixels.
    emotion : str, default=None
        The most probable emotion.
    probabilities : dict of str to float, default=None
        The probability, 0 to 1, of each emotion.
    frame : int, default=None
        In a video, the frame's number, from 0.
    seconds : float, default=None
        In a video, the frame's time.
    score : float, default=None
        How certain the detector is of the face, the higher the more: 0 to 1 for `FaceDetector`.
        None for pictures that were not searched.
    angle : float, default=0.0
        How far the face is turned within the picture, in degrees, positive against the clock; it
        was turned back before it was judged. 0 for faces that are about upright.
    quality : Quality, default=None
        How much the face's picture lets be said of it.

    Examples
    --------
    >>> from fernet.faces.records import FaceRecord
    >>> FaceRecord("photo.jpg", "no face found").emotion
    """

    file: str
    status: str
    face: int | None = None
    box: Box | None = None
    emotion: str | None = None
    probabilities: dict[str, float] | None = None
    frame: int | None = None
    seconds: float | None = None
    score: float | None = None
    angle: float = 0.0
    quality: Quality | None = None

    @property
    def is_doubtful(self) -> bool:
        """Whether there is an emotion, of a face of which little can be said.

        That is one that is too small, or of which the network keeps less than three quarters of its
        accuracy, see `Quality.value`.
        """
        return self.emotion is not None and (
            self.status == TOO_SMALL
            or (self.quality is not None and self.quality.value < DOUBTFUL_BELOW)
        )


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands among pictures for what is known not to be one.

    Parameters
    ----------
    file : str
        Its name.
    status : str
        What its record shall say.

    Examples
    --------
    >>> from fernet.faces.records import Unreadable
    >>> Unreadable("holiday", "folder without images").status
    'folder without images'
    """

    file: str
    status: str
