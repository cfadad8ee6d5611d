"""``fernet predict --annotate``: pictures with boxes, none in the place of another."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fernet.cli.predict.files import Annotator


def test_annotated_pictures_come_beside_with_their_folders(run, model_file, image_files, tmp_path):
    shutil.copytree(image_files, tmp_path / "in" / "sub")
    shutil.copy(image_files / "000.png", tmp_path / "in" / "top.jpg")

    result = run("predict", "--model", model_file, "in", "--annotate", "out")

    assert result.exit_code == 0, result.output
    written = sorted(str(p.relative_to(tmp_path)) for p in (tmp_path / "out").rglob("*.jpg"))
    assert written == [*(f"out/in/sub/{i:03}.png.jpg" for i in range(5)), "out/in/top.jpg"]
    picture = np.asarray(Image.open(tmp_path / "out/in/top.jpg").convert("RGB")).astype(int)
    assert np.abs(picture[:, :, 0] - picture[:, :, 2]).max() > 60  # a coloured box on grey


def test_no_picture_is_missing_where_a_run_goes_on_that_failed_to_draw(
    run, model_file, image_files, tmp_path, monkeypatch
):
    for number in range(30):
        (tmp_path / "in").mkdir(exist_ok=True)
        shutil.copy(image_files / "000.png", tmp_path / "in" / f"{number:02}.png")
    (tmp_path / "in" / "05.png").write_bytes(b"no picture")
    command = ["predict", "--model", model_file, "in", "--annotate", "out", "--out", "rows.csv"]
    draw = Annotator._draw

    def failing(annotator, group):
        if group[0].file.endswith("12.png"):
            raise OSError(28, "No space left on device")
        draw(annotator, group)

    monkeypatch.setattr(Annotator, "_draw", failing)
    failed = run(*command)
    assert failed.exit_code == 1
    assert "the same command goes on" in failed.stderr
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)

    result = run(*command)

    assert "after 11 of an earlier run" in result.stderr
    names = [f"{number:02}.png" for number in range(30)]
    drawn = sorted(path.name.removesuffix(".jpg") for path in (tmp_path / "out" / "in").iterdir())
    assert drawn == [name for name in names if name != "05.png"]
    rows = Path("rows.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [row.partition(",")[0] for row in rows] == [f"in/{name}" for name in names]


@pytest.mark.parametrize("paths", [["in"], ["in/a.png", "other/a.png.jpg"]])
def test_pictures_that_would_have_one_name_are_both_annotated(
    run, model_file, image_files, tmp_path, paths
):
    for folder, name in (("in", "a.png"), ("in", "a.png.jpg"), ("other", "a.png.jpg")):
        (tmp_path / folder).mkdir(exist_ok=True)
        shutil.copy(image_files / "000.png", tmp_path / folder / name)

    result = run("predict", "--model", model_file, *paths, "--annotate", "out")

    assert result.exit_code == 0, result.output
    written = sorted(path.name for path in (tmp_path / "out").rglob("*.jpg"))
    assert written == ["a.png-2.jpg", "a.png.jpg"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["in", "--annotate", "in/marked"], "among the pictures to be read"),
        (["in/000.png", "--annotate", "in"], "would be written over"),
        (["in/000.png", "other/000.png", "--annotate", "out"], "two of PATHS are called 000.png"),
    ],
)
def test_annotating_never_writes_over_a_picture(
    run, model_file, image_files, tmp_path, arguments, message
):
    shutil.copytree(image_files, tmp_path / "in")
    shutil.copytree(image_files, tmp_path / "other")

    result = run("predict", "--model", model_file, *arguments)

    assert result.exit_code == 2
    assert message in result.stderr


@pytest.mark.parametrize("path", ["../../photos", "../../photos/000.png"])
def test_pictures_beside_the_folder_that_one_is_in_come_into_the_new_one(
    run, model_file, image_files, tmp_path, monkeypatch, path
):
    here = tmp_path / "a" / "b"
    here.mkdir(parents=True)
    shutil.copy(image_files / "000.png", here / "here.jpg")
    photos = tmp_path / "photos"
    photos.mkdir()
    shutil.copy(image_files / "000.png", photos)
    before = (photos / "000.png").read_bytes()
    monkeypatch.chdir(here)

    result = run("predict", "--model", model_file, ".", path, "--annotate", "../../out")

    assert result.exit_code == 0, result.output
    assert [file.name for file in photos.iterdir()] == ["000.png"]
    assert (photos / "000.png").read_bytes() == before
    written = {file.relative_to(tmp_path).as_posix() for file in (tmp_path / "out").rglob("*.jpg")}
    there = "photos/000.png.jpg" if path.endswith("photos") else "000.png.jpg"
    assert written == {"out/b/here.jpg", f"out/{there}"}


def test_no_link_leads_a_picture_over_its_original(run, model_file, image_files, tmp_path):
    (tmp_path / "in").mkdir()
    shutil.copy(image_files / "000.png", tmp_path / "in" / "me.jpg")
    before = (tmp_path / "in" / "me.jpg").read_bytes()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "me.jpg").symlink_to("../in/me.jpg")

    result = run("predict", "--model", model_file, "in/me.jpg", "--annotate", "out")

    assert result.exit_code == 2
    assert "me.jpg would be written over" in result.stderr
    assert (tmp_path / "in" / "me.jpg").read_bytes() == before


def test_names_with_no_room_for_an_ending_are_cut(run, model_file, image_files, tmp_path):
    (tmp_path / "in").mkdir()
    for first in "ab":
        name = first + "\u5199" * 83 + ".png"
        shutil.copy(image_files / "000.png", tmp_path / "in" / name)

    result = run("predict", "--model", model_file, "in", "--annotate", "out")

    assert result.exit_code == 0, result.output
    written = sorted(file.name for file in (tmp_path / "out" / "in").iterdir())
    assert [name[0] for name in written] == ["a", "b"]
    assert all(name.endswith("\u5199.jpg") for name in written)


def test_a_picture_too_long_for_its_format_is_made_smaller(run, model_file, image_files, tmp_path):
    Image.new("L", (66000, 60), 128).save(tmp_path / "long.png")
    command = ["predict", "--model", model_file, "--no-detect", "long.png", "--annotate", "out"]

    result = run(*command)

    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "out" / "long.png.jpg") as drawn:
        assert drawn.width == 65500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes that have names")
def test_a_pipe_can_not_be_annotated(run, model_file, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    refused = run("predict", "--model", model_file, "pipe", "--annotate", "out")
    assert refused.exit_code == 2
    assert "--annotate: pipe is no file, and can't be read a second time" in refused.stderr
