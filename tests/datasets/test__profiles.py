"""Pictures with a colour profile are read as it shows them, where greys differ from sRGB's."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from fernet.datasets.images import read_face
from fernet.datasets.photos import read_photo, to_rgb

RNG = np.random.default_rng(0)
COLORS = RNG.integers(20, 256, (40, 30, 3), np.uint8)
WHITE = (0.9642, 1.0, 0.8249)
# X, Y and Z of red, green and blue.
SRGB = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.292, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
PROPHOTO = ((0.7977, 0.288, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249))


def numbers(values) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def profile(gamma: float, primaries=None) -> bytes:
    """Make a profile of colours, or of greys, whose levels are shares of light to a power."""
    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"made\0" + bytes(80)
    tags = {b"desc": name + bytes(-len(name) % 4), b"wtpt": b"XYZ \0\0\0\0" + numbers(WHITE)}
    if primaries is None:
        tags[b"kTRC"] = curve
    else:
        for letter, color in zip((b"r", b"g", b"b"), primaries, strict=True):
            tags[letter + b"XYZ"] = b"XYZ \0\0\0\0" + numbers(color)
            tags[letter + b"TRC"] = curve
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        place = 128 + 4 + 12 * len(tags) + len(body)
        table += tag + struct.pack(">II", place, len(data))
        body += data
    space = b"GRAY" if primaries is None else b"RGB "
    head = struct.pack(">I4xI", 128 + len(table) + len(body), 0x02400000) + b"mntr" + space
    head += b"XYZ " + bytes(12) + b"acsp" + bytes(28) + numbers(WHITE)
    return head + bytes(128 - len(head)) + table + body


def inks() -> bytes:
    """Make a profile of inks of which magenta takes the most light, and yellow none."""
    levels = np.arange(256, dtype=np.uint8).tobytes()
    shares = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), axis=-1)
    light = np.prod(1 - shares * [0.2, 0.6, 0, 1], axis=-1)[..., None]
    lab = np.concatenate([255 * light, 128 + 0 * light, 128 + 0 * light], axis=-1)
    table = b"mft1\0\0\0\0" + struct.pack(">4B", 4, 3, 2, 0) + numbers(np.eye(3).ravel())
    table += 4 * levels + lab.round().astype(np.uint8).tobytes() + 3 * levels
    table += bytes(-len(table) % 4)
    start = 128 + 4 + 12
    head = struct.pack(">I4xI", start + len(table), 0x02400000) + b"prtrCMYKLab " + bytes(12)
    head += b"acsp" + bytes(28) + numbers(WHITE)
    place = struct.pack(">I4sII", 1, b"A2B0", start, len(table))
    return head + bytes(128 - len(head)) + place + table


def encoded(colors: np.ndarray, shown_by: bytes) -> Image.Image:
    """Return a picture that a profile shows as some colours of sRGB."""
    to = ImageCms.ImageCmsProfile(io.BytesIO(shown_by))
    return ImageCms.profileToProfile(
        Image.fromarray(colors), ImageCms.createProfile("sRGB"), to, outputMode="RGB"
    )


def saved(image: Image.Image, kind: str = "PNG", **options) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(("gamma", "primaries"), [(1.0, SRGB), (1.8, PROPHOTO)])
def test_a_profile_of_other_tones_is_heeded(kind, gamma, primaries):
    made = profile(gamma, primaries)
    options = {"lossless": True} if kind == "WEBP" else {}
    image = encoded(COLORS, made)
    assert np.abs(np.asarray(image).astype(int) - COLORS).mean() > 10

    file = saved(image, kind, icc_profile=made, **options)

    assert np.abs(read_photo(file, colors=True).colors.astype(int) - COLORS).mean() < 2
    with Image.open(file) as opened:
        assert np.abs(np.asarray(to_rgb(opened)).astype(int) - COLORS).mean() < 2


def test_a_transparent_picture_is_converted_too():
    made = profile(1.0, SRGB)
    image = encoded(COLORS, made)
    image.putalpha(255)
    image.paste((0, 0, 0, 0), (0, 0, 30, 20))

    grey = read_photo(saved(image, icc_profile=made)).grey

    assert (grey[:20] == 255).all()
    expected = np.asarray(Image.fromarray(COLORS).convert("L")).astype(int)
    assert np.abs(grey[20:] - expected[20:]).mean() < 2


@pytest.mark.parametrize("side", [48, 60])
def test_greys_are_converted_and_a_face_is_one_still(side):
    ramp = np.tile(np.linspace(0, 255, side).round().astype(np.uint8), (side, 1))
    light = np.where(ramp <= 10, ramp / 255 / 12.92, ((ramp / 255 + 0.055) / 1.055) ** 2.4)
    image = Image.fromarray(np.rint(255 * light).astype(np.uint8))

    photo = read_photo(saved(image, icc_profile=profile(1.0)))

    assert np.abs(photo.grey.astype(int) - ramp)[:, side // 4 :].max() <= 3
    assert photo.is_face is (side == 48)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_are_what_their_profile_says(kind):
    image = Image.new("CMYK", (90, 60), (0, 0, 255, 0))
    image.paste((0, 255, 0, 0), (30, 0, 60, 60))
    image.paste((0, 0, 0, 255), (60, 0, 90, 60))
    options = {"quality": 95} if kind == "JPEG" else {}

    photo = read_photo(saved(image, kind, icc_profile=inks(), **options), colors=True)

    # Lightness of 100, 40 and 0 of 100.
    expected = (255, 94, 0)
    for colour, left in zip(expected, (0, 30, 60), strict=True):
        part = photo.colors[10:50, left + 10 : left + 20].astype(int)
        assert np.abs(part - colour).max() <= 4


def test_the_profiles_of_cameras_and_phones_change_no_bit():
    image = Image.fromarray(COLORS)
    plain = read_face(saved(image))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    for made in (srgb, profile(2.2, SRGB), profile(2.2, DISPLAY_P3)):
        assert (read_face(saved(image, icc_profile=made)) == plain).all()


@pytest.mark.parametrize("made", [b"no profile", b"\0" * 200, profile(1.0)])
def test_a_profile_that_does_not_fit_is_not_heeded(made):
    image = Image.fromarray(COLORS)

    assert (read_face(saved(image, icc_profile=made)) == read_face(saved(image))).all()
