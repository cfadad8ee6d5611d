"""``fernet predict``: a row for every file, whatever the file."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from fernet import EMOTIONS, FERMLPClassifier, load_model, save_model
from fernet.datasets.images import read_face


@pytest.fixture
def mixed(tmp_path, image_files):
    """Two images, a file that is none, an empty one, and one cut off."""
    folder = tmp_path / "mixed"
    shutil.copytree(image_files, folder)
    for name in ("003.png", "004.png"):
        (folder / name).unlink()
    (folder / "a_text.png").write_text("no image")
    (folder / "an_empty.jpg").write_bytes(b"")
    (folder / "b_cut.png").write_bytes((folder / "002.png").read_bytes()[:200])
    (folder / "002.png").unlink()
    return folder


def json_rows(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_image_gets_the_models_own_probabilities(run, any_model_file, image_files):
    result = run("predict", any_model_file, image_files, "--json")

    rows = json_rows(result)
    model = load_model(any_model_file)
    files = sorted(image_files.iterdir())
    expected = model.predict_proba(np.stack([read_face(file).ravel() for file in files]))
    assert result.exit_code == 0
    assert [row["file"] for row in rows] == [str(file) for file in files]
    assert [list(row["probabilities"].values()) for row in rows] == expected.tolist()
    assert [list(row["probabilities"]) for row in rows] == [list(EMOTIONS)] * 5
    assert [row["emotion"] for row in rows] == [EMOTIONS[i] for i in expected.argmax(axis=1)]


def test_a_file_that_can_not_be_read_is_a_row_and_never_a_stop(run, model_file, mixed):
    result = run("predict", model_file, mixed, mixed / "missing.jpg", "--json")

    rows = {os.path.basename(row["file"]): row for row in json_rows(result)}
    assert result.exit_code == 3
    assert [name for name, row in rows.items() if row["status"] == "ok"] == ["000.png", "001.png"]
    assert "not an image" in rows["a_text.png"]["status"]
    assert "empty" in rows["an_empty.jpg"]["status"]
    assert "damaged" in rows["b_cut.png"]["status"]
    assert rows["missing.jpg"]["status"] == "no such file or directory"
    assert rows["missing.jpg"]["emotion"] is rows["missing.jpg"]["probabilities"] is None
    assert "6 files, 4 unreadable" in result.stderr


def test_a_folder_without_images_is_a_row_too(run, model_file, tmp_path):
    (tmp_path / "bare").mkdir()

    result = run("predict", model_file, "bare", "--json")

    assert json_rows(result)[0]["status"] == "folder without images"
    assert result.exit_code == 3


def test_csv_has_a_column_for_each_emotion(run, model_file, mixed):
    result = run("predict", model_file, mixed, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == ["file", "status", "emotion", *EMOTIONS]
    good = [row for row in rows if row["status"] == "ok"]
    assert len(good) == 2
    assert all(abs(sum(float(row[name]) for name in EMOTIONS) - 1) < 1e-5 for row in good)
    assert all(row["happy"] == "" for row in rows if row["status"] != "ok")


def test_the_table_is_plain_text_in_a_pipe(run, model_file, mixed):
    result = run("predict", model_file, mixed)

    lines = result.stdout.splitlines()
    assert lines[0].split() == ["file", "emotion", *EMOTIONS, "status"]
    assert len(lines) == 6
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_the_ending_of_out_tells_the_format(run, model_file, image_files, ending):
    printed = run("predict", model_file, image_files, "--format", ending)
    written = run("predict", model_file, image_files, "--out", f"rows.{ending}")

    assert written.exit_code == 0
    assert written.stdout == ""
    assert open_text(f"rows.{ending}") == printed.stdout
    assert f"5 files, 0 unreadable, written to rows.{ending}" in written.stderr


def open_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_many_files_come_in_order(run, model_file, image_files, monkeypatch):
    monkeypatch.setattr(sys.modules["fernet.cli.predict"], "CHUNK", 2)
    files = sorted(image_files.iterdir())[::-1] * 3

    rows = json_rows(run("predict", model_file, *files, "--json"))

    assert [row["file"] for row in rows] == [str(file) for file in files]


def test_a_folder_of_a_run_stands_for_its_model(run, trained, image_files):
    assert run("predict", trained, image_files).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere.safetensors", "a.png"], "nowhere.safetensors: no such file or directory"),
        ([__file__, "a.png"], "not a model file"),
        (["m"], "Missing argument"),
        (["m", "a.png", "--json", "--format", "csv"], "contradict each other"),
        (["m", "a.png", "--format", "xml"], "--format"),
    ],
)
def test_what_can_not_be_used_is_told_in_a_sentence(run, arguments, message):
    result = run("predict", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_a_model_of_other_images_is_refused(run, tmp_path, image_files):
    X = np.random.default_rng(0).integers(0, 256, (20, 3072), dtype=np.uint8)
    save_model(FERMLPClassifier((), max_iter=1).fit(X, np.arange(20) % 2), tmp_path / "m")

    result = run("predict", "m", image_files)

    assert result.exit_code == 2
    assert "m: the model takes 3072 values an image" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_a_reader_that_leaves_ends_it_quietly(model_file, image_files):
    command = [sys.executable, "-m", "fernet.cli", "predict", model_file, "--json"]
    process = subprocess.Popen(
        [*map(str, command), *[str(image_files)] * 400],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    process.wait(60)

    assert "Traceback" not in errors
    assert "Error" not in errors
