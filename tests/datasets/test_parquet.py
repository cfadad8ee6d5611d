"""Faces from files of Parquet."""

from __future__ import annotations

import io
import json
import sys

import numpy as np
import pytest
from PIL import Image

from fernet.datasets import EMOTIONS, load_parquet
from fernet.datasets._columns import ColumnError
from fernet.datasets._parquet_files import is_parquet
from fernet.datasets.images import ImageError

DAMAGED = -1
WITHOUT = 'pyarrow is not installed: pip install "fernet-emotion[parquet]"'


@pytest.fixture(scope="module")
def arrow():
    return pytest.importorskip("pyarrow", reason=WITHOUT)


@pytest.fixture
def write(arrow, tmp_path):
    """Write pictures of one grey level each, and labels, as Hugging Face does."""
    parquet = pytest.importorskip("pyarrow.parquet", reason=WITHOUT)

    def write_table(name, levels, labels, names=None, **others):
        pictures = [{"bytes": png(level), "path": f"{level}.png"} for level in levels]
        table = arrow.table({"image": pictures, "label": labels, **others})
        if names is not None:
            about = {"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}}
            table = table.replace_schema_metadata({"huggingface": json.dumps(about)})
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Small groups of rows, so that several are read.
        parquet.write_table(table, path, row_group_size=2)
        return path

    return write_table


def png(level):
    """A picture's file; an empty one where it is to be damaged."""
    if level == DAMAGED:
        return b""
    file = io.BytesIO()
    Image.new("L", (48, 48), level).save(file, "PNG")
    return file.getvalue()


def test_pictures_and_labels_come_in_the_order_of_the_rows(write):
    path = write("faces.parquet", [5, 1, 3], ["smile", "frown", "smile"])
    faces = load_parquet(path)
    assert faces.data[:, 0].tolist() == [5, 1, 3]
    assert faces.target_names == ["frown", "smile"]
    assert faces.target.tolist() == [1, 0, 1]
    assert faces.filenames == [
        f"{path}, row {i} ({level}.png)" for i, level in enumerate((5, 1, 3))
    ]
    assert set(faces.usage) == {"unspecified"}
    assert (faces.data.dtype, faces.target.dtype) == (np.uint8, np.int64)
    X, y = load_parquet(str(path), return_X_y=True)
    assert (faces.data == X).all()
    assert (y == faces.target).all()


def test_numbers_mean_what_the_description_calls_them(write):
    order = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
    faces = load_parquet(write("faces.parquet", range(7), range(7), order))
    assert faces.target_names == list(EMOTIONS)
    assert [EMOTIONS[label] for label in faces.target] == order


def test_numbers_without_a_description_are_fer2013s_and_warned_of(write):
    with pytest.warns(UserWarning, match="the labels 2, 6 are taken for FER2013's fear, neutral"):
        faces = load_parquet(write("faces.parquet", [0, 1], [6, 2]))
    assert [faces.target_names[label] for label in faces.target] == ["neutral", "fear"]


def test_files_of_a_folder_are_joined_and_their_names_tell_the_split(write, tmp_path):
    write("data/train-00000-of-00002.parquet", [0, 1], ["x", "y"])
    write("data/train-00001-of-00002.parquet", [2], ["y"])
    write("data/test-00000-of-00001.parquet", [3], ["x"])
    faces = load_parquet(tmp_path)
    assert faces.data[:, 0].tolist() == [3, 0, 1, 2]
    assert faces.usage.tolist() == ["PublicTest", "Training", "Training", "Training"]
    assert faces.target.tolist() == [0, 0, 1, 1]
    X, y = load_parquet(tmp_path, subset="Training", return_X_y=True)
    assert (X[:, 0].tolist(), y.tolist()) == ([0, 1, 2], [0, 1, 1])
    with pytest.raises(ValueError, match="which images"):
        load_parquet(tmp_path, return_X_y=True)


def test_a_column_may_tell_the_split(write):
    path = write("faces.parquet", [0, 1, 2], ["x", "y", "x"], split=["train", "val", "test"])
    assert load_parquet(path).usage.tolist() == ["Training", "PublicTest", "PrivateTest"]
    path = write("faces.parquet", [0, 1], ["x", "y"], split=["train", "tset"])
    with pytest.raises(ValueError, match="'tset' in the column of splits"):
        load_parquet(path)


def test_a_column_of_splits_without_words_for_them_is_warned_of(write):
    path = write("faces.parquet", [0, 1], ["x", "y"], partition=[0, 2])
    with pytest.warns(UserWarning, match="column 'partition' has '0', and no word for a split"):
        faces = load_parquet(path)
    assert set(faces.usage) == {"unspecified"}


def test_a_label_in_a_list_of_one_is_one_and_others_are_refused(arrow, write, tmp_path):
    path = write("faces.parquet", [0, 1], [["x"], ["y"]])
    assert load_parquet(path).target_names == ["x", "y"]
    path = write("faces.parquet", [0, 1], [["x"], ["y", "x"]])
    with pytest.raises(ValueError, match=r"row 1: the label is \"\['y', 'x'\]\"; expected a word"):
        load_parquet(path)
    path = write("faces.parquet", [0], [{"bbox": [1, 2], "category": 0}])
    with pytest.raises(ValueError, match=r"row 0: the label is .*; expected a word or a number"):
        load_parquet(path)


@pytest.mark.parametrize(
    "described", [[{"names": ["calm", "wild"]}], {"feature": {"names": ["calm", "wild"]}}]
)
def test_a_list_of_labels_is_called_as_its_description_says(write, described):
    parquet = pytest.importorskip("pyarrow.parquet", reason=WITHOUT)
    path = write("faces.parquet", [0, 1], [[1], [0]])
    about = json.dumps({"info": {"features": {"label": described}}})
    table = parquet.read_table(path).replace_schema_metadata({"huggingface": about})
    parquet.write_table(table, path)
    faces = load_parquet(path)
    assert [faces.target_names[label] for label in faces.target] == ["wild", "calm"]


def test_numbers_that_only_one_of_two_files_has_names_for_are_refused(write, tmp_path):
    write("a.parquet", [0, 1], [0, 1], ["calm", "wild"])
    write("b.parquet", [0, 1], [0, 1])
    with pytest.raises(ValueError, match=r"b\.parquet: its labels are numbers, which .*a\.parquet"):
        load_parquet(tmp_path)


def test_a_column_may_tell_whose_face_each_is(write, tmp_path):
    people = {"subject": [7, 8, 9], "film": ["a", "b", None]}
    path = write("faces.parquet", [0, DAMAGED, 2], ["x", "x", "y"], **people)
    with pytest.warns(UserWarning, match="1 of 3 images"):
        faces = load_parquet(path, on_error="skip")
    assert faces.groups.tolist() == ["7", "9"]
    path = write("faces.parquet", [0, 1, 2], ["x", "y", "x"], **people)
    assert load_parquet(path, group_column="Film").groups.tolist() == ["a", "b", ""]
    write("others.parquet", [3], ["x"])
    assert "groups" not in load_parquet(tmp_path)


def test_faces_are_cut_out_at_the_boxes_that_columns_tell(arrow, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason=WITHOUT)
    pixels = np.zeros((100, 200), np.uint8)
    pixels[20:60, 120:160] = 200
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    boxes = {"face_x": [120, 0, None], "face_y": [20, 0, 1], "face_width": [40] * 3}
    table = {"image": [file.getvalue()] * 3, "label": ["x", "y", "y"], "face_height": [40.0] * 3}
    path = tmp_path / "faces.parquet"
    parquet.write_table(arrow.table(table | boxes), path, row_group_size=2)

    with pytest.warns(UserWarning, match=r"1 of 3 images.*row 2: the table has no box"):
        faces = load_parquet(path, on_error="skip")

    assert faces.boxes.tolist() == [[120, 20, 40, 40], [0, 0, 40, 40]]
    assert [set(row) for row in faces.data.tolist()] == [{200}, {0}]
    shares = {name: [0.5] * 3 for name in ("face_x", "face_y", "face_width", "face_height")}
    parquet.write_table(arrow.table(table | shares), tmp_path / "shares.parquet")
    with pytest.raises(ValueError, match=r"shares\.parquet: boxes of less than 2 pixels"):
        load_parquet(tmp_path / "shares.parquet")
    (tmp_path / "shares.parquet").unlink()

    parquet.write_table(arrow.table(table | {"bbox": ["1,2"] * 3}), tmp_path / "other.parquet")
    with pytest.warns(UserWarning, match=r"other\.parquet: the column 'bbox' tells of boxes in a"):
        assert "boxes" not in load_parquet(tmp_path / "other.parquet")
    (tmp_path / "other.parquet").unlink()

    whole = load_parquet(path, boxes=False)
    assert "boxes" not in whole
    assert set(whole.data[1].tolist()) > {0}
    parquet.write_table(arrow.table(table), tmp_path / "others.parquet")
    assert "boxes" not in load_parquet(tmp_path)


@pytest.fixture
def write_votes(arrow, tmp_path):
    """Write pictures, and votes on them."""
    parquet = pytest.importorskip("pyarrow.parquet", reason=WITHOUT)

    def write_table(name="faces.parquet", **votes):
        pictures = [png(level) for level in range(len(next(iter(votes.values()))))]
        parquet.write_table(arrow.table({"image": pictures, **votes}), tmp_path / name)
        return tmp_path / name

    return write_table


def test_columns_of_votes_stand_in_the_place_of_labels(write_votes):
    path = write_votes(happy=[6, 1, 2, 0], sad=[2.0, 3.0, 2.0, None], bored=[0, 0, 0, 0])

    faces = load_parquet(path, class_names={"bored": None})

    assert [faces.target_names[label] for label in faces.target] == ["happy", "sad"]
    assert faces.data[:, 0].tolist() == [0, 1]
    assert faces.label_distribution.tolist() == [[0.75, 0.25], [0.25, 0.75]]
    assert faces.votes[faces.votes > 0].tolist() == [6, 2, 1, 3]
    assert faces.left_out == "2 images left out for their votes: 1 with a tie, 1 without a vote"
    with pytest.raises(ValueError, match="'bored' may be none: name it in class_names"):
        load_parquet(path)


def test_votes_for_what_is_no_label_are_warned_of(write_votes):
    path = write_votes(happy=[6, 1], sad=[0, 3], fear=[2, 0])

    with pytest.warns(UserWarning, match="votes for fear, 16.7 % of all, left out of the shares"):
        faces = load_parquet(path)

    assert [faces.target_names[label] for label in faces.distribution_labels] == ["happy", "sad"]
    load_parquet(path, return_X_y=True)


def test_files_of_one_data_set_have_the_same_votes(write_votes, tmp_path):
    write_votes("a.parquet", happy=[6, 1], sad=[2, 3])
    write_votes("b.parquet", happy=[5], sad=[1])
    assert load_parquet(tmp_path).votes.sum() == 18
    write_votes("c.parquet", happy=[5], angry=[1])
    with pytest.raises(ValueError, match=r"c\.parquet: other columns of votes, or none, than the"):
        load_parquet(tmp_path)


def test_a_vote_that_is_no_number_is_named_by_its_row(write_votes):
    with pytest.raises(ValueError, match=r"faces\.parquet, row 1: '-3' in the column 'sad'"):
        load_parquet(write_votes(happy=[6, 1], sad=[2, -3]))


def test_classes_may_be_renamed_or_left_out_and_faces_have_another_size(write):
    path = write("faces.parquet", [0, 1, 2, 3, 4], ["a", "b", "c", "a", "c"])
    faces = load_parquet(
        path, class_names={"a": "happy", "b": None, "c": "sad"}, image_size=20, color=True
    )
    assert faces.images.shape == (4, 20, 20, 3)
    assert faces.data[:, 0].tolist() == [0, 2, 3, 4]
    assert faces.target.tolist() == [3, 4, 3, 4]


def test_bytes_alone_are_pictures_too(arrow, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason=WITHOUT)
    table = arrow.table({"id": [0, 1], "emotion": ["x", "y"], "face": [png(1), png(2)]})
    parquet.write_table(table, tmp_path / "faces.parquet")
    assert load_parquet(tmp_path / "faces.parquet").data[:, 0].tolist() == [1, 2]


def test_pictures_that_can_not_be_read_are_refused_or_skipped_and_counted(write):
    path = write("faces.parquet", [0, DAMAGED, 2], ["x", "y", "y"])
    with pytest.raises(ImageError, match=r"faces\.parquet, row 1 .*: the file is empty"):
        load_parquet(path)
    with pytest.warns(UserWarning, match="1 of 3 images left out as unreadable") as warned:
        faces = load_parquet(path, on_error="skip")
    assert faces.data[:, 0].tolist() == [0, 2]
    assert faces.target.tolist() == [0, 1]
    assert len(faces.filenames) == len(faces.usage) == 2
    assert warned[0].filename == __file__


@pytest.mark.parametrize("names", [["smile", "frown"], None])
def test_a_number_below_0_is_no_label_and_so_is_null(write, names):
    path = write("faces.parquet", [0, 1, DAMAGED, 3, 4, 5], [1, 0, 1, -1, None, 0], names)
    with pytest.raises(
        ValueError,
        match=r"faces\.parquet, row 3: no label \(-1\); leave such images out by on_error='skip', "
        "or say by class_names what '-1' stands for",
    ):
        load_parquet(path)
    told = "1 of 6 .* unreadable, .*; 2 of 6 images left out without a label, the first: .*, row 3"
    named = None if names else {"0": "smile", "1": "frown"}
    with pytest.warns(UserWarning, match=told) as warned:
        faces = load_parquet(path, on_error="skip", class_names=named)
    assert [warning.filename for warning in warned] == [__file__]
    assert faces.data[:, 0].tolist() == [0, 1, 5]
    assert faces.target_names == ["frown", "smile"]
    assert faces.target.tolist() == [0, 1, 1]


def test_splits_without_labels_do_not_hinder_the_others(write, tmp_path):
    names = ["frown", "smile"]
    write("train-0.parquet", [0, 1], [1, 0], names)
    write("test-0.parquet", [2, 3], [-1, -1], names)
    X, y = load_parquet(tmp_path, subset="Training", return_X_y=True)
    assert (X[:, 0].tolist(), y.tolist()) == ([0, 1], [1, 0])
    with pytest.raises(ValueError, match="none of 2 images has a label"):
        load_parquet(tmp_path, subset="PublicTest", on_error="skip")


def test_a_class_of_the_description_is_one_whatever_it_is_called(write):
    faces = load_parquet(write("faces.parquet", [0, 1], [1, 0], ["None", "smile"]))
    assert faces.target_names == ["None", "smile"]


def test_what_has_no_pictures_or_labels_is_refused(arrow, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason=WITHOUT)

    def refused(columns, fault, kind=ValueError, **named):
        parquet.write_table(arrow.table(columns), tmp_path / "faces.parquet")
        with pytest.raises(kind, match=rf"faces\.parquet.*{fault}"):
            load_parquet(tmp_path / "faces.parquet", **named)

    pictures = [png(1), png(2)]
    refused({"emotion": [0, 1], "pixels": ["1 2", "3 4"]}, "pixels as text, not pictures")
    refused({"a": [0, 1], "b": [1, 2]}, "a column of the image", ColumnError)
    refused({"a": pictures, "b": pictures, "label": [0, 1]}, "which column is the image")
    refused({"a": pictures, "b": [0, 1], "c": [1, 0]}, "which column is the label")
    refused({"a": pictures, "label": ["x", None]}, "row 1: no label")
    refused({"a": ["1.png", "2.png"], "label": [0, 1]}, "of string; expected", image_column="a")
    refused({"a": arrow.array([], arrow.binary()), "label": [0][:0]}, "no rows")


def test_what_is_no_parquet_is_refused(arrow, tmp_path):
    (tmp_path / "faces.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match=r"faces\.parquet: not a file of Parquet, or damaged"):
        load_parquet(tmp_path / "faces.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty: a folder without files of Parquet"):
        load_parquet(tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_parquet(tmp_path / "nowhere")


def test_without_pyarrow_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    (tmp_path / "faces.parquet").write_bytes(b"PAR1")
    with pytest.raises(ImportError, match=r"Parquet needs pyarrow.*fernet-emotion\[parquet\]"):
        load_parquet(tmp_path / "faces.parquet")


def test_files_are_told_by_their_beginning_and_folders_by_their_names(tmp_path):
    (tmp_path / "data").mkdir()
    assert not is_parquet(tmp_path)
    path = tmp_path / "data" / "x.parquet"
    path.write_bytes(b"PAR1")
    assert is_parquet(path)
    assert is_parquet(tmp_path)
    assert is_parquet(tmp_path / "data")
    path.write_bytes(b"no")
    assert not is_parquet(path)
    assert not is_parquet(tmp_path / "nothing")


def write_images(arrow, tmp_path, images):
    parquet = pytest.importorskip("pyarrow.parquet", reason=WITHOUT)
    table = arrow.table({"image": images, "label": ["smile", "frown"]})
    parquet.write_table(table, tmp_path / "faces.parquet")
    return tmp_path / "faces.parquet"


def test_a_name_without_bytes_is_a_file_seen_from_the_tables_folder(arrow, tmp_path):
    (tmp_path / "faces").mkdir()
    (tmp_path / "faces" / "1.png").write_bytes(png(70))
    images = [{"bytes": png(30), "path": "0.png"}, {"bytes": None, "path": "faces/1.png"}]
    path = write_images(arrow, tmp_path, images)
    assert load_parquet(path).data[:, 0].tolist() == [30, 70]


def test_a_name_of_no_file_is_told(arrow, tmp_path):
    images = [{"bytes": png(30), "path": "0.png"}, {"bytes": None, "path": "faces/1.png"}]
    path = write_images(arrow, tmp_path, images)
    with pytest.raises(ImageError, match=r"row 1 \(faces/1.png: a name without bytes, and no such"):
        load_parquet(path)


def test_a_person_has_one_name_however_a_file_keeps_it(write, tmp_path):
    labels = ["smile", "frown", "smile"]
    write("all/train-0.parquet", range(3), labels, subject=[1, 2, 3])
    write("all/test-0.parquet", range(3), labels, subject=[1.0, None, float("nan")])
    assert load_parquet(tmp_path / "all").groups.tolist() == ["1", "", "", "1", "2", "3"]
    path = write("words.parquet", range(3), labels, subject=["NA", "a ", b"a".decode()])
    assert load_parquet(path).groups.tolist() == ["", "a", "a"]


def test_labels_and_people_in_bytes_are_the_text_that_they_are(write):
    path = write("faces.parquet", range(3), [b"smile", b"frown", b" smile"], subject=[b"a"] * 3)
    faces = load_parquet(path, image_column="image")
    assert faces.target_names == ["frown", "smile"]
    assert faces.groups.tolist() == ["a", "a", "a"]
    path = write("latin.parquet", range(2), [b"smile", "fr\xf6hlich".encode("latin1")])
    with pytest.raises(ValueError, match=r"latin.parquet, row 1: b'fr.*' is no text; expected UTF"):
        load_parquet(path, image_column="image")


def test_a_blank_is_no_label(write):
    path = write("faces.parquet", range(3), ["smile", " ", "frown"])
    with pytest.warns(UserWarning, match="1 of 3"):
        assert load_parquet(path, on_error="skip").target_names == ["frown", "smile"]


@pytest.mark.parametrize("labels", [[1, 0], [1.0, 0.0], ["1", "0"]])
def test_a_description_names_whole_numbers_however_they_are_kept(write, labels):
    faces = load_parquet(write("faces.parquet", range(2), labels, ["calm", "tense"]))
    assert (faces.target_names, faces.target.tolist()) == (["calm", "tense"], [1, 0])


def test_hidden_files_and_folders_are_passed_over(write, tmp_path):
    labels = ["smile", "frown"]
    write("all/train-0.PARQUET", range(2), labels)
    write("all/.cache/train-0.parquet", range(2), labels)
    (tmp_path / "all" / "._train-0.parquet").write_bytes(b"Mac OS X")
    assert len(load_parquet(tmp_path / "all").target) == 2
    assert is_parquet(tmp_path / "all")
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "._a.parquet").write_bytes(b"")
    assert not is_parquet(tmp_path / "hidden")
