"""Addresses of the web are told from paths, also once a `Path` has been made of them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from fernet._io.addresses import check_writable, is_address, not_there, path_of
from fernet._io.files import atomic_writer


@pytest.mark.parametrize("make", [str, Path])
@pytest.mark.parametrize(
    "text",
    ["https://example.com/a.jpg", "HTTP://x/y", "rtsp://camera/1", "file:///tmp/a.jpg", "s3://b/k"],
)
def test_addresses(make, text):
    assert is_address(make(text))


@pytest.mark.parametrize(
    "path",
    [
        *("photo.jpg", "", "a/b", "C:/photo.jpg", "C:\\photo.jpg", "12:30:00.jpg", "data:1", "x:y"),
        *(None, b"https://x/y", 5),
    ],
)
def test_paths_and_what_is_no_text(path):
    assert not is_address(path)


def test_an_image_written_as_an_address():
    assert is_address("data:image/png;base64,iVBORw0KGgo=")


def test_a_file_that_is_there_is_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ab:").mkdir()
    Path("ab:/c").touch()

    assert not is_address("ab:/c")


def test_what_is_not_there_is_named():
    assert str(not_there("a.csv")) == "a.csv: no such file or folder"
    assert "nothing is downloaded" in str(not_there("https://example.com/a.csv"))
    assert "os.path.expanduser" in str(not_there(Path("~/a.csv")))


@pytest.mark.parametrize("path", ["faces.csv", Path("faces.csv")])
def test_a_path_is_a_path(path):
    assert path_of(path) == Path("faces.csv")


@pytest.mark.parametrize(
    ("given", "what"),
    [
        (None, "None"),
        (io.BytesIO(), "of type BytesIO"),
        (b"raw", "of type bytes"),
        (3, "of type int"),
    ],
)
def test_what_is_no_path_is_refused_by_its_name_and_type(given, what):
    with pytest.raises(TypeError, match=f"^labels is {what}; expected the path of a file"):
        path_of(given, "labels")


def test_nothing_is_written_to_an_address(tmp_path):
    check_writable(tmp_path / "model.safetensors")
    message = r"^s3://b/m\.safetensors: an address; nothing is sent"
    with pytest.raises(FileNotFoundError, match=message), atomic_writer("s3://b/m.safetensors"):
        pass
