"""A recogniser of drawn faces, and real photographs in the public domain that packages ship."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fernet import EmotionRecognizer, FERMLPClassifier
from fernet.datasets import make_faces


@pytest.fixture(scope="module")
def model() -> FERMLPClassifier:
    faces = make_faces(140, random_state=0)
    return FERMLPClassifier((16,), max_iter=3, random_state=0).fit(faces.data, faces.target)


@pytest.fixture(scope="module")
def recognizer(model) -> EmotionRecognizer:
    return EmotionRecognizer(model)


@pytest.fixture(scope="session")
def portrait() -> Path:
    """Grace Hopper, from matplotlib: 512 x 600 pixels, a face at about (145, 99), 239 wide."""
    cbook = pytest.importorskip("matplotlib.cbook")
    return Path(cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))


# A Matroska file of JPEG pictures, each with a time of its own.

_UNKNOWN = b"\x01" + 7 * b"\xff"


def _element(name: str, content: bytes) -> bytes:
    return bytes.fromhex(name) + (1 << 56 | len(content)).to_bytes(8, "big") + content


def _number(name: str, value: int) -> bytes:
    return _element(name, value.to_bytes(4, "big"))


def _jpeg(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=95)
    return file.getvalue()


def write(
    path: Path,
    images: Sequence[np.ndarray],
    milliseconds: Sequence[int],
    *,
    duration: float | None = None,
    live: bool = False,
) -> Path:
    """Write images of one size with their times; `live`: as a stream that tells no end."""
    height, width = images[0].shape[:2]
    header = _element("1a45dfa3", _element("4282", b"matroska"))
    told = b"" if duration is None else _element("4489", struct.pack(">d", duration))
    info = _element("1549a966", _number("2ad7b1", 1_000_000) + told)
    size = _element("e0", _number("b0", width) + _number("ba", height))
    track = _number("d7", 1) + _number("73c5", 1) + _number("83", 1) + _element("86", b"V_MJPEG")
    tracks = _element("1654ae6b", _element("ae", track + size))
    clusters = b""
    for image, time in zip(images, milliseconds, strict=True):
        block = b"\x81\x00\x00\x80" + _jpeg(image)
        clusters += _element("1f43b675", _number("e7", time) + _element("a3", block))
    content = info + tracks + clusters
    segment = b"\x18\x53\x80\x67" + _UNKNOWN + content if live else _element("18538067", content)
    path.write_bytes(header + segment)
    return path


@pytest.fixture(scope="session")
def write_matroska() -> Callable[..., Path]:
    """Write a video of images that come at any milliseconds; return its path."""
    return write


@pytest.fixture(scope="session")
def astronaut() -> Image.Image:
    """Eileen Collins, from scikit-image: 512 x 512 pixels, the face about (223, 120)."""
    data = pytest.importorskip("skimage.data")
    return Image.fromarray(data.astronaut())


@pytest.fixture(scope="session")
def turned(astronaut):
    """A function that turns that picture against the clock about the face's middle."""

    def turn(degrees: float, scale: float = 1.0) -> Image.Image:
        width = round(400 * scale)
        square = astronaut.rotate(
            degrees, Image.Resampling.BICUBIC, center=(223, 120), fillcolor=(128, 128, 128)
        ).transform(
            (400, 400), Image.Transform.AFFINE, (1, 0, 23, 0, 1, -80), fillcolor=(128, 128, 128)
        )
        return square.resize((width, width), Image.Resampling.BICUBIC)

    return turn
