"""What is cut out of a photo, and how it went."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fernet.cli.crop.photos import Photo
from fernet.cli.output import counted

if TYPE_CHECKING:
    from fernet.datasets.face_shapes import FaceShape
    from fernet.faces.finding import Face

__all__ = ["FACES", "Counts", "Cutter", "cut_all"]
__dir__ = __all__.copy

FACES = ("most-certain", "largest", "all", "only")
"""What ``--faces`` takes; "only" cuts out none where there are several."""

_NONE, _SMALL, _SEVERAL = "no face found", "the face is too small", "several faces"
_REASONS = {_NONE: "without a face", _SMALL: "with a smaller one", _SEVERAL: "with several"}
"""Why nothing is cut out of a photo that can be read, and what the remark says of it."""
_CURES = {
    _SMALL: "--min-size 0 takes smaller ones",
    _SEVERAL: "--faces all takes all of several",
}


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts faces out.

    Parameters
    ----------
    detector : Detector
        What finds them.
    shape : tuple of int
        Of their pixels.
    which : str
        One of `FACES`.
    min_size : int
        Of the longer side of a face's box, in pixels.
    """

    detector: Any
    shape: FaceShape
    which: str
    min_size: int

    def cut(self, photo: Photo) -> tuple[list[Face], str]:
        """Return the faces, and why there are none."""
        from fernet.datasets.photos import ImageError
        from fernet.faces.finding import find_faces, read_side, take_photo

        if photo.fault:
            return [], photo.fault
        try:
            taken = take_photo(photo.picture, read_side(self.detector), colors=True)
        except (ImageError, OSError) as error:
            text = str(getattr(error, "strerror", None) or error)
            return [], text.removeprefix(f"{photo.path}: ")
        found = find_faces(taken, self.detector, shape=self.shape)
        large = [face for face in found if self._is_large(face)]
        if not large:
            return [], _SMALL if found else _NONE
        if self.which == "only" and len(large) > 1:
            return [], _SEVERAL
        if self.which == "all":
            return large, ""
        if self.which == "largest":
            return [max(large, key=lambda face: face.box.width * face.box.height)], ""
        return large[:1], ""

    def _is_large(self, face: Face) -> bool:
        # What was not searched is a face, whatever its size.
        return face.score is None or max(face.box.width, face.box.height) >= self.min_size


def cut_all(
    cutter: Cutter, photos: Iterable[Photo]
) -> Generator[tuple[Photo, list[Face], str], None, None]:
    """Cut faces in threads, photos in order."""
    from fernet._io.threads import count_threads, in_threads

    def cut(photo: Photo) -> tuple[Photo, list[Face], str]:
        faces, reason = cutter.cut(photo)
        # A frame's pixels have served.
        return photo._replace(picture=None), faces, reason

    yield from in_threads(cut, photos, count_threads(-1))


@dataclass(slots=True)
class Counts:
    """How it went."""

    photos: int = 0
    frames: int = 0
    faces: int = 0
    unreadable: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    def add(self, photo: Photo, n_faces: int, reason: str) -> None:
        """Count a photo or frame, its faces, and why there are none."""
        self.photos += photo.frame is None and not photo.is_end
        self.frames += photo.frame is not None
        self.faces += n_faces
        if reason in _REASONS:
            self.reasons[reason] = self.reasons.get(reason, 0) + 1
        elif reason:
            self.unreadable += 1

    def looked_at(self) -> str:
        """Say how many photos and frames there were; "" if there were none."""
        counts = {"photo": self.photos, "frame": self.frames}
        return " and ".join(counted(count, noun) for noun, count in counts.items() if count)

    def why_none(self) -> str:
        """Say why nothing is cut out, and what cuts out the faces that there are."""
        cures = [cure for reason, cure in _CURES.items() if reason in self.reasons]
        if not cures:
            return f"no face in any of {self.looked_at()}"
        return f"no face of {self.looked_at()} is cut out{self._details()}; {' and '.join(cures)}"

    def remark(self) -> str:
        """Say it in a sentence."""
        return f"{counted(self.faces, 'face')} of {self.looked_at()}{self._details()}"

    def _details(self) -> str:
        parts = [f"{count} {_REASONS[reason]}" for reason, count in self.reasons.items()]
        if self.unreadable:
            parts.append(f"{self.unreadable} unreadable")
        return f" ({', '.join(parts)})" if parts else ""
