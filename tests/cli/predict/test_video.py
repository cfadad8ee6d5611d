"""``fernet predict`` on videos and cameras."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from fernet.cli.errors import BAD_INPUT, FAILURE
from fernet.faces.video import VideoFaces

cv2 = pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("video") / "noise.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10.0, (64, 64))
    rng = np.random.default_rng(0)
    shade = np.linspace(0, 255, 64)[:, None, None]
    for _ in range(6):
        noisy = shade + rng.integers(-128, 128, (64, 64, 3))
        writer.write(np.clip(noisy, 0, 255).astype(np.uint8))
    writer.release()
    return path


def test_a_video_has_a_row_for_each_frame_and_face(run, model_file, video):
    result = run(
        "predict", "--model", model_file, video, "--no-detect", "--format", "csv", "--every", "2"
    )

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert result.exit_code == 0
    assert list(rows[0])[:4] == ["file", "frame", "seconds", "face"]
    assert [(r["frame"], r["seconds"], r["face"]) for r in rows] == [
        ("0", "0.000", "1"),
        ("2", "0.200", "1"),
        ("4", "0.400", "1"),
    ]
    assert f"{video}: 3 frames, 3 skipped, 0 could not be decoded" in result.stderr
    assert "1 file, 3 faces, 0 unreadable" in result.stderr


def test_smoothing_holds_a_face_back(run, model_file, video):
    def changes(*more):
        result = run("predict", "--model", model_file, video, "--no-detect", "--json", *more)
        rows = [json.loads(line) for line in result.stdout.splitlines()]
        values = np.array([list(row["probabilities"].values()) for row in rows])
        return np.abs(np.diff(values, axis=0)).sum()

    assert 0 < changes("--smooth", "0.9") < 0.5 * changes()


def test_a_video_is_read_in_any_thread(run, model_file, video):
    command = ["predict", "--model", model_file, video, "--no-detect", "--format", "csv"]
    with ThreadPoolExecutor(1) as threads:
        result = threads.submit(run, *command).result()

    assert result.exit_code == 0
    assert result.stdout == run(*command).stdout


def test_a_video_that_can_not_be_read_is_a_row(run, model_file, tmp_path, image_files):
    (tmp_path / "text.mp4").write_text("no video")

    result = run(
        "predict", "--model", model_file, "text.mp4", "gone.mp4", image_files, "--out", "rows.jsonl"
    )

    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert result.exit_code == 3
    assert rows[0]["status"].startswith("not a video that can be read; save it")
    assert rows[0]["status"].endswith("as MP4 with H.264")
    assert rows[1]["status"] == "no such file or directory"
    assert [row["status"] for row in rows[2:]] == ["ok"] * 5
    assert "7 files, 5 faces, 2 unreadable" in result.stderr


def test_a_video_of_which_no_frame_can_be_decoded_counts_as_unreadable(
    run, model_file, monkeypatch, video
):
    class NoFrames:
        def __init__(self, *source):
            pass

        def isOpened(self):  # noqa: N802
            return True

        def get(self, what):
            return 0.0

        def grab(self):
            return False

        def release(self):
            pass

    monkeypatch.setattr(cv2, "VideoCapture", NoFrames)
    result = run("predict", "--model", model_file, video, "--json")

    assert result.exit_code == 3
    (row,) = map(json.loads, result.stdout.splitlines())
    assert row["status"] == "no frame of it can be decoded; save it as MP4 with H.264"
    assert "1 file, 0 faces, 1 unreadable" in result.stderr


@pytest.mark.parametrize("damage", ["cut off", "nonsense in the middle"])
def test_a_video_of_which_a_part_is_missing_was_not_read(run, model_file, video, tmp_path, damage):
    data = bytearray(video.read_bytes())
    third = len(data) // 3
    if damage == "cut off":
        del data[2 * third :]
    else:
        data[third : 2 * third] = bytes(third)
    (tmp_path / "part.avi").write_bytes(data)

    result = run("predict", "--model", model_file, "part.avi", "--json", "--quiet")

    assert result.exit_code == 3
    frames = [json.loads(line)["frame"] for line in result.stdout.splitlines()]
    assert frames
    whole = run("predict", "--model", model_file, video, "--json", "--quiet")
    assert whole.exit_code == 0
    assert max(frames) < max(json.loads(line)["frame"] for line in whole.stdout.splitlines())


def interrupt_after_four_frames(monkeypatch):
    look = VideoFaces.__next__

    def interrupted(faces):
        if faces.n_frames == 4:
            raise KeyboardInterrupt
        return look(faces)

    monkeypatch.setattr(VideoFaces, "__next__", interrupted)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_an_interrupted_run_keeps_its_rows_and_goes_on_with_the_same_video(
    run, model_file, video, image_files, tmp_path, monkeypatch, ending
):
    out = tmp_path / f"rows.{ending}"
    command = ["predict", "--model", model_file, "--no-detect", image_files, video, "--out", out]
    run(*command)
    whole = out.read_text()
    out.unlink()
    with monkeypatch.context() as patch:
        interrupt_after_four_frames(patch)
        result = run(*command)
        another = run(*command, "--smooth", "0.5")  # with rows of its own
    assert result.exit_code == 130
    assert not out.exists()
    assert another.exit_code == 130
    partials = list(tmp_path.glob(f"rows.{ending}.*.partial"))
    (partial,) = (path for path in partials if f"Unfinished: {path}" in result.stderr)
    assert len(partials) == 2
    assert "with a video from its beginning" in result.stderr
    kept = partial.read_text()
    assert whole.startswith(kept)
    assert kept.count(str(video)) == 4

    result = run(*command)

    assert "after 5 of an earlier run" in result.stderr
    assert out.read_text() == whole
    assert not partial.exists()


def test_the_rows_before_an_interruption_are_in_the_table(run, model_file, video, monkeypatch):
    interrupt_after_four_frames(monkeypatch)
    result = run("predict", "--model", model_file, "--no-detect", video)

    assert result.exit_code == 130
    heading, *rows = result.stdout.splitlines()
    assert heading.split()[:3] == ["file", "frame", "seconds"]
    assert [row.split()[1] for row in rows] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_camera_is_looked_at_until_a_signal_ends_it(run, model_file, monkeypatch, tmp_path, name):
    number = getattr(signal, name, signal.SIGINT)  # Windows has no SIGHUP

    class Camera:
        count = 0

        def __init__(self, number):
            assert number == 7

        def isOpened(self):  # noqa: N802
            return True

        def grab(self):
            time.sleep(0.01)
            self.count += 1
            if self.count == 5:
                os.kill(os.getpid(), number)
            return self.count < 2000

        def retrieve(self):
            # The first ones come broken, as of cameras that warm up; that is no fault of a file.
            return self.count > 2, np.zeros((64, 64, 3), np.uint8)

        def release(self):
            pass

    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    before = signal.getsignal(number)
    result = run(
        "predict", "--model", model_file, "--camera", "7", "--no-detect", "--out", "rows.jsonl"
    )

    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert result.exit_code == 0
    assert 1 <= len(rows) < 500
    assert signal.getsignal(number) is before
    assert {row["file"] for row in rows} == {"camera 7"}
    assert "dropped" in result.stderr


@pytest.mark.parametrize("path", ["7", "07", "/dev/video7"])
def test_a_camera_given_as_a_path_is_told_how_to_be_given(run, path):
    result = run("predict", path)
    assert result.exit_code == 2
    assert f"'{path}' is no picture; a camera is --camera 7" in " ".join(result.stderr.split())


def test_a_picture_may_have_a_number_for_a_name(run, model_file, faces):
    Image.fromarray(faces.images[0]).save("7", format="PNG")
    result = run("predict", "--model", model_file, "7", "--json")
    assert result.exit_code == 0, result.stderr


def test_a_camera_that_is_not_there_is_named(run, model_file, monkeypatch):
    class Nothing:
        def __init__(self, number):
            pass

        def isOpened(self):  # noqa: N802
            return False

    monkeypatch.setattr(cv2, "VideoCapture", Nothing)
    result = run("predict", "--model", model_file, "--camera", "0")

    assert result.exit_code == 1
    assert "camera 0: there is none that opens, or another program uses it" in result.stderr


def test_emotions_are_counted_and_drawn_over_time(run, model_file, video):
    pytest.importorskip("matplotlib")
    command = ["predict", "--model", model_file, video, "--no-detect", "--json"]
    result = run(*command, "--plot", "talk.png")

    assert result.exit_code == 0, result.output
    with open("talk.png", "rb") as file:
        assert file.read(4) == b"\x89PNG"
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    counted = Counter(row["emotion"] for row in rows).most_common()
    summary = ", ".join(f"{count} {emotion}" for emotion, count in counted)
    assert f"{video}: frames by emotion: {summary}\n" in result.stderr
    assert "The picture is in talk.png." in result.stderr


def test_a_video_without_a_face_has_no_picture(run, model_file, video):
    pytest.importorskip("matplotlib")
    command = ["predict", "--model", model_file, video, "--no-detect", "--json"]
    result = run(*command, "--plot", "talk.png", "--min-size", "1000")

    assert result.exit_code == 0, result.output
    assert "frames by emotion: no emotion" in result.stderr
    assert "No face has an emotion, so talk.png is not drawn." in result.stderr
    assert not os.path.exists("talk.png")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["photo.png", "--plot", "a.png"], "--plot draws one video or camera"),
        (["VIDEO", "VIDEO", "--plot", "a.png"], "--plot draws one video or camera"),
        (["VIDEO", "--plot", "a.mp3"], "--plot is 'a.mp3'; expected a picture's ending"),
        (["VIDEO", "--plot", "none/a.png"], "none: no such folder"),
    ],
)
def test_what_can_not_be_drawn_is_refused_before_the_work(run, video, options, message):
    pytest.importorskip("matplotlib")
    result = run("predict", *[video if option == "VIDEO" else option for option in options])

    assert result.exit_code == BAD_INPUT
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_plot_replaces_an_earlier_one_and_no_other_picture(
    run, model_file, video, tmp_path, ending
):
    pytest.importorskip("matplotlib")
    plot = tmp_path / f"talk.{ending}"
    command = ["predict", "--model", model_file, video, "--no-detect", "--quiet", "--plot", plot]
    for _ in range(2):
        assert run(*command).exit_code == 0

    plot.write_bytes(b"another picture")
    result = run(*command)
    assert result.exit_code == BAD_INPUT
    assert f"--plot {plot}: {plot} is there, and fernet predict did not write it" in result.stderr
    assert plot.read_bytes() == b"another picture"


def test_rows_and_plot_are_two_files(run, video):
    pytest.importorskip("matplotlib")
    result = run("predict", video, "--plot", "a.png", "--format", "csv", "--out", "./a.png")

    assert result.exit_code == BAD_INPUT
    assert "--plot a.png: the rows are written there" in result.stderr


def test_without_matplotlib_a_plot_is_refused_by_the_extras_name(run, video, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("predict", video, "--plot", "a.png")

    assert result.exit_code == FAILURE
    assert 'pip install "fernet-emotion[plot]"' in result.stderr
