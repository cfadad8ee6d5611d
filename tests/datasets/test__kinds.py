"""Pictures are told from other files by name, and where that says nothing by content."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, TiffImagePlugin, features

from fernet.datasets._kinds import PICTURE_SUFFIXES, is_picture
from fernet.datasets.images import ImageError, read_face

BY_CONTENT = ["JPEG", "MPO", "PNG", "GIF", "BMP", "PPM", "TIFF", "WEBP", "JPEG2000", "ICO", "SGI"]
BY_NAME = {"PCX": ".pcx", "TGA": ".tga"}
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def picture(kind) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), (90, 90, 90)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", BY_CONTENT)
@pytest.mark.parametrize("name", ["subject01", "subject01.happy", "face.dat"])
def test_a_picture_is_known_and_read_whatever_its_name(tmp_path, kind, name):
    (tmp_path / name).write_bytes(picture(kind))
    assert is_picture(tmp_path / name)
    assert abs(int(read_face(tmp_path / name)[24, 24]) - 90) <= 2


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_avif_is_read(tmp_path):
    (tmp_path / "face").write_bytes(picture("AVIF"))
    assert is_picture(tmp_path / "face")
    assert abs(int(read_face(tmp_path / "face")[24, 24]) - 90) <= 2


@pytest.mark.parametrize("kind", BY_NAME)
def test_kinds_without_a_signature_need_their_ending(tmp_path, kind):
    path = tmp_path / f"face{BY_NAME[kind]}"
    path.write_bytes(picture(kind))
    assert is_picture(path)
    assert read_face(path)[24, 24] == 90
    assert not is_picture(path.rename(tmp_path / "face"))


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "IMG_1.jpg", "IMG_1"])
def test_heic_has_a_sentence_of_its_own(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    (tmp_path / name).write_bytes(HEIC)
    assert is_picture(tmp_path / name)
    with pytest.raises(ImageError, match=rf"{name}: a HEIC photo, .*pillow-heif .*JPEG"):
        read_face(tmp_path / name)


def test_heic_is_read_where_the_package_for_it_is_installed(tmp_path):
    heif = pytest.importorskip("pillow_heif")
    heif.from_pillow(Image.new("RGB", (64, 64), (90, 90, 90))).save(tmp_path / "face.heic")
    assert abs(int(read_face(tmp_path / "face.heic")[24, 24]) - 90) <= 2


def test_avif_without_its_decoder_has_a_sentence_of_its_own(tmp_path, monkeypatch):
    Image.init()
    monkeypatch.delitem(Image.OPEN, "AVIF", raising=False)
    (tmp_path / "face.avif").write_bytes(HEIC.replace(b"heic", b"avif"))
    with pytest.raises(ImageError, match="an AVIF picture; reading it needs Pillow"):
        read_face(tmp_path / "face.avif")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"notes on the faces",
        b"P1 is the first participant",
        b"P5 is the fifth participant",
        b"\0",
        b"PK\x03\x04" + bytes(100),
        b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(200),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    ],
    ids=["empty", "text", "P1", "P5", "zero", "zip", "mp4", "eps"],
)
def test_other_files_are_no_pictures(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert not is_picture(tmp_path / "file")


@given(st.binary(max_size=200))
def test_no_content_is_an_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)
    assert is_picture(path) in (True, False)


@given(st.sampled_from(BY_CONTENT), st.integers(4, 60))
def test_a_picture_cut_short_is_no_error(tmp_path_factory, kind, length):
    path = tmp_path_factory.getbasetemp() / "short"
    path.write_bytes(picture(kind)[:length])
    assert is_picture(path) in (True, False)


def test_endings_are_lower_case_and_may_be_written_as_one_likes(tmp_path):
    assert all(suffix == suffix.lower() for suffix in PICTURE_SUFFIXES)
    assert is_picture(tmp_path / "A.JPG")
    assert is_picture(tmp_path / "b.Avif")


@pytest.mark.parametrize("name", ["DSC_1.NEF", "DSC_1.tif", "DSC_1"])
def test_a_raw_file_is_not_taken_for_its_preview(tmp_path, name):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 1
    Image.new("RGB", (160, 120)).save(tmp_path / name, "TIFF", tiffinfo=tags)

    assert is_picture(tmp_path / name)
    with pytest.raises(ImageError, match=f"{name}: a camera's raw file, .* JPEG"):
        read_face(tmp_path / name)


def test_a_tiff_that_says_it_is_whole_is_read(tmp_path):
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[254] = 0
    Image.new("RGB", (60, 60), (90, 90, 90)).save(tmp_path / "a.tif", "TIFF", tiffinfo=tags)

    assert read_face(tmp_path / "a.tif")[24, 24] == 90


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7\n", "a PDF document"),
        (b"PK\x03\x04" + bytes(60), "a ZIP archive"),
        (b"\xef\xbb\xbf\n <!DOCTYPE html><html>404", "a web page in the file's place"),
        (b"<HTML><body>", "a web page in the file's place"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing"),
        (b"version https://git-lfs.github.com/spec/v1\noid", ".*git lfs pull"),
        (b"\0\0\0\x18ftypisom" + bytes(60), "a video; EmotionRecognizer.video reads it"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"\x1a\x45\xdf\xa3" + bytes(60), "a video"),
        (b"RIFF\0\0\0\0WAVEfmt ", "not an image of a known kind"),
        (b"\0\0\0\x18ftypcrx " + bytes(60), "a camera's raw file"),
        (b"FUJIFILMCCD-RAW 0201", "a camera's raw file"),
        (
            b"II*\0\x10\0\0\0CR\x02\0" + bytes(60),
            "a TIFF that can't be read, or a camera's raw",
        ),
        (b'"emotion","Pixels","Usage"\r\n0,"70 80', "a CSV of faces; load_fer2013 reads it"),
        (
            b"\xef\xbb\xbfimage;label\nme.heic;sad\n",
            "a table of pictures; load_image_list reads it",
        ),
        (b"# ours\nphoto.jpg 3\n", "a table of pictures; load_image_list reads it"),
        (b"\xff\xd8\xff\xe0", "a JPEG that is damaged or cut off, or has 12 bits"),
        (b"\xff\xd8\xff\xc1\0\x0b\x0c\0\x08\0\x08\x01\x01\x11\0", "a JPEG that .* has 12 bits"),
        (b"\x89PNG\r\n\x1a\n", "a picture that is damaged or cut off"),
        (b"\xff\x0a\xfa\x1f" + bytes(60), "a JPEG XL picture; save it as PNG"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(60), "a JPEG XL picture"),
        (b"v/1\x01" + bytes(60), "a picture of high dynamic range"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "a picture of high dynamic range"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript document"),
        (b"SIMPLE  =                    T", "a FITS file"),
        (bytes(128) + b"DICM" + bytes(60), "a DICOM file; pydicom reads it"),
        (b"dots, pixels and planes", "not an image of a known kind"),
        (b"hello", "not an image of a known kind"),
    ],
)
def test_what_lies_in_a_pictures_place_is_named(tmp_path, content, words):
    (tmp_path / "face.jpg").write_bytes(content)

    with pytest.raises(ImageError, match=f"face.jpg: {words}"):
        read_face(tmp_path / "face.jpg")


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow reads no AVIF")
def test_half_an_avif_is_no_matter_of_the_decoder(tmp_path):
    whole = picture("AVIF")
    (tmp_path / "face.avif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ImageError, match=r"face\.avif: an AVIF picture that is damaged or cut off"):
        read_face(tmp_path / "face.avif")


def test_a_damaged_heic_is_told_where_others_could_be_read(tmp_path, monkeypatch):
    monkeypatch.setitem(Image.OPEN, "HEIF", (None, lambda head: False))
    (tmp_path / "face.heic").write_bytes(HEIC)
    with pytest.raises(ImageError, match=r"face\.heic: a HEIC photo that is damaged or cut off"):
        read_face(tmp_path / "face.heic")


def test_too_little_memory_does_not_make_a_file_something_else(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise MemoryError

    (tmp_path / "face").write_bytes(picture("PNG"))
    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(MemoryError):
        is_picture(tmp_path / "face")
