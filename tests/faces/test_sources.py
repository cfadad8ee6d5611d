"""What may stand for pictures."""

from __future__ import annotations

import io
import os
from collections import deque
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fernet.faces.records import Unreadable
from fernet.faces.sources import expand, is_single, numbered


@pytest.mark.parametrize(
    "picture",
    [
        "a.jpg",
        b"...",
        bytearray(b"..."),
        memoryview(b"..."),
        io.BytesIO(),
        np.zeros((48, 48), np.uint8),
        Image.new("L", (48, 48)),
        Unreadable("a", "no picture"),
    ],
    ids=lambda picture: type(picture).__name__,
)
def test_one_picture_is_told_from_several(picture):
    assert is_single(picture)
    for several in ([picture], (picture,), deque([picture]), iter([picture])):
        assert not is_single(several)


@pytest.mark.parametrize("kind", [str, os.fspath, lambda path: path])
def test_a_folder_is_walked_and_a_bare_one_told(tmp_path, kind):
    for name in ("b/2.png", "b/1.png", "b/a/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (2, 2)).save(tmp_path / name)
    (tmp_path / "b" / "notes.txt").write_text("no picture")
    (tmp_path / "bare").mkdir()
    left_out = []

    found = list(expand(kind(tmp_path / "b"), left_out.append))

    assert found == [tmp_path / "b" / name for name in ("1.png", "2.png", "a/3.png")]
    assert left_out == [tmp_path / "b" / "notes.txt"]
    bare = kind(tmp_path / "bare")
    assert list(expand(bare)) == [Unreadable(str(bare), "folder without images")]


def test_a_folder_of_videos_says_that_they_want_naming(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "talk.MP4").touch()

    status = "folder without images; its videos are to be named themselves"
    assert list(expand(tmp_path)) == [Unreadable(str(tmp_path), status)]


def test_anything_else_is_itself(tmp_path):
    for source in (tmp_path / "none.jpg", "a\0b", None, b"...", 3.5):
        assert list(expand(source)) == [source]


def test_names_are_paths_or_places(tmp_path):
    (tmp_path / "bare").mkdir()
    with open(tmp_path / "named", "wb+") as file:
        file.write(b"x")
        file.seek(0)
        sources = [None, tmp_path / "bare", os.fsencode("bytes"), "a.jpg", io.BytesIO(), file]

        names = [source.file for source in numbered(sources)]

    expected = ["image 0", str(tmp_path / "bare"), "image 2", "a.jpg", "image 4"]
    assert names == [*expected, str(tmp_path / "named")]


def test_an_open_file_may_be_closed_when_the_next_is_asked_for(tmp_path):
    def opened():
        for number in range(3):
            (tmp_path / str(number)).write_bytes(b"%d" % number)
            with open(tmp_path / str(number), "rb") as file:
                yield file

    assert [source.picture for source in numbered(opened())] == [b"0", b"1", b"2"]


def test_what_an_iterator_uses_again_is_kept_as_it_was_given():
    buffer = bytearray(2)
    array = np.zeros((2, 2), np.uint8)
    file = io.BytesIO()
    pages = [Image.new("L", (2, 2), level) for level in range(3)]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    image = Image.open(file)

    def given():
        for level in range(3):
            buffer[0], array[:] = level, level
            image.seek(level)
            yield from (buffer, memoryview(buffer), array, image)

    held = [source.picture for source in numbered(given())]

    for level in range(3):
        raw, view, levels, photo = held[4 * level : 4 * level + 4]
        assert raw == view == bytes([level, 0])
        assert (levels == level).all()
        assert (photo.grey == level).all()


def test_of_a_collection_nothing_is_copied():
    pictures = [np.zeros((2, 2), np.uint8), Image.new("L", (2, 2)), bytearray(2)]
    for several in (pictures, deque(pictures), dict(enumerate(pictures)).values()):
        for source, picture in zip(numbered(several), pictures, strict=True):
            assert source.picture is picture


def test_an_iterators_picture_that_can_not_be_kept_is_told():
    with Image.open(png()) as closed:
        pass
    released = memoryview(b"...")
    released.release()

    found = [source.picture.status for source in numbered(iter([closed, released]))]

    assert found[0].startswith("the image was closed before it was decoded")
    assert "released" in found[1]


def png() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("L", (2, 2)).save(file, "PNG")
    return file


def test_a_file_that_can_not_be_read_is_told(tmp_path):
    closed = io.BytesIO(b"...")
    closed.close()
    (tmp_path / "text").write_text("...", encoding="utf-8")
    with open(tmp_path / "text", encoding="utf-8") as text, open(tmp_path / "w", "wb") as written:
        found = [source.picture.status for source in numbered([closed, text, written])]

    assert found[0] == "can't be read: i/o operation on closed file."
    assert found[1] == "opened as text; expected a file opened in binary mode"
    assert found[2].startswith("can't be read: ")


def test_a_file_that_was_read_to_its_end_is_not_called_empty():
    file = png()
    file.seek(0)
    first, second, empty = (source.picture for source in numbered([file, file, io.BytesIO()]))

    assert first == file.getvalue()
    assert second.status == "an open file that has been read to its end already: call seek(0)"
    assert empty == b""


@pytest.mark.parametrize(
    ("shape", "is_stack"),
    [
        ((48, 48), False),
        ((48, 48, 1), False),
        ((48, 48, 3), False),
        ((3, 48, 48), False),  # channels first: refused as one image
        ((5, 48, 48), True),
        ((0, 48, 48), True),
        ((5, 48, 48, 1), True),
        ((1, 48, 48, 3), True),
    ],
)
def test_arrays_of_several_images_are_told_by_their_axes(shape, is_stack):
    assert is_single(np.zeros(shape, np.uint8)) != is_stack


def test_arrays_of_names_and_objects_are_several():
    names = np.array(["a.jpg", "b.jpg"])
    for several in (names, names.astype(object)):
        assert not is_single(several)
        assert [source.file for source in numbered(several)] == ["a.jpg", "b.jpg"]


@pytest.fixture
def closed(monkeypatch):
    """Makes folders of the name "closed" be such as only others may look into."""
    scandir = os.scandir

    def refuse(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)


def test_a_folder_that_is_closed_says_so(tmp_path, closed):
    (tmp_path / "closed").mkdir()
    left_out = []

    assert list(expand(tmp_path / "closed")) == [
        Unreadable(str(tmp_path / "closed"), "permission denied")
    ]
    assert list(expand(tmp_path, left_out.append)) == [
        Unreadable(str(tmp_path), "folder without images")
    ]
    assert left_out == [tmp_path / "closed"]


def test_a_link_to_a_folder_is_left_out_and_told(tmp_path):
    Image.new("L", (2, 2)).save(tmp_path / "a.png")
    (tmp_path / "album").symlink_to(tmp_path)
    left_out = []

    assert list(expand(tmp_path, left_out.append)) == [tmp_path / "a.png"]
    assert left_out == [tmp_path / "album"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("iVBORw0KGgo" + "Ab+/" * 2000 + "A==", "base64 text; give base64.b64decode of it"),
        ("/9j/" + "4AAQSkZJ" * 30, "base64 text"),
        ("data:image/png;base64,iVBORw0KGgo=", "a data URL; give base64.b64decode"),
    ],
)
def test_a_picture_as_text_is_no_path(text, status):
    (source,) = numbered([text])

    assert source.picture.status.startswith(status)
    assert len(source.file) <= 60


def test_a_path_that_begins_as_a_picture_as_text_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "R0lGOD" + "A" * 60
    Path(name).touch()
    assert [source.picture for source in numbered([name])] == [name]
