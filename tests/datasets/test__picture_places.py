"""Where the pictures lie that a table names."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import pytest
from PIL import Image

from fernet.datasets import load_image_list
from fernet.datasets._picture_places import PicturePlaces, pictures_of
from fernet.datasets.images import ImageError


@pytest.fixture
def root(tmp_path):
    for name in ("aligned/train/1_a.png", "aligned/test/1_b.jpg", "x/same.png", "y/same.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(path)
    return tmp_path


@pytest.mark.parametrize(
    "name",
    [
        "aligned/train/1_a.png",
        r"aligned\train\1_a.png",
        "/kaggle/input/faces/aligned/train/1_a.png",
        "C:\\faces\\aligned\\train\\1_a.png",
        "../data/aligned/train/1_a.png",
        "1_a.png",
        "1_A.PNG",
        "1_a",
        "elsewhere/1_a.png",
    ],
)
def test_a_picture_is_found_however_it_is_named(root, name):
    assert PicturePlaces(root).find(name) == root / "aligned/train/1_a.png"


def test_a_path_that_leads_to_a_file_is_taken_as_it_stands(root):
    other = root / "y" / "same.png"
    assert PicturePlaces(root / "x").find(str(other)) == other
    assert PicturePlaces(root / "x").find("../y/same.png") == root / "x" / ".." / "y" / "same.png"


def test_the_end_of_a_path_tells_pictures_of_one_name_apart(root):
    assert PicturePlaces(root).find("old/y/same.png") == root / "y/same.png"


def test_a_name_that_may_mean_several_pictures_is_refused(root):
    with pytest.raises(ImageError, match=r"'same.png' may be any of 2 pictures .*x.same.png"):
        PicturePlaces(root).find("same.png")


@pytest.mark.parametrize("name", ["2_a.png", "aligned", "", ".", "..", "\0.png"])
def test_a_picture_that_is_not_there_is_refused(root, name):
    with pytest.raises(ImageError, match="no picture"):
        PicturePlaces(root).find(name)


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (["x/same.png", "y/same.png", "x/same.png"], []),
        (["aligned/train/1_a.png", "train/1_a.png", "1_a.png", "./aligned/train/1_a.png"], []),
        (["aligned/train/1_a.png", "1_a.png", "aligned/test/1_a.png"], ["aligned/test/1_a.png"]),
        (["S001/1_a.png", "S002/1_a.png", "1_a.png"], ["S001/1_a.png", "S002/1_a.png"]),
        (["old/S001/1_a", "S001/1_a"], []),
    ],
)
def test_names_that_contradict_each_other_are_not_of_one_picture(root, names, refused):
    found = dict(zip(names, PicturePlaces(root).find_all(names), strict=True))
    assert [name for name, path in found.items() if not isinstance(path, Path)] == refused
    for name in refused:
        assert re.search(r"1_a\.png(, and so does| has its name, in another)", str(found[name]()))
        assert repr(name) in str(found[name]())


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("train/1.png", "test/1.png"),
        ("val/1.png", "test/1.png"),
        ("C:\\faces\\Training\\1.png", "PublicTest/1.png"),
        ("S001/1.png", "S002/1.png"),
        ("fold1/1", "fold2/1.png"),
    ],
)
def test_a_picture_in_a_folder_of_another_split_or_number_is_another(tmp_path, name, there):
    (tmp_path / there).parent.mkdir()
    Image.new("L", (9, 9)).save(tmp_path / there)
    with pytest.raises(ImageError, match=rf"no picture .*; {there} has its name, in another fold"):
        PicturePlaces(tmp_path).find(name)
    (told,) = PicturePlaces(tmp_path).find_all([name])
    assert f"{there} has its name" in str(told())


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("imgs/1.png", "faces/1.png"),
        ("train/1.png", "training/1.png"),
        ("/home/me/test/S001/1.png", "1.png"),
        ("S001/1.png", "all/S001/1.png"),
        ("S001/1.png", "test/1.png"),
    ],
)
def test_folders_that_other_machines_call_otherwise_are_no_other(tmp_path, name, there):
    (tmp_path / there).parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (9, 9)).save(tmp_path / there)
    assert PicturePlaces(tmp_path).find_all([name]) == [tmp_path / there]


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (["A.png", "a.png"], ["A.png"]),
        (["a", "A"], ["a", "A"]),
        (["c.png", "c_aligned.png"], ["c.png"]),
        (["a", "a.png", "./a.png"], []),
    ],
)
def test_one_picture_is_not_given_to_names_that_differ(tmp_path, names, refused):
    for name in ("a.png", "c_aligned.png"):
        Image.new("L", (9, 9)).save(tmp_path / name)
    found = dict(zip(names, PicturePlaces(tmp_path).find_all(names), strict=True))
    assert [name for name, path in found.items() if not isinstance(path, Path)] == refused


def test_accents_may_be_coded_otherwise_than_in_the_file_s_name(tmp_path):
    Image.new("L", (9, 9)).save(tmp_path / "mu\u0308de.png")
    assert PicturePlaces(tmp_path).find("m\xfcde.png").exists()


def test_a_table_gives_no_picture_of_a_folder_to_rows_of_another(tmp_path):
    (tmp_path / "S001").mkdir()
    for name, level in (("1.png", 9), ("2.png", 7)):
        Image.new("L", (48, 48), level).save(tmp_path / "S001" / name)
    table = tmp_path / "faces.csv"
    table.write_text("file,label\nS001/1.png,happy\nS002/1.png,sad\nS001/2.png,sad\n")
    with pytest.raises(ImageError, match=r"line 3: no picture 'S002/1.png' .*S001/1.png has its"):
        load_image_list(table)
    with pytest.warns(UserWarning, match="1 of 3 images left out as unreadable"):
        faces = load_image_list(table, on_error="skip")
    assert faces.lines.tolist() == [2, 4]


def test_a_name_that_is_nearly_that_of_a_picture_is_told(root):
    with pytest.raises(ImageError, match=r"; there is aligned.test.1_b\.jpg"):
        PicturePlaces(root).find("1_bb.jpg")
    (root / "empty").mkdir()
    with pytest.raises(ImageError, match="it holds no pictures"):
        PicturePlaces(root / "empty").find("a.png")


@pytest.mark.parametrize(
    ("on_error", "outcome", "n_searches"),
    [
        ("raise", pytest.raises(ImageError, match=r"line 4: no picture 'not_there_0\.png'"), 1),
        ("skip", pytest.warns(UserWarning, match="20 of 22 images left out"), 0),
    ],
)
def test_names_that_are_alike_are_looked_for_where_they_are_told(
    root, monkeypatch, on_error, outcome, n_searches
):
    searches, near = [], difflib.get_close_matches
    monkeypatch.setattr(
        difflib, "get_close_matches", lambda *args: searches.append(args) or near(*args)
    )
    for folder, level in (("x", 9), ("y", 7)):
        Image.new("L", (48, 48), level).save(root / folder / "same.png")
    rows = "".join(f"not_there_{number}.png,sad\n" for number in range(20))
    (root / "faces.csv").write_text(f"file,label\nx/same.png,happy\ny/same.png,sad\n{rows}")
    with outcome:
        load_image_list(root / "faces.csv", on_error=on_error)
    assert len(searches) == n_searches


def test_a_picture_may_be_called_aligned_beyond_its_name(root):
    Image.new("L", (4, 4)).save(root / "test_7_aligned.jpg")
    assert PicturePlaces(root).find("test_7.jpg") == root / "test_7_aligned.jpg"
    Image.new("L", (4, 4)).save(root / "x" / "test_7.jpg")
    assert PicturePlaces(root).find("test_7.jpg") == root / "x" / "test_7.jpg"


def test_pictures_are_those_beside_a_table_or_else_in_the_folder_above(root, monkeypatch):
    (root / "labels").mkdir()
    assert pictures_of(root / "list.txt", "a.png") == root
    assert pictures_of(root / "labels" / "list.txt", "a.png") == root
    for led in ("../x/same.png", str(root / "x" / "same.png")):
        assert pictures_of(root / "labels" / "list.txt", led) == root / "labels"
    monkeypatch.chdir(root / "labels")
    assert pictures_of(Path("list.txt"), "a.png") == root.resolve()
    monkeypatch.setenv("HOME", str(root))
    assert pictures_of(Path("list.txt"), "a.png") == Path()
