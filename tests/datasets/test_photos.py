"""Reading whole pictures; what `read_face` makes of them is tested beside it."""

from __future__ import annotations

import io
import os
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from fernet.datasets.images import read_face
from fernet.datasets.photos import (
    ImageError,
    Photo,
    photo_from_image,
    read_photo,
    resize_face,
    to_rgb,
)

RNG = np.random.default_rng(0)


def saved(image: Image.Image, kind: str, **options) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file


@pytest.mark.parametrize(
    "mode", ["L", "LA", "La", "1", "I;16", "P", "RGB", "RGBA", "RGBa", "RGBX", "CMYK"]
)
def test_48x48_without_colours_is_a_face(mode):
    assert photo_from_image(Image.new(mode, (48, 48))).is_face
    assert not photo_from_image(Image.new(mode, (48, 49))).is_face


@pytest.mark.parametrize("size", [(64, 64), (48, 48)])
@pytest.mark.parametrize("is_from_file", [True, False])
def test_an_image_whose_pixels_are_gone_is_called_closed(size, is_from_file):
    image = Image.new("L", size)
    if is_from_file:
        image = Image.open(saved(image, "PNG"))
        image.load()
    image.close()
    with pytest.raises(ImageError, match=r"image: the image was closed: give it, or its copy\(\)"):
        photo_from_image(image)


def test_a_face_whose_exif_stands_behind_its_pixels_is_turned_too():
    face = RNG.integers(0, 256, (48, 48), dtype=np.uint8)
    exif = Image.Exif()
    exif[0x112] = 6
    content = saved(Image.fromarray(face), "PNG").getvalue()
    chunk = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    end = content.rindex(b"IEND") - 4
    length, check = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
    late = content[:end] + length + chunk + check + content[end:]
    np.testing.assert_array_equal(read_face(io.BytesIO(late)), np.rot90(face, -1))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "GIF"])
def test_threads_may_read_the_same_image(kind):
    content = saved(Image.fromarray(RNG.integers(0, 256, (200, 300), dtype=np.uint8)), kind)
    for _ in range(10):
        opened = Image.open(io.BytesIO(content.getvalue()))
        with ThreadPoolExecutor(6) as pool:
            photos = list(pool.map(photo_from_image, [opened] * 12))
        assert all((photo.grey == photos[0].grey).all() for photo in photos)


@pytest.mark.parametrize("mode", ["P", "RGB", "RGBA", "RGBX", "CMYK"])
def test_48x48_with_a_pixel_of_another_colour_is_none(mode):
    image = Image.new("RGB", (48, 48), (90, 90, 90))
    image.putpixel((7, 8), (90, 90, 200))
    assert not photo_from_image(image.convert(mode)).is_face


def test_a_grey_face_is_the_same_as_three_equal_channels():
    grey = Image.fromarray(RNG.integers(0, 256, (48, 48), np.uint8))
    for colors in (False, True):
        photo = photo_from_image(grey.convert("RGB"), colors=colors)
        assert photo.is_face
        assert photo.colors is None
        assert (photo.grey == np.asarray(grey)).all()


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_colours_that_are_multiplied_by_their_alpha_are_the_same_picture(mode):
    image = Image.new(mode, (40, 30), (120, 255) if mode == "LA" else (120, 90, 60, 255))
    image.paste(Image.new(mode, (9, 9)), (5, 5))
    multiplied = image.convert({"LA": "La", "RGBA": "RGBa"}[mode])
    for colors in (False, True):
        found, expected = (photo_from_image(i, colors=colors) for i in (multiplied, image))
        np.testing.assert_array_equal(found.grey, expected.grey)
        np.testing.assert_array_equal(found.colors, expected.colors)
    assert to_rgb(multiplied).tobytes() == to_rgb(image).tobytes()


@given(st.integers(1, 300), st.integers(1, 300), st.integers(50, 200))
def test_a_picture_is_made_smaller_in_proportion_and_never_larger(width, height, side):
    photo = photo_from_image(Image.new("L", (width, height), 9), max_side=side)

    assert photo.size == (width, height)
    assert max(photo.grey.shape) == min(side, max(width, height))
    small = np.array(photo.grey.shape[::-1])
    assert np.abs(small - np.array(photo.size) / max(1, max(width, height) / side)).max() <= 1
    assert (photo.grey == 9).all()


