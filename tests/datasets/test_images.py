"""Reading images of any kind as faces."""

from __future__ import annotations

import os
import struct
import zlib

import joblib
import numpy as np
import PIL
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fernet.datasets.images import (
    ImageError,
    iter_images,
    list_images,
    read_color,
    read_face,
    read_images,
)

RNG = np.random.default_rng(0)
FACE = RNG.integers(0, 256, (48, 48), dtype=np.uint8)
# Dark on the left and light on the right, so that it shows if an image is turned or mirrored.
RAMP = np.tile(np.linspace(20, 200, 48).astype(np.uint8), (48, 1))


def png_header(width, height) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".pgm", ".tif", ".gif", ".webp"])
def test_a_grey_image_of_the_right_size_comes_back_exactly(tmp_path, suffix):
    path = tmp_path / f"face{suffix}"
    Image.fromarray(FACE).save(path, **({"lossless": True} if suffix == ".webp" else {}))
    face = read_face(path)
    assert face.dtype == np.uint8
    # WebP keeps colours, which lose a level or two on their way to grey.
    assert np.abs(face.astype(int) - FACE).max() <= (2 if suffix == ".webp" else 0)


@pytest.mark.parametrize("shape", [(20, 20), (64, 64), (32, 32, 3)])
def test_an_image_of_the_shape_asked_for_comes_back_exactly(tmp_path, shape):
    image = RNG.integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "face.png")

    assert (read_face(tmp_path / "face.png", shape) == image).all()


@pytest.mark.parametrize("side", [24, 48, 96])
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_the_middle_square_is_brought_to_any_size_and_keeps_its_colours(tmp_path, side, suffix):
    across, down = np.meshgrid(np.arange(700), np.arange(500))
    picture = np.stack([across * 250 // 700, down * 250 // 500, np.full_like(down, 90)], axis=2)
    path = tmp_path / f"wide{suffix}"
    Image.fromarray(picture.astype(np.uint8)).save(path, quality=95)

    face = read_face(path, (side, side, 3)).astype(float)

    places = (np.arange(side) + 0.5) / side * 500
    assert np.abs(face[:, :, 0] - (places + 100) * 250 / 700).max() < 6
    assert np.abs(face[:, :, 1] - places[:, None] * 250 / 500).max() < 6
    assert np.abs(face[:, :, 2] - 90).max() < 6


def test_a_grey_image_in_colours_has_three_equal_ones(tmp_path):
    Image.fromarray(FACE).save(tmp_path / "face.png")

    face = read_face(tmp_path / "face.png", (48, 48, 3))

    assert (face == FACE[:, :, None]).all()


def test_a_path_may_be_a_string_and_its_name_does_not_matter(tmp_path):
    path = tmp_path / "face.txt"
    Image.fromarray(FACE).save(path, "PNG")
    assert (read_face(str(path)) == FACE).all()


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "PNG"),
        ("L", "PNG"),
        ("LA", "PNG"),
        ("P", "PNG"),
        ("RGB", "PNG"),
        ("RGBA", "PNG"),
        ("CMYK", "JPEG"),
        ("YCbCr", "JPEG"),
        ("CMYK", "TIFF"),
        pytest.param(
            "YCbCr",
            "TIFF",
            marks=pytest.mark.skipif(
                int(PIL.__version__.split(".")[0]) < 13,
                reason="Pillow before 13 can't read what it writes there",
            ),
        ),
        ("LAB", "TIFF"),
    ],
)
def test_every_mode_is_read_as_the_same_grey(tmp_path, mode, kind):
    levels = np.repeat(np.array([[0, 255]], np.uint8), 24, axis=1).repeat(48, axis=0)
    image = Image.fromarray(levels)
    if mode == "LAB":
        image = Image.merge("LAB", (image, *[Image.new("L", image.size, 128)] * 2))
    elif mode in ("CMYK", "YCbCr"):
        image = image.convert("RGB").convert(mode)
    else:
        image = image.convert(mode)
    image.save(tmp_path / "face", kind)
    assert np.abs(read_face(tmp_path / "face").astype(int) - levels).max() <= 6


@pytest.mark.parametrize(
    ("dtype", "scale"), [(np.uint16, 257), (np.int32, 257), (np.float32, 1), (np.float32, 1 / 255)]
)
def test_levels_deeper_than_a_byte_are_scaled(tmp_path, dtype, scale):
    Image.fromarray((RAMP.astype(float) * scale).astype(dtype)).save(tmp_path / "face.tif")
    assert (read_face(tmp_path / "face.tif") == RAMP).all()


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_levels_of_fewer_bits_than_their_file_are_not_black(tmp_path, dtype, bits):
    largest = 2**bits - 1
    levels = np.rint(RAMP * (largest / RAMP.max())).astype(dtype)
    Image.fromarray(levels).save(tmp_path / "face.tif")

    expected = np.rint(levels * (255 / largest))

    assert np.abs(read_face(tmp_path / "face.tif") - expected).max() <= 1


