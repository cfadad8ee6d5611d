"""``fernet crop``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fernet.cli.errors import BAD_INPUT, SOME_UNREADABLE
from fernet.datasets import load_image_folder
from fernet.faces import FaceDetector

REASONS = "1 without a face, 1 with a smaller one, 1 unreadable"
WITHOUT = 'OpenCV is not installed: "fernet-emotion[faces]"'


@pytest.fixture(scope="module")
def picture():
    """Grace Hopper: a face about 239 pixels wide in a photo of 512x600."""
    cbook = pytest.importorskip("matplotlib.cbook")
    path = cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    return Image.open(path).convert("RGB")


@pytest.fixture
def photos(picture, tmp_path):
    """Of one face, of two, of none and of a small one; a face cut out; a text and no picture."""
    pytest.importorskip("cv2", reason=WITHOUT)
    folder = tmp_path / "photos"
    for name in ("happy", "calm"):
        (folder / name).mkdir(parents=True)
    picture.save(folder / "happy" / "one.jpg")
    two = Image.new("RGB", (900, 600))
    two.paste(picture, (0, 0))
    two.paste(picture.resize((307, 360)), (550, 100))
    two.save(folder / "happy" / "two.png")
    Image.new("RGB", (200, 200), "grey").save(folder / "calm" / "none.jpg")
    picture.resize((38, 45)).save(folder / "calm" / "small.png")
    picture.resize((48, 48)).convert("L").save(folder / "calm" / "face.png")
    (folder / "calm" / "broken.jpg").write_bytes(b"\xff\xd8\xff no more")
    (folder / "calm" / "notes.txt").write_text("monday")
    return folder


BROKEN = "a JPEG that is damaged or cut off, or has 12 bits a colour; save it with 8"


def written(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))


def test_faces_come_in_folders_as_their_photos_and_the_rest_is_told(run, photos):
    result = run("crop", photos, "--out", "faces")

    assert result.exit_code == SOME_UNREADABLE, result.output
    assert written(Path("faces")) == ["calm/face.png", "happy/one.jpg.png", "happy/two.png"]
    assert result.stderr.splitlines() == [
        f"{photos}/calm/broken.jpg: {BROKEN}",
        f"{photos}/calm/none.jpg: no face found",
        f"{photos}/calm/small.png: the face is too small",
        f"3 faces of 6 photos ({REASONS}), written to faces",
        f"1 file left out, which is no picture (1 .txt; the first: {photos}/calm/notes.txt)",
    ]
    faces = load_image_folder("faces")
    assert faces.target_names == ["calm", "happy"]
    given, kept = (np.asarray(Image.open(root / "calm" / "face.png"))
                   for root in (photos, Path("faces")))  # fmt: skip
    np.testing.assert_array_equal(given, kept)


def test_a_face_is_cut_out_as_the_recogniser_does(run, photos):
    from fernet.faces import FaceCropper

    run("crop", photos, "--out", "faces", "--quiet")
    expected = FaceCropper().transform([photos / "happy" / "one.jpg"])
    found = np.asarray(Image.open("faces/happy/one.jpg.png"))
    np.testing.assert_array_equal(found.ravel(), expected[0])


@pytest.mark.parametrize(
    ("which", "names"),
    [
        ("most-certain", ["two.png"]),
        ("largest", ["two.png"]),
        ("all", ["two-2.png", "two.png"]),
        ("only", []),
    ],
)
def test_the_user_says_which_of_several_faces(run, photos, which, names):
    for path in photos.rglob("*.*"):
        if path.name not in ("one.jpg", "two.png"):
            path.unlink()
    result = run("crop", photos, "--out", "faces", "--faces", which)
    assert result.exit_code == 0, result.output
    assert written(Path("faces")) == ["happy/one.jpg.png", *(f"happy/{name}" for name in names)]
    assert ("two.png: several faces" in result.stderr) is (which == "only")
    if which == "all":
        first, second = (np.asarray(Image.open(f"faces/happy/{name}")) for name in names)
        assert (first != second).any()


def test_no_face_takes_the_place_of_another(run, picture, tmp_path):
    pytest.importorskip("cv2", reason=WITHOUT)
    (tmp_path / "photos").mkdir()
    two = Image.new("RGB", (900, 600))
    two.paste(picture, (0, 0))
    two.paste(picture.resize((307, 360)), (550, 100))
    for name in ("a.png", "a-2.png", "b.jpg", "b.jpg.png"):
        two.save(tmp_path / "photos" / name)

    result = run("crop", tmp_path / "photos", "--out", "faces", "--faces", "all")

    assert result.exit_code == 0, result.output
    assert "8 faces of 4 photos" in result.stderr
    assert len(written(Path("faces"))) == 8


def test_faces_that_lie_beside_upright_ones_are_cut_out_where_asked_for(run, picture, tmp_path):
    pytest.importorskip("cv2", reason=WITHOUT)
    mixed = Image.new("RGB", (1200, 600), "grey")
    mixed.paste(picture, (0, 0))
    mixed.paste(picture.rotate(90, expand=True), (560, 40))
    (tmp_path / "photos").mkdir()
    mixed.save(tmp_path / "photos" / "mixed.png")

    every = ["crop", "photos", "--faces", "all"]
    assert run(*every, "--out", "usual").exit_code == 0
    assert run(*every, "--out", "asked", "--turned-faces").exit_code == 0

    assert (len(written(Path("usual"))), len(written(Path("asked")))) == (1, 2)


def test_faces_have_the_size_and_colours_that_the_user_asks_for(run, photos):
    options = ["--image-size", 64, "--color", "--min-size", 10, "--quiet"]
    result = run("crop", photos, "--out", "faces", *options)
    assert result.output == ""
    shapes = {np.asarray(Image.open(path)).shape for path in Path("faces").rglob("*.*")}
    assert shapes == {(64, 64, 3)}
    assert "calm/small.png" in written(Path("faces"))


def test_a_folder_that_holds_files_is_written_to_only_with_force(run, photos):
    Path("faces").mkdir()
    Path("faces/mine.txt").write_text("mine")
    refused = run("crop", photos, "--out", "faces")
    assert refused.exit_code == BAD_INPUT
    assert "--out faces: there are files in it; --force writes among them" in refused.stderr
    assert written(Path("faces")) == ["mine.txt"]
    forced = run("crop", photos, "--out", "faces", "--force")
    assert forced.exit_code == SOME_UNREADABLE
    assert forced.stderr.splitlines()[-2].endswith("written to faces")
    assert len(written(Path("faces"))) == 4
    again = run("crop", photos / "happy", "--out", "faces/happy", "--force")
    assert "2 faces of 2 photos, written to faces/happy, 2 over what was there" in again.stderr
    assert Path("faces/mine.txt").read_text() == "mine"


def test_several_folders_keep_their_names_and_photos_lie_beside_them(run, photos):
    paths = (photos / "happy", photos / "calm", photos / "happy" / "one.jpg")
    result = run("crop", *paths, "--out", "faces")
    assert result.exit_code == SOME_UNREADABLE, result.output
    assert written(Path("faces")) == [
        "calm/face.png", "happy/one.jpg.png", "happy/two.png", "one.jpg.png",
    ]  # fmt: skip
    assert "4 faces of 7 photos" in result.stderr


def test_a_photo_by_itself_is_cut_too(run, photos):
    result = run("crop", photos / "happy" / "one.jpg", "--out", "faces")
    assert result.exit_code == 0, result.output
    assert written(Path("faces")) == ["one.jpg.png"]
    assert result.stderr == "1 face of 1 photo, written to faces\n"


def test_folders_of_one_name_share_theirs_and_no_face_is_lost(run, photos, tmp_path):
    other = tmp_path / "other" / "happy"
    other.mkdir(parents=True)
    for name in ("one.jpg", "three.jpg"):
        (other / name).write_bytes((photos / "happy" / "one.jpg").read_bytes())
    result = run("crop", photos / "happy", other, "--out", "faces")
    assert result.exit_code == 0, result.output
    names = ["one.jpg-2.png", "one.jpg.png", "three.jpg.png", "two.png"]
    assert written(Path("faces")) == [f"happy/{name}" for name in names]


def test_folders_that_the_file_system_takes_for_one_lose_no_face(run, photos, tmp_path):
    (tmp_path / "other" / "Happy").mkdir(parents=True)
    (photos / "happy" / "one.jpg").rename(tmp_path / "other" / "Happy" / "two.png")
    Path("faces/happy").mkdir(parents=True)
    Path("faces/Happy").symlink_to("happy")  # as a file system that knows no case
    paths = (photos / "happy", tmp_path / "other" / "Happy")
    result = run("crop", *paths, "--out", "faces", "--force")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in Path("faces/happy").iterdir()) == ["two-2.png", "two.png"]
    assert "over what was there" not in result.stderr


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("talk.mp4", "talk.mp4: a video; --every 25 cuts faces out of each 25th frame"),
        ("labels.csv", "labels.csv: a table of pictures; expected the folder that they are in"),
        ("none.jpg", "none.jpg: no such file or folder"),
    ],
)
def test_what_is_no_photo_is_refused_before_any_is_cut(run, photos, path, message):
    Path("talk.mp4").write_bytes(b"")
    Path("labels.csv").write_text("image,label\none.jpg,happy\n")
    result = run("crop", photos, path, "--out", "faces")
    assert result.exit_code == BAD_INPUT
    assert message in result.stderr
    assert not Path("faces").exists()


def test_photos_are_not_written_over(run, photos):
    photo = photos / "happy" / "two.png"
    before = photo.read_bytes()
    result = run("crop", photo, "--out", photos / "happy", "--force")
    assert result.exit_code == BAD_INPUT
    assert "among the photos" in result.stderr
    assert photo.read_bytes() == before


@pytest.mark.parametrize("out", [".", "inner"])
def test_faces_can_not_lie_among_the_photos(run, photos, out):
    result = run("crop", photos, "--out", photos / out)
    assert result.exit_code == BAD_INPUT
    assert "among the photos" in result.stderr


def test_photos_none_of_which_has_a_face_are_an_error(run, tmp_path):
    pytest.importorskip("cv2", reason=WITHOUT)
    (tmp_path / "walls").mkdir()
    Image.new("RGB", (200, 200)).save(tmp_path / "walls" / "wall.png")
    result = run("crop", tmp_path / "walls", "--out", "faces")
    assert result.exit_code == BAD_INPUT
    assert "walls: no face in any of 1 photo" in result.stderr
    assert not Path("faces").exists()


@pytest.mark.parametrize(
    ("photo", "option", "message"),
    [
        ("happy/two.png", "only", "(1 with several); --faces all takes all of several"),
        ("calm/small.png", "all", "(1 with a smaller one); --min-size 0 takes smaller ones"),
    ],
)
def test_faces_none_of_which_is_wanted_are_told_from_none(run, photos, photo, option, message):
    result = run("crop", photos / photo, "--out", "faces", "--faces", option)
    assert result.exit_code == BAD_INPUT
    assert f"no face of 1 photo is cut out {message}" in result.stderr


def test_a_folder_without_photos_is_an_error(run, tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "notes.txt").write_text("monday")
    result = run("crop", tmp_path / "texts", "--out", "faces")
    assert result.exit_code == BAD_INPUT
    assert "texts: no photos; 1 file left out, which is no picture" in result.stderr


def test_without_opencv_the_error_names_what_brings_it(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    (tmp_path / "walls").mkdir()
    Image.new("RGB", (200, 200)).save(tmp_path / "walls" / "wall.png")
    result = run("crop", tmp_path / "walls", "--out", "faces")
    assert result.exit_code != 0
    assert 'pip install "fernet-emotion[faces]"' in result.stderr


def test_folders_are_not_written_over_by_their_own_faces(run, photos, monkeypatch):
    monkeypatch.chdir(photos)
    before = (photos / "happy" / "two.png").read_bytes()
    result = run("crop", "happy", "calm", "--out", ".", "--force")
    assert result.exit_code == BAD_INPUT
    assert "--out .: happy would be written over" in result.stderr
    assert (photos / "happy" / "two.png").read_bytes() == before


def test_no_link_leads_a_face_over_its_photo(run, photos):
    before = (photos / "happy" / "two.png").read_bytes()
    Path("faces").mkdir()
    Path("faces/two.png").symlink_to(photos / "happy" / "two.png")
    result = run("crop", photos / "happy", "--out", "faces", "--force")
    assert result.exit_code == BAD_INPUT
    assert "two.png would be written over" in result.stderr
    assert (photos / "happy" / "two.png").read_bytes() == before


def test_names_with_no_room_for_an_ending_are_cut(run, picture, tmp_path):
    pytest.importorskip("cv2", reason=WITHOUT)
    (tmp_path / "photos").mkdir()
    for ending in ("jpg", "jpeg"):
        picture.save(tmp_path / "photos" / f"{'x' * 250}.{ending}")
    result = run("crop", tmp_path / "photos", "--out", "faces")
    assert result.exit_code == 0, result.output
    names = written(Path("faces"))
    assert len(names) == 2
    assert all(name.endswith(("x.png", "x-2.png")) for name in names)


def test_a_face_that_is_found_at_a_second_look_is_cut_out_as_predict_names_it(
    run, photos, monkeypatch
):
    looks = []

    class Detector(FaceDetector):
        def __init__(self, **settings):
            looks.append(settings["small_faces"])
            super().__init__(**settings)

    monkeypatch.setattr("fernet.faces.FaceDetector", Detector)
    run("crop", photos, "--out", "faces")
    run("crop", photos, "--out", "others", "--small-faces")
    assert looks == [FaceDetector().small_faces, True]