@pytest.mark.parametrize("side", [None, 500, 130])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_jpeg_is_upright_with_the_upright_size(orientation, side):
    ramp = np.tile(np.linspace(0, 255, 640).astype(np.uint8), (400, 1))
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = read_photo(saved(Image.fromarray(ramp), "JPEG", exif=exif), max_side=side)

    turned = orientation >= 5
    assert photo.size == ((400, 640) if turned else (640, 400))
    assert (photo.grey.shape[0] > photo.grey.shape[1]) is turned
    assert np.ptp(photo.grey.mean(axis=0 if turned else 1)) < 5  # the ramp runs along the other


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *((kind, mode) for kind in ("TIFF", "PNG", "WEBP", "JPEG") for mode in ("L", "RGB")),
        ("TIFF", "I;16"),
        ("PNG", "I;16"),
    ],
)
def test_a_picture_of_any_kind_has_its_size_when_it_is_upright(kind, mode):
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        file = saved(Image.new(mode, (640, 400)), kind, exif=exif)
        size = (400, 640) if orientation >= 5 else (640, 400)
        for max_side in (None, 160):
            photo = read_photo(file, max_side=max_side, colors=True)
            assert photo.size == size
            assert photo.scales == ((1, 1) if max_side is None else (4, 4))
        with Image.open(file) as image:
            assert photo_from_image(image).size == size


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000", "PPM", "TIFF", None])
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes that have names")
def test_a_picture_may_come_through_a_pipe(kind, tmp_path):
    raw = b"no picture" if kind is None else saved(Image.new("L", (40, 30), 90), kind).getvalue()
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=[raw])
    writer.start()
    if kind is None:
        with pytest.raises(ImageError, match="pipe: not an image of a known kind"):
            read_photo(tmp_path / "pipe")
    else:
        assert read_photo(tmp_path / "pipe").size == (40, 30)
    writer.join()


@pytest.mark.parametrize("size", [(1, 5000), (30000, 3)])
def test_a_jpeg_of_hardly_any_width_or_height_is_a_picture(size):
    photo = read_photo(saved(Image.new("L", size, 90), "JPEG"), max_side=2000)

    assert photo.size == size
    assert (photo.grey == 90).all()
    assert max(photo.grey.shape) == 2000


def test_a_photo_made_smaller_is_the_photo():
    y, x = np.mgrid[:900, :1200]
    levels = (120 + 60 * np.sin(x / 90) + 60 * np.cos(y / 70)).astype(np.uint8)
    file = saved(Image.fromarray(levels), "JPEG", quality=95)

    small = read_photo(file, max_side=400).grey

    expected = levels.reshape(300, 3, 400, 3).mean(axis=(1, 3))
    assert np.abs(small - expected).mean() < 2


def test_the_middle_square_of_a_photo_is_the_face_that_is_read(tmp_path):
    Image.fromarray(RNG.integers(0, 256, (70, 100, 3), dtype=np.uint8)).save(tmp_path / "a.png")

    photo = read_photo(tmp_path / "a.png")

    assert photo.square() == (15, 0, 70, 70)
    assert (resize_face(photo) == read_face(tmp_path / "a.png")).all()


def test_the_scale_leads_back_to_the_file():
    assert Photo(np.zeros((10, 20), np.uint8), (60, 20), False).scales == (3, 2)


def test_what_is_no_image_in_memory_is_named():
    with pytest.raises(ImageError, match="image: the file is empty"):
        read_photo(io.BytesIO())


def test_an_image_that_can_not_be_decoded_any_more_says_why():
    file = saved(Image.fromarray(RNG.integers(0, 256, (64, 64), np.uint8)), "PNG")
    with Image.open(file) as closed:
        pass
    with pytest.raises(ImageError, match=r"image: the image was closed .*: call its load\(\)"):
        photo_from_image(closed)
    with (
        Image.open(io.BytesIO(file.getvalue()[:900])) as cut,
        pytest.raises(ImageError, match=r"image: damaged image \("),
    ):
        photo_from_image(cut)
    with io.BytesIO(file.getvalue()) as shut:
        image = Image.open(shut)
    with pytest.raises(ImageError, match="image: the image was closed"):
        photo_from_image(image)
    with Image.open(file) as loaded:
        loaded.load()
    assert photo_from_image(loaded).size == (64, 64)


