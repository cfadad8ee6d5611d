"""What a video's file says of its own length, in bytes and in frames."""

from __future__ import annotations

import os
from typing import BinaryIO

from fernet.datasets._kinds import open_picture

__all__ = ["counts_frames", "is_cut_off", "n_pictures"]
__dir__ = __all__.copy

_SEGMENT = b"\x18\x53\x80\x67"  # Matroska's element of all that follows its header


def counts_frames(path: str | os.PathLike[str], *, up_to_the_last: bool = False) -> bool:
    """Tell whether a video's file holds a count of its frames; others have it guessed.

    Parameters
    ----------
    path : str or path-like
        The file.
    up_to_the_last : bool, default=False
        Whether all that it counts shall be there to be shown.

    Returns
    -------
    bool
        True for AVI, MP4, QuickTime and 3GP; up to the last frame that is shown for AVI alone, as a
        phone that shortens an MP4 leaves the others in it.
    """
    with open(path, "rb") as file:
        return _kind(file.read(12)) in (("AVI",) if up_to_the_last else ("AVI", "MP4"))


def is_cut_off(path: str | os.PathLike[str]) -> bool:
    """Tell whether a video's file is shorter than it says it is.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    bool
        False too for kinds of files that do not say: all but AVI, MP4, QuickTime, 3GP, Matroska
        and WebM.
    """
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        start = file.read(12)
        kind = _kind(start)
        file.seek(0)
        if kind == "AVI":
            return 8 + int.from_bytes(start[4:8], "little") > size
        if kind == "MP4":
            return _boxes_end(file, size) > size
        return kind == "Matroska" and _segment_end(file) > size


def n_pictures(path: str | os.PathLike[str]) -> int:
    """Return how many pictures an image's file has, as animations have; 0 of other files."""
    with open(path, "rb") as file:
        try:
            with open_picture(file) as image:
                return int(getattr(image, "n_frames", 1))
        except MemoryError:
            raise
        # Pillow raises errors of many kinds on what is no picture.
        except Exception:
            return 0


def _kind(start: bytes) -> str:
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return "AVI"
    if start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return "MP4"
    return "Matroska" if start[:4] == b"\x1a\x45\xdf\xa3" else ""


def _boxes_end(file: BinaryIO, size: int) -> int:
    """Return where the last of an MP4's boxes ends; each begins with its length."""
    place = 0
    while place + 8 <= size:
        file.seek(place)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8:  # 0: up to the file's end
            break
        place += length
    return place


def _segment_end(file: BinaryIO) -> int:
    """Return where a Matroska's segment ends; 0 if it does not say, as in a stream."""
    file.read(4)
    header = _element_size(file)
    file.seek(header or 0, os.SEEK_CUR)
    if file.read(4) != _SEGMENT:
        return 0
    size = _element_size(file)
    return 0 if size is None else file.tell() + size


def _element_size(file: BinaryIO) -> int | None:
    """Read a number whose first byte tells by its leading zeros how many follow."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    n_more = 8 - first[0].bit_length()
    mask = (1 << (7 * (n_more + 1))) - 1
    value = int.from_bytes(first + file.read(n_more), "big") & mask
    return None if value == mask else value
