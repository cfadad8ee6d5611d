"""The folder that faces are written to."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fernet.faces.finding import Face

__all__ = ["FaceFolder"]
__dir__ = __all__.copy


class FaceFolder:
    """Where faces go, each under a name of its own: photos may be called as another's second face.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._taken: set[Path] = set()

    def write(self, faces: list[Face], photo: Path) -> None:
        """Write a photo's faces; its path is relative to that of all photos."""
        from PIL import Image

        from fernet._io.files import atomic_writer

        for face in faces:
            place = self.path / self._free_name(photo)
            place.parent.mkdir(parents=True, exist_ok=True)
            with atomic_writer(place) as file:
                Image.fromarray(face.pixels).save(file, "PNG")

    def _free_name(self, photo: Path) -> Path:
        name = photo.name.removesuffix(".png")
        endings = chain([".png"], (f"-{number}.png" for number in count(2)))
        names = (photo.with_name(name + ending) for ending in endings)
        found = next(name for name in names if name not in self._taken)
        self._taken.add(found)
        return found