def test_transparent_parts_lie_on_white(tmp_path):
    image = np.zeros((48, 48, 4), np.uint8)
    image[:24, :, 3] = 255
    Image.fromarray(image).save(tmp_path / "face.png")
    assert (read_face(tmp_path / "face.png") == np.repeat([0, 255], 24)[:, None]).all()


def test_a_palette_with_a_transparent_color_lies_on_white(tmp_path):
    image = Image.fromarray(np.repeat([[0], [1]], 24, axis=0).repeat(48, axis=1).astype(np.uint8))
    image = image.convert("P")
    image.save(tmp_path / "face.png", transparency=0)
    assert read_face(tmp_path / "face.png")[0, 0] == 255
    assert read_face(tmp_path / "face.png")[47, 0] < 10


def test_an_image_on_its_side_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(RAMP).transpose(Image.Transpose.ROTATE_90)
    turned.save(tmp_path / "face.jpg", exif=exif, quality=95)
    assert np.abs(read_face(tmp_path / "face.jpg").astype(int) - RAMP).max() <= 6


@given(width=st.integers(1, 300), height=st.integers(1, 300))
def test_any_size_becomes_48x48_and_keeps_its_level(tmp_path_factory, width, height):
    path = tmp_path_factory.getbasetemp() / "any.png"
    Image.new("RGB", (width, height), (90, 90, 90)).save(path)
    assert (read_face(path) == 90).all()
    assert read_face(path).shape == (48, 48)


@pytest.mark.parametrize("transpose", [False, True])
def test_the_middle_square_is_kept_in_proportion(tmp_path, transpose):
    wide = np.full((96, 300), 255, np.uint8)
    wide[:, 102:198] = RAMP.repeat(2, axis=0).repeat(2, axis=1)
    expected = RAMP
    if transpose:
        wide, expected = wide.T, RAMP.T
    Image.fromarray(wide).save(tmp_path / "face.png")
    face = read_face(tmp_path / "face.png").astype(int)
    inner = slice(2, -2)
    assert np.abs(face - expected)[inner, inner].max() <= 4


def test_reduction_averages_and_does_not_alias(tmp_path):
    board = np.indices((480, 480)).sum(axis=0) % 2 * 255
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "face.png")
    assert np.abs(read_face(tmp_path / "face.png").astype(int) - 127).max() <= 3


def test_a_large_photo_reads_as_its_small_copy(tmp_path):
    smooth = Image.fromarray(RAMP).resize((2000, 1600), Image.Resampling.BICUBIC)
    smooth.save(tmp_path / "large.jpg", quality=95)
    smooth.save(tmp_path / "large.png")
    large, small = (read_face(tmp_path / name).astype(int) for name in ("large.jpg", "large.png"))
    assert np.abs(large - small).max() <= 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"not an image at all", "not an image of a known kind"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript document"),
        (png_header(50_000, 50_000), "too large an image: 2500000000 pixels; at most 80 million"),
        (png_header(10_000, 8001), "too large an image: 10000 x 8001 pixels; at most 80 million"),
        (png_header(48, 48), "damaged image"),
    ],
    ids=["empty", "text", "eps", "bomb", "over", "short"],
)
def test_what_is_no_image_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "face.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=rf"face\.png: {message}"):
        read_face(path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".tif"])
def test_an_image_cut_short_is_refused(tmp_path, suffix):
    path = tmp_path / f"face{suffix}"
    Image.fromarray(FACE).save(path)
    path.write_bytes(path.read_bytes()[:-800])
    with pytest.raises(ImageError, match=f"face{suffix}"):
        read_face(path)


def test_levels_that_are_no_numbers_are_refused(tmp_path):
    Image.fromarray(np.full((48, 48), np.nan, np.float32)).save(tmp_path / "face.tif")
    with pytest.raises(ImageError, match="not finite"):
        read_face(tmp_path / "face.tif")


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_damage_is_refused_or_overlooked_but_never_another_error(tmp_path_factory, place, damage):
    path = tmp_path_factory.getbasetemp() / "damaged.png"
    Image.fromarray(FACE).save(path)
    content = bytearray(path.read_bytes())
    place %= len(content)
    content[place : place + len(damage)] = damage
    path.write_bytes(content)
    try:
        assert read_face(path).shape == (48, 48)
    except ImageError as error:
        assert str(path) in str(error)