def test_an_image_of_too_many_pixels_is_refused_in_memory_too(monkeypatch):
    monkeypatch.setattr("fernet.datasets.photos.MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ImageError, match="image: too large an image: 20 x 10 pixels"):
        photo_from_image(Image.new("L", (20, 10)))


@pytest.mark.parametrize(("mode", "levels"), [("I;16", 257 * 90), ("F", 90.0), ("L", 90)])
def test_deep_levels_become_the_same_colours(mode, levels):
    dtype = {"I;16": np.uint16, "F": np.float32, "L": np.uint8}[mode]
    image = Image.fromarray(np.full((2, 2), levels, dtype))

    assert to_rgb(image).getpixel((0, 0)) == (90, 90, 90)


@pytest.mark.parametrize("colors", [False, True])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "I;16", "F"])
def test_a_picture_converted_some_rows_at_a_time_is_the_whole_picture(mode, colors, monkeypatch):
    levels = RNG.integers(0, 256, (61, 37, 4), np.uint8)
    if mode in ("I", "I;16", "F"):
        dtype = {"I": np.int32, "I;16": np.uint16, "F": np.float32}[mode]
        image = Image.fromarray(levels[:, :, 0].astype(dtype) * 200)
    else:
        image = Image.fromarray(levels, "RGBA" if mode in ("LA", "RGBA") else "RGBX")
        image = image.convert("RGBA" if mode == "RGBA" else "RGB").convert(mode)
    assert image.mode == mode
    whole = photo_from_image(image, colors=colors)

    monkeypatch.setattr("fernet.datasets._depths._STRIP_PIXELS", 150)
    strips = photo_from_image(image, colors=colors)

    np.testing.assert_array_equal(strips.grey, whole.grey)
    np.testing.assert_array_equal(strips.colors, whole.colors)


def test_deep_levels_are_scaled_by_the_whole_pictures_largest(monkeypatch):
    monkeypatch.setattr("fernet.datasets._depths._STRIP_PIXELS", 4)
    levels = np.array([[0.5] * 4, [200.0] * 4], np.float32)

    assert photo_from_image(Image.fromarray(levels)).grey.tolist() == [[0] * 4, [200] * 4]


@pytest.mark.parametrize("error", [MemoryError(), OSError("out of memory when reading image file")])
def test_too_little_memory_is_no_verdict_on_a_picture(tmp_path, monkeypatch, error):
    path = tmp_path / "photo.png"
    Image.new("RGB", (64, 48)).save(path)

    def load(self):
        raise error

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    for source in (path, io.BytesIO(path.read_bytes())):
        with pytest.raises(MemoryError, match=r"(photo\.png|image): "):
            read_photo(source)


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_of_the_users_keeps_its_size_and_is_seen_as_the_file_is(orientation):
    image = Image.fromarray(RNG.integers(0, 256, (30, 40, 3), dtype=np.uint8)).resize((1600, 1200))
    exif = image.getexif()
    exif[0x0112] = orientation
    file = saved(image, "JPEG", exif=exif)
    expected = read_photo(io.BytesIO(file.getvalue()), max_side=200)
    with Image.open(file) as opened:
        for _ in range(2):
            photo = photo_from_image(opened, max_side=200)
            np.testing.assert_array_equal(photo.grey, expected.grey)
            assert photo.size == expected.size
            assert opened.size == (1600, 1200)
        opened.load()
        assert opened.size == (1600, 1200)


def test_a_jpeg_that_its_user_has_decoded_smaller_or_turned_is_taken_so():
    file = saved(Image.new("RGB", (1600, 1200), "red"), "JPEG")
    with Image.open(file) as opened:
        opened.draft(None, (800, 600))
        assert photo_from_image(opened, max_side=200).size == (800, 600)
    with Image.open(file) as opened:
        opened.getexif()[0x0112] = 6
        assert photo_from_image(opened, max_side=200).size == (1200, 1600)
