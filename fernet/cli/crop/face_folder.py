"""The folder that faces are written to."""

from __future__ import annotations

from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from fernet._io.names import with_ending
from fernet.cli.originals import Originals

if TYPE_CHECKING:
    from fernet.faces.finding import Face

__all__ = ["FaceFolder"]
__dir__ = __all__.copy


class FaceFolder:
    """Where faces go, each under a name of its own: photos may be called as another's second face.

    Parameters
    ----------
    path : Path
    originals : Originals
        What the faces are cut out of.

    Attributes
    ----------
    n_replaced : int
        Files of earlier runs whose place a face has taken.
    """

    def __init__(self, path: Path, originals: Originals) -> None:
        from fernet._io.many_files import ManyFiles

        self.path, self._originals = path, originals
        self._writer = ManyFiles()
        self.n_replaced = 0
        self._taken: set[Path] = set()
        self._written: set[tuple[int, int] | Path] = set()

    def write(self, faces: list[Face], photo: Path) -> None:
        """Write a photo's faces; its path is relative to that of all photos."""
        from PIL import Image

        for face in faces:
            place = self.path / self._free_name(photo)
            self._originals.check(place, f"--out {self.path}")
            place.parent.mkdir(parents=True, exist_ok=True)
            self.n_replaced += place.exists()
            with self._writer.open(place) as file:
                Image.fromarray(face.pixels).save(file, "PNG")
            self._written.add(_identity(place))

    def _free_name(self, photo: Path) -> Path:
        name = photo.name.removesuffix(".png")
        endings = chain([".png"], (f"-{number}.png" for number in count(2)))
        names = (photo.with_name(with_ending(name, ending)) for ending in endings)
        found = next(name for name in names if not self._is_taken(name))
        self._taken.add(found)
        return found

    def _is_taken(self, name: Path) -> bool:
        """Tell whether a face of this run has a name, or one that the file system takes for it."""
        if name in self._taken:
            return True
        place = self.path / name
        return place.exists() and _identity(place) in self._written


def _identity(place: Path) -> tuple[int, int] | Path:
    """Return what tells a file from all others, whatever name leads to it."""
    found = place.stat()
    # Some file systems of Windows number no files.
    return (found.st_dev, found.st_ino) if found.st_ino else place