def test_a_path_that_is_not_there_is_a_file_not_found_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_face(tmp_path / "none.png")
    with pytest.raises(FileNotFoundError, match="none: no such file or folder"):
        list_images(tmp_path / "none")


def test_a_color_image_must_have_the_size_asked_for(tmp_path):
    Image.new("RGB", (32, 31)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match=r"a\.png: 32 x 31 pixels; expected 32 x 32"):
        read_color(tmp_path / "a.png", (32, 32, 3))


def test_images_are_listed_by_path_without_hidden_and_other_files(tmp_path):
    for name in (
        "b/2.JPG",
        "b/10.png",
        "a/x.webp",
        "a/notes.txt",
        ".git/x.png",
        "b/._2.jpg",
        "__MACOSX/x.png",
        "c.jpeg",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in list_images(tmp_path)] == [
        os.path.join("a", "x.webp"),
        os.path.join("b", "10.png"),
        os.path.join("b", "2.JPG"),
        "c.jpeg",
    ]
    assert list_images(tmp_path / "a" / "notes.txt") == [tmp_path / "a" / "notes.txt"]


def test_a_walk_finds_pictures_by_content_and_tells_what_it_leaves_out(tmp_path):
    Image.new("L", (48, 48)).save(tmp_path / "subject01.happy", "GIF")
    (tmp_path / "a").mkdir()
    Image.new("L", (48, 48)).save(tmp_path / "a" / "face", "PNG")
    for name in ("talk.mp4", "a/notes", "Thumbs.db", "desktop.ini", ".DS_Store"):
        (tmp_path / name).write_bytes(b"no picture")
    left_out = []
    found = list(iter_images(tmp_path, left_out=left_out.append))
    assert found == [tmp_path / "a" / "face", tmp_path / "subject01.happy"]
    assert left_out == [tmp_path / "a" / "notes", tmp_path / "talk.mp4"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_walk_never_waits_for_a_pipe_and_does_not_hide_broken_links(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link.png").symlink_to(tmp_path / "gone.png")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    left_out = []
    assert list(iter_images(tmp_path, left_out=left_out.append)) == [tmp_path / "link.png"]
    assert left_out == [tmp_path / name for name in ("link", "pipe", "pipe.png")]


def test_links_in_a_circle_hide_no_other_image(tmp_path):
    Image.new("L", (2, 2)).save(tmp_path / "a.png")
    (tmp_path / "round.jpg").symlink_to(tmp_path / "back.jpg")
    (tmp_path / "back.jpg").symlink_to(tmp_path / "round.jpg")
    (tmp_path / "self").symlink_to(tmp_path / "self")
    names = [path.name for path in list_images(tmp_path)]
    assert names == ["a.png", "back.jpg", "round.jpg"]


@pytest.mark.parametrize("n_jobs", [1, 2, None])
def test_many_images_are_read_in_order(tmp_path, n_jobs):
    faces = RNG.integers(0, 256, (300, 48, 48), dtype=np.uint8)
    paths = [tmp_path / f"{i}.png" for i in range(len(faces))]
    for path, face in zip(paths, faces, strict=True):
        Image.fromarray(face).save(path)
    data, kept = read_images(paths, (48, 48), n_jobs=n_jobs)
    assert (data.reshape(faces.shape) == faces).all()
    assert kept.all()


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_images_are_read_whatever_joblib_shares_work_among(tmp_path, backend):
    levels = np.arange(300) % 250 + 1
    paths = [tmp_path / f"{i}.png" for i in range(len(levels))]
    for path, level in zip(paths, levels, strict=True):
        Image.new("L", (48, 48), int(level)).save(path)

    with joblib.parallel_config(backend=backend, n_jobs=2):
        data, _ = read_images(paths, (48, 48))

    assert (data == levels[:, None]).all()


def test_the_first_unreadable_image_is_named_or_all_are_left_out(tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(5)]
    for i, path in enumerate(paths):
        Image.new("L", (48, 48), i).save(path)
    paths[1].write_bytes(b"")
    paths[3].unlink()
    with pytest.raises(ImageError, match=r"1\.png: the file is empty"):
        read_images(paths, (48, 48))
    with pytest.warns(UserWarning, match=r"2 of 5 images left out .*1\.png: the file is empty"):
        data, kept = read_images(paths, (48, 48), on_error="skip")
    assert data[:, 0].tolist() == [0, 2, 4]
    assert kept.tolist() == [True, False, True, False, True]
    with pytest.raises(ImageError, match=r"3\.png: No such file"):
        read_images(paths[2:], (48, 48))
    with pytest.raises(ValueError, match="on_error must be 'raise' or 'skip', got 'ignore'"):
        read_images(paths, (48, 48), on_error="ignore")
