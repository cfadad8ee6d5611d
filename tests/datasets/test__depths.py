"""Levels of any depth, as files of many programs have them, are those that the picture shows."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from fernet.datasets.images import read_color
from fernet.datasets.photos import ImageError, photo_from_image, read_photo, to_rgb

RNG = np.random.default_rng(0)
LEVELS = RNG.integers(0, 256, (30, 40, 4))
LEVELS[0, :4] = [[255] * 4, [0, 0, 0, 255], [255, 0, 0, 255], [0, 255, 0, 255]]
KINDS = {1: 0, 2: 4, 3: 2, 4: 6}  # a PNG's number for so many channels


def png(levels: np.ndarray) -> io.BytesIO:
    """Write levels of two bytes, shape (height, width, channels)."""
    rows = levels.astype(">u2")
    head = struct.pack(">IIBBBBB", *rows.shape[1::-1], 16, KINDS[rows.shape[2]], 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = [b"\x89PNG\r\n\x1a\n"]
    for kind, data in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b"")):
        check = struct.pack(">I", zlib.crc32(kind + data))
        parts.append(struct.pack(">I", len(data)) + kind + data + check)
    return io.BytesIO(b"".join(parts))


def tiff(
    levels: np.ndarray, *, photometric: int = 1, planes: int = 1, orientation: int = 1
) -> io.BytesIO:
    """Write levels of any type, shape (height, width, channels), without compression."""
    height, width, channels = levels.shape
    order = ">" if levels.dtype.byteorder == ">" else "<"
    kind = {"u": 1, "i": 2, "f": 3}[levels.dtype.kind]
    data = (np.moveaxis(levels, 2, 0) if planes == 2 else levels).tobytes()
    apart = channels if planes == 2 else 1
    strips = [8 + at * (len(data) // apart) for at in range(apart)]
    tags = [
        (256, [width]),
        (257, [height]),
        (258, [8 * levels.dtype.itemsize] * channels),
        (259, [1]),
        (262, [photometric]),
        (273, strips),
        (274, [orientation]),
        (277, [channels]),
        (278, [height]),
        (279, [len(data) // apart] * apart),
        (284, [planes]),
        *([(338, [2])] if channels in (2, 4) else []),
        (339, [kind] * channels),
    ]
    entries, after = b"", b""
    place = 8 + len(data) + 2 + 12 * len(tags) + 4
    for tag, values in tags:
        packed = struct.pack(f"{order}{len(values)}I", *values)
        value = packed if len(values) == 1 else struct.pack(f"{order}I", place + len(after))
        after += packed if len(values) > 1 else b""
        entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + value
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(data))
    count = struct.pack(f"{order}H", len(tags))
    return io.BytesIO(head + data + count + entries + bytes(4) + after)


def ppm(levels: np.ndarray) -> io.BytesIO:
    """Write colours of two bytes."""
    head = "P6 {1} {0} 65535\n".format(*levels.shape)
    return io.BytesIO(head.encode() + levels.astype(">u2").tobytes())


def jpeg2000(levels: np.ndarray) -> io.BytesIO:
    """Write levels of two bytes, with a small loss."""
    cv2 = pytest.importorskip("cv2")
    written, data = cv2.imencode(".jp2", levels.astype(np.uint16))
    assert written
    return io.BytesIO(data.tobytes())


def of_bits(bits: int, channels: int) -> np.ndarray:
    return np.rint(LEVELS[:, :, :channels] * ((2**bits - 1) / 255)).astype(np.uint16)


def on_white(levels: np.ndarray) -> np.ndarray:
    alpha = levels[:, :, -1:] / 255
    return levels[:, :, :-1] * alpha + 255 * (1 - alpha)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize(
    "write",
    [png, lambda levels: tiff(levels, photometric=2), ppm],
    ids=["PNG", "TIFF", "PPM"],
)
def test_colours_of_fewer_bits_than_their_file_are_not_black(write, bits):
    photo = read_photo(write(of_bits(bits, 3)), colors=True)

    assert np.abs(photo.colors - LEVELS[:, :, :3]).max() <= 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_they_may_begin_with_either_byte(order):
    written = of_bits(12, 3).astype(f"{order}u2")

    photo = read_photo(tiff(written, photometric=2), colors=True)

    assert np.abs(photo.colors - LEVELS[:, :, :3]).max() <= 1


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("channels", [2, 4])
def test_their_transparency_is_as_deep(channels, bits):
    photo = read_photo(png(of_bits(bits, channels)), colors=True)

    expected = on_white(LEVELS[:, :, :channels])
    assert np.abs(photo.colors - expected).max() <= 2


@pytest.mark.parametrize("suffix", ["png", "tif", "ppm"])
def test_an_open_file_of_pillows_has_its_bits_too(tmp_path, suffix):
    path = tmp_path / f"photo.{suffix}"
    levels = of_bits(12, 3)
    file = (
        tiff(levels, photometric=2) if suffix == "tif" else {"png": png, "ppm": ppm}[suffix](levels)
    )
    path.write_bytes(file.getvalue())

    with Image.open(path) as image:
        assert np.abs(np.asarray(to_rgb(image)) - LEVELS[:, :, :3]).max() <= 1
    with Image.open(path) as image:
        assert np.abs(photo_from_image(image, colors=True).colors - LEVELS[:, :, :3]).max() <= 1


def test_they_are_upright_as_other_pictures_are():
    photo = read_photo(tiff(of_bits(12, 3), photometric=2, orientation=6), colors=True)

    assert photo.size == (30, 40)
    assert np.abs(photo.colors - np.rot90(LEVELS[:, :, :3], -1)).max() <= 1


def test_colours_of_a_known_size_have_their_bits(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(png(of_bits(12, 3)).getvalue())

    assert np.abs(read_color(path, (30, 40, 3)) - LEVELS[:, :, :3]).max() <= 1


@pytest.mark.parametrize(
    ("dtype", "largest"),
    [
        (np.uint16, 65535),
        (np.uint16, 4095),
        (np.float32, 1),
        (np.float32, 255),
        (np.uint8, 255),
    ],
)
@pytest.mark.parametrize("photometric", [0, 1])
def test_grey_levels_are_black_or_white_at_zero_as_their_file_says(dtype, largest, photometric):
    share = LEVELS[:, :, :1] / 255
    levels = (share if photometric else 1 - share) * largest
    levels = levels if dtype == np.float32 else np.rint(levels)
    file = tiff(levels.astype(dtype), photometric=photometric)

    assert np.abs(read_photo(file).grey - LEVELS[:, :, 0]).max() <= 1


@pytest.mark.parametrize("largest", [1, 255, 1023, 4095, 16383, 65535])
def test_floats_are_taken_by_the_largest_and_may_go_beyond_a_little(largest):
    levels = LEVELS[:, :, 0] / 255 * largest
    levels[0, 0], levels[0, 1] = 1.02 * largest, -0.02 * largest

    grey = photo_from_image(Image.fromarray(levels.astype(np.float32))).grey

    assert np.abs(grey - LEVELS[:, :, 0]).max() <= 1


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [
        (np.float32, -1, 1),
        (np.float32, 0, 1e6),
        (np.int16, -1000, 3000),
        (np.int8, -128, 127),
        (np.int32, 0, 2**31 - 1),
        (np.uint32, 0, 2**32 - 1),
    ],
)
def test_levels_that_can_not_be_told_are_refused(dtype, low, high):
    levels = low + LEVELS[:, :, :1] / 255 * (high - low)

    with pytest.raises(ImageError, match=rf"^image: levels from {low:g} to .*; expected 0 to 255"):
        read_photo(tiff(levels.astype(dtype)))


def test_deep_colours_in_planes_apart_are_refused():
    with pytest.raises(ImageError, match=r"image: colours of 16 bits in planes apart; save it"):
        read_photo(tiff(of_bits(16, 3), photometric=2, planes=2))

    photo = read_photo(
        tiff(LEVELS[:, :, :3].astype(np.uint8), photometric=2, planes=2), colors=True
    )
    assert (photo.colors == LEVELS[:, :, :3]).all()


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_a_jpeg_2000_has_grey_levels_of_fewer_bits_and_refuses_such_colours(bits):
    ramp = np.repeat(np.linspace(0, 240, 64).round()[:, None], 64, axis=1)
    levels = np.rint(ramp / 255 * (2**bits - 1))

    # A lossy compression may go beyond the largest of what was put in.
    assert np.abs(read_photo(jpeg2000(levels)).grey - ramp).max() <= 25
    colors = jpeg2000(np.repeat(levels[:, :, None], 3, axis=2))
    if bits == 16:
        assert np.abs(read_photo(colors).grey - ramp).max() <= 25
    else:
        with pytest.raises(ImageError, match=r"image: colours of 10 to 14 bits in a JPEG 2000 of"):
            read_photo(colors)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_picture_that_is_wholly_transparent_shows_what_it_hides(mode, monkeypatch):
    monkeypatch.setattr("fernet.datasets._depths._STRIP_PIXELS", 40)
    image = Image.fromarray(LEVELS[:, :, :3].astype(np.uint8))
    shown = image if mode == "RGBA" else image.convert("L")
    hidden = shown.copy()
    hidden.putalpha(0)
    assert hidden.mode == mode

    assert (photo_from_image(hidden).grey == photo_from_image(shown).grey).all()
    hidden.putpixel((0, 0), (9,) * len(mode[:-1]) + (255,))
    assert (photo_from_image(hidden).grey[1:] == 255).all()
