"""``fernet crop --every``."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fernet.cli.errors import BAD_INPUT, SOME_UNREADABLE
from fernet.datasets import groups_from_names, load_image_folder

cv2 = pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
N_FRAMES = 7


@pytest.fixture(scope="module")
def portrait():
    cbook = pytest.importorskip("matplotlib.cbook")
    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    return Image.open(path).convert("RGB").resize((256, 300))


@pytest.fixture
def clips(portrait, tmp_path):
    """Of a face whose fourth frame has none, in a folder of its emotion; beside it a photo."""
    path = tmp_path / "clips" / "happy" / "talk.avi"
    path.parent.mkdir(parents=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, portrait.size)
    if not writer.isOpened():
        pytest.skip("this OpenCV writes no videos")
    face = cv2.cvtColor(np.asarray(portrait), cv2.COLOR_RGB2BGR)
    for number in range(N_FRAMES):
        writer.write(np.zeros_like(face) if number == 3 else face)
    writer.release()
    portrait.save(path.with_name("photo.png"))
    return tmp_path / "clips"


def written(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_each_nth_frame_gives_faces_under_the_name_of_its_video(run, clips):
    result = run("crop", clips, "--out", "faces", "--every", 3)

    assert result.exit_code == 0, result.output
    names = ["photo.png", "talk.avi-000000.png", "talk.avi-000006.png"]
    assert written(Path("faces")) == [f"happy/{name}" for name in names]
    assert result.stderr == (
        "3 faces of 1 photo and 3 frames (1 without a face), written to faces\n"
    )


def test_faces_of_frames_have_the_colours_of_the_photo(run, clips):
    run("crop", clips, "--out", "faces", "--every", 6, "--color", "--quiet")
    photo, frame, _ = (
        np.asarray(Image.open(Path("faces") / name)) for name in written(Path("faces"))
    )
    # Compression moves the box a little, and with it the picture by a pixel.
    np.testing.assert_allclose(frame.mean((0, 1)), photo.mean((0, 1)), atol=8)
    assert frame[..., 0].mean() > frame[..., 2].mean() + 20


def test_without_every_videos_are_left_out_and_told(run, clips):
    result = run("crop", clips, "--out", "faces")
    assert result.exit_code == 0, result.output
    assert written(Path("faces")) == ["happy/photo.png"]
    assert "1 file left out, which is no picture (1 .avi" in result.stderr


def test_a_video_by_itself_is_cut_too(run, clips):
    result = run("crop", clips / "happy" / "talk.avi", "--out", "faces", "--every", 5)
    assert result.exit_code == 0, result.output
    assert written(Path("faces")) == ["talk.avi-000000.png", "talk.avi-000005.png"]


@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_video_that_is_broken_or_cut_off_is_named(run, clips, share):
    video = clips / "happy" / "talk.avi"
    data = video.read_bytes()
    video.write_bytes(data[: int(share * len(data))])

    result = run("crop", clips, "--out", "faces", "--every", 1)

    assert result.exit_code == SOME_UNREADABLE, result.output
    fault = "the file is cut off" if share else "the file is empty"
    assert f"{video}: {fault}" in result.stderr
    # What is said of a video's end is no picture.
    assert f" of {2 - bool(share)} photo" in result.stderr
    assert "happy/photo.png" in written(Path("faces"))
    assert any("talk.avi" in name for name in written(Path("faces"))) is (share > 0)


def test_frames_that_are_missing_at_a_videos_end_are_told(run, clips):
    video = clips / "happy" / "talk.avi"
    damage(video)
    result = run("crop", clips, "--out", "faces", "--every", 1)
    assert result.exit_code == SOME_UNREADABLE, result.output
    assert re.search(r"talk.avi: \d frames? at its end can't be decoded", result.stderr)
    assert "avi @" not in result.stderr


def damage(video):
    """Make nonsense of a video's middle; its end, and its length, stay."""
    data = bytearray(video.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = bytes(third)
    video.write_bytes(data)


@pytest.mark.parametrize("share", [1.0, 0.6])
def test_the_bar_counts_each_file_once_also_a_video_that_is_cut_off(run, clips, share, monkeypatch):
    video = clips / "happy" / "talk.avi"
    data = video.read_bytes()
    video.write_bytes(data[: int(share * len(data))])
    steps = []

    @contextmanager
    def bar(console, title, total):
        steps.append(total)
        yield lambda: steps.append(1)

    monkeypatch.setattr("fernet._io.terminals.is_terminal", lambda stream: True)
    monkeypatch.setattr("fernet.cli.progress.counting_bar", bar)

    run("crop", clips, video, video, "--out", "faces", "--every", 1)

    assert steps == [4, 1, 1, 1, 1]


def test_a_video_without_a_face_is_an_error(run, tmp_path):
    writer = cv2.VideoWriter(
        str(tmp_path / "wall.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (64, 64)
    )
    writer.write(np.zeros((64, 64, 3), np.uint8))
    writer.release()
    result = run("crop", tmp_path / "wall.avi", "--out", "faces", "--every", 1)
    assert result.exit_code == BAD_INPUT
    assert "wall.avi: no face in any of 1 frame" in result.stderr


def test_a_folder_of_clips_becomes_a_data_set_whose_groups_are_the_clips(run, clips, portrait):
    (clips / "calm").mkdir()
    (clips / "calm" / "walk.avi").write_bytes((clips / "happy" / "talk.avi").read_bytes())
    (clips / "happy" / "photo.png").unlink()
    assert run("crop", clips, "--out", "faces", "--every", 2).exit_code == 0
    faces = load_image_folder("faces")
    assert faces.target_names == ["calm", "happy"]
    groups = groups_from_names(faces.filenames, "([^/]+[.]avi)-")
    assert sorted(set(groups)) == ["talk.avi", "walk.avi"]
    assert np.bincount(faces.target).tolist() == [4, 4]
