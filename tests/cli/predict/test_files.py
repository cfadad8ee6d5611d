"""What is looked at, one by one."""

from __future__ import annotations

import os
from pathlib import Path

from fernet.cli.predict.files import Annotator, pictures
from fernet.faces.records import Unreadable
from fernet.faces.video import names_video


def test_files_come_in_the_order_given_and_folders_sorted(tmp_path):
    for name in ("b/2.jpg", "b/1.PNG", "b/a/3.gif", "b/.hidden.jpg", "b/text.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "empty").mkdir()

    found = list(pictures([tmp_path / "z.jpg", tmp_path / "b", tmp_path / "empty"]))

    names = ["z.jpg", "b/1.PNG", "b/2.jpg", "b/a/3.gif"]
    assert found[:4] == [tmp_path / name for name in names]
    assert found[4:] == [Unreadable(os.fspath(tmp_path / "empty"), "folder without images")]


def test_what_a_folder_holds_beside_pictures_is_told(tmp_path):
    for name in ("1.jpg", "talk.mp4", "deep/notes"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    left_out = []

    assert list(pictures([tmp_path], left_out.append)) == [tmp_path / "1.jpg"]
    assert left_out == [tmp_path / "deep" / "notes", tmp_path / "talk.mp4"]


def test_pictures_named_one_by_one_are_looked_up_at_once(tmp_path, monkeypatch):
    paths = [tmp_path / f"{number}.jpg" for number in range(50)]
    (tmp_path / "more").mkdir()
    annotator = Annotator(tmp_path / "out", [*paths, tmp_path / "more"])
    compared = []
    is_relative_to = Path.is_relative_to

    def counted(path, other):
        compared.append(path)
        return is_relative_to(path, other)

    monkeypatch.setattr(Path, "is_relative_to", counted)
    out = (tmp_path / "out").resolve()
    for path in (*paths, tmp_path / "more" / "1.jpg"):
        assert annotator._target(path) == out / path.relative_to(tmp_path)
    assert len(compared) == 1


def test_a_folder_is_no_video_whatever_its_name(tmp_path):
    (tmp_path / "holiday.mp4").mkdir()

    for ending in ("MP4", "3gp", "flv", "mts", "ogv", "webm", "mov", "M2TS", "ts"):
        assert names_video(tmp_path / f"talk.{ending}")
    assert not names_video(tmp_path / "holiday.mp4")
    assert not names_video(tmp_path / "photo.jpg")
