"""What files say of their length."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fernet.faces._containers import counts_frames, is_cut_off, n_pictures

cv2 = pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')


@pytest.fixture(scope="module")
def write(write_matroska, tmp_path_factory):
    folder = tmp_path_factory.mktemp("containers")

    def written(ending):
        path = folder / f"video.{ending}"
        images = list(np.random.default_rng(0).integers(0, 256, (6, 64, 64, 3), dtype=np.uint8))
        if ending == "mkv":
            return write_matroska(path, images, range(6))
        code = {"avi": "MJPG", "webm": "VP80", "mpg": "mp2v"}.get(ending, "mp4v")
        code = cv2.VideoWriter_fourcc(*code)
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, 25, (64, 64))
        if not writer.isOpened():
            pytest.skip(f"this OpenCV writes no .{ending}")
        for image in images:
            writer.write(image)
        writer.release()
        return path

    return written


@pytest.mark.parametrize("ending", ["avi", "mp4", "mov", "3gp", "mkv", "webm"])
def test_a_file_that_is_cut_off_is_told_from_a_whole_one(write, tmp_path, ending):
    path = write(ending)
    raw = path.read_bytes()

    assert not is_cut_off(path)
    assert counts_frames(path) == (ending not in ("mkv", "webm"))
    for n_missing in (1, len(raw) // 2):
        (tmp_path / "cut").write_bytes(raw[:-n_missing])
        assert is_cut_off(tmp_path / "cut")


def test_a_stream_does_not_say(write_matroska, tmp_path):
    path = write_matroska(tmp_path / "live", [np.zeros((64, 64), np.uint8)], [0], live=True)
    path.write_bytes(path.read_bytes()[:-20])

    assert not is_cut_off(path)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no video",
        b"RIFF",
        b"\0\0\0\0ftyp",
        b"\0\0\0\x08ftyp",
        b"\0\0\0\x01ftyp",
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3\x00",
        b"\x1a\x45\xdf\xa3\x80\x18\x53\x80\x67",
        b"\x1a\x45\xdf\xa3\xff" * 9,
    ],
)
def test_what_says_nothing_is_not_cut_off(tmp_path, raw):
    (tmp_path / "file").write_bytes(raw)

    assert not is_cut_off(tmp_path / "file")
    counts_frames(tmp_path / "file")


def test_other_kinds_do_not_say(write):
    path = write("mpg")

    assert not is_cut_off(path)
    assert not counts_frames(path)


def test_pictures_in_a_file_are_counted(write, tmp_path):
    pages = [Image.new("L", (8, 8), level) for level in range(0, 250, 50)]
    for name in ("a.tiff", "a.gif", "a.mpo"):
        pages[0].save(tmp_path / name, save_all=True, append_images=pages[1:])
        assert n_pictures(tmp_path / name) == 5
    pages[0].save(tmp_path / "a.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "a.png").read_bytes()[:20])
    assert n_pictures(tmp_path / "a.png") == 1
    assert n_pictures(write("mp4")) == n_pictures(tmp_path / "cut.png") == 0
