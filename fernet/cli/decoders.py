"""The decoders of videos, which have a stderr of their own."""

from __future__ import annotations

import os

__all__ = ["silence_decoders"]
__dir__ = __all__.copy

_FFMPEG_QUIET = "-8"


def silence_decoders() -> None:
    """Have OpenCV and FFmpeg say nothing of a damaged video: the commands say it in their words.

    They read this when they are loaded, and a user's own settings stay.
    """
    os.environ.setdefault("OPENCV_LOG_LEVEL", "FATAL")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
