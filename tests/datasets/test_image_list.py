"""Faces of one's own that a table names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fernet import FERMLPClassifier
from fernet.datasets import EMOTIONS, load_image_folder, load_image_list
from fernet.datasets.images import ImageError


def table_of(root, rows, header="image,label", name="labels.csv"):
    """Write a table, and pictures of grey levels 0, 1, ... under the names in it."""
    for level, row in enumerate(rows):
        path = root / row.split(",")[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (48, 48), level).save(path)
    table = root / name
    table.write_text("\n".join([header, *rows]) + "\n")
    return table


def test_images_come_in_the_order_of_the_table(tmp_path):
    table = table_of(tmp_path, ["b.png,smile", "a/1.png,frown", "a/0.png,smile"])
    faces = load_image_list(table)
    assert faces.data[:, 0].tolist() == [0, 1, 2]
    assert faces.target_names == faces.label_words == ["frown", "smile"]
    assert faces.target.tolist() == [1, 0, 1]
    assert faces.filenames == [str(tmp_path / name) for name in ("b.png", "a/1.png", "a/0.png")]
    assert (faces.data.dtype, faces.target.dtype) == (np.uint8, np.int64)
    assert set(faces.usage) == {"unspecified"}
    assert (faces.left_out, "3 images" in faces.DESCR) == ("", True)
    X, y = load_image_list(str(table), return_X_y=True)
    assert (faces.data == X).all()
    assert (y == faces.target).all()


def test_it_is_what_folders_of_classes_would_be(tmp_path):
    rows = [f"{name}/{i}.png,{name}" for name in ("Happy", "angry") for i in range(2)]
    listed = load_image_list(table_of(tmp_path, rows))
    (tmp_path / "labels.csv").unlink()
    in_folders = load_image_folder(tmp_path)
    assert listed.target_names == in_folders.target_names == list(EMOTIONS)
    assert listed.filenames == in_folders.filenames
    assert (listed.target == in_folders.target).all()
    assert (listed.data == in_folders.data).all()


def test_labels_may_stand_for_other_classes_or_be_left_out(tmp_path):
    table = table_of(tmp_path, ["a.png,1", "b.png,7", "c.png,4", "d.png,1"])
    faces = load_image_list(table, class_names={"1": "surprise", "4": "happy", "7": None})
    assert faces.data[:, 0].tolist() == [0, 2, 3]
    assert faces.target.tolist() == [5, 3, 5]


@pytest.mark.parametrize("name", ["", " "])
def test_a_class_without_a_name_is_refused(tmp_path, name):
    table = table_of(tmp_path, ["a.png,1", "b.png,2"])
    with pytest.raises(ValueError, match="class_names has no name for '1'; expected one, or None"):
        load_image_list(table, class_names={"1": name})


def test_numbers_are_warned_of_beside_words(tmp_path):
    table = table_of(tmp_path, ["a.png,0", "b.png,happy"])
    with pytest.warns(UserWarning, match="the labels 0 are taken for FER2013's angry"):
        assert load_image_list(table).target.tolist() == [0, 3]


def test_numbers_written_in_two_ways_are_warned_of(tmp_path):
    table = table_of(tmp_path, ["a.png,8", "b.png,8.0", "c.png,9"])
    with pytest.warns(UserWarning, match=r"labels '8' and '8\.0' differ in how they are written"):
        assert load_image_list(table).target_names == ["8", "8.0", "9"]


@pytest.mark.parametrize("header", ["bbox", "facial_area", "x_center"])
def test_boxes_of_another_form_are_warned_of(tmp_path, header):
    table = table_of(tmp_path, ["a.png,x,1 2 3 4", "b.png,y,1 2 3 4"], f"image,label,{header}")
    with pytest.warns(UserWarning, match=f"the column '{header}' tells of boxes in a form that is"):
        faces = load_image_list(table)
    assert "boxes" not in faces
    assert load_image_list(table, boxes=False).data.tolist() == faces.data.tolist()


def test_a_column_of_splits_without_words_for_them_is_warned_of(tmp_path):
    table = table_of(tmp_path, ["a.png,x,0", "b.png,y,2"], "image,label,partition")
    with pytest.warns(
        UserWarning, match="column 'partition' has '0', and no word for a split such"
    ):
        assert set(load_image_list(table).usage) == {"unspecified"}
    table = table_of(tmp_path, ["a.png,x,0", "b.png,y,2"], "image,label,phase")
    assert set(load_image_list(table).usage) == {"unspecified"}


def test_a_label_that_is_not_there_can_not_stand_for_a_class(tmp_path):
    table = table_of(tmp_path, ["a.png,1", "b.png,2"])
    with pytest.raises(ValueError, match=r"names \['8'\], but there are no such labels"):
        load_image_list(table, class_names={"8": "happy"})
    with pytest.raises(ValueError, match="leaves all labels out"):
        load_image_list(table, class_names={"1": None, "2": None})


def test_a_column_for_each_class_may_hold_peoples_votes(tmp_path):
    rows = ["a.png,3,1", "b.png,2,2", "c.png,0.2,0.8", "d.png,0,5"]
    table = table_of(tmp_path, rows, "file,happy,sad")
    faces = load_image_list(table)
    assert faces.data[:, 0].tolist() == [0, 2, 3]
    assert [faces.target_names[label] for label in faces.target] == ["happy", "sad", "sad"]
    assert faces.votes[:, [3, 4]].tolist() == [[3, 1], [0.2, 0.8], [0, 5]]
    np.testing.assert_allclose(faces.label_distribution, [[0.75, 0.25], [0.2, 0.8], [0, 1]])
    FERMLPClassifier((2,), max_iter=1).fit(
        faces.data, faces.target, label_distribution=faces.label_distribution
    )
    assert faces.left_out == "1 images left out for their votes: 1 with a tie"
    assert (faces.left_out_lines.tolist(), faces.lines.tolist()) == ([3], [2, 4, 5])
    assert faces.label_words == ["happy", "sad"]
    _, y = load_image_list(table, return_X_y=True)
    assert (y == faces.target).all()


def test_splits_of_one_table_have_shares_of_the_same_labels(tmp_path):
    learnt = ["a.png,3,1,0,train", "b.png,0,1,4,train", "c.png,0,2,0,train"]
    rows = [*learnt, "d.png,1,4,5,test", "e.png,4,2,0,test"]
    table = table_of(tmp_path, rows, "file,happy,sad,fear,split")
    training, test = (load_image_list(table, subset=name) for name in ("Training", "PublicTest"))
    fear, happy, sad = (training.target_names.index(name) for name in ("fear", "happy", "sad"))
    for part in (training, test):
        assert part.distribution_labels.tolist() == [fear, happy, sad]
        assert part.left_out == ""
    shares = test.label_distribution
    np.testing.assert_allclose(shares, [[0.5, 0.1, 0.4], [0, 2 / 3, 1 / 3]], rtol=1e-6)
    frame = pd.DataFrame(shares, columns=test.distribution_labels)
    model = FERMLPClassifier((), max_iter=1).fit(test.data, test.target, label_distribution=frame)
    assert model.classes_.tolist() == [fear, happy, sad]


def test_votes_for_what_is_no_label_are_warned_of_unless_they_are_few(tmp_path):
    table = table_of(tmp_path, ["a.png,6,0,4", "b.png,0,6,4"], "file,happy,sad,fear")
    remark = "votes for fear, 40 % of all, left out of the shares: no image has such a label"
    with pytest.warns(UserWarning, match=rf"{remark}\. None for it in class_names has") as caught:
        faces = load_image_list(table)
    assert (faces.left_out, caught[0].filename) == (remark, __file__)
    assert remark in faces.DESCR
    assert load_image_list(table, class_names={"fear": None}).left_out == ""
    load_image_list(table, return_X_y=True)
    X, y, votes = faces.data, faces.target, faces.votes
    shares = pd.DataFrame(votes / votes.sum(axis=1, keepdims=True))
    model = FERMLPClassifier((), max_iter=1).fit(X, y, label_distribution=shares)
    assert model.classes_.tolist() == list(range(len(faces.target_names)))
    few = table_of(tmp_path, ["a.png,600,0,4", "b.png,0,600,4"], "file,happy,sad,fear")
    assert load_image_list(few).left_out.startswith("votes for fear, 0.662 % of all, left out")


def test_votes_that_are_not_of_the_split_asked_for_are_not_counted(tmp_path):
    rows = ["a.png,3,1,train", "b.png,2,2,train", "c.png,0,2,test"]
    table = table_of(tmp_path, rows, "file,happy,sad,split")
    with pytest.warns(UserWarning, match="of one class"):
        faces = load_image_list(table, subset="PublicTest")
    assert (faces.left_out, len(faces.left_out_lines), len(faces.votes)) == ("", 0, 1)


def test_a_column_of_people_or_of_boxes_holds_no_votes(tmp_path):
    rows = ["a.png,3,1,7,0,0,9,9", "b.png,1,3,8,0,0,9,9"]
    table = table_of(tmp_path, rows, "file,happy,sad,film,x,y,w,h")
    for column in ("Film", 3):
        faces = load_image_list(table, group_column=column)
        assert faces.groups.tolist() == ["7", "8"]
        assert faces.label_words == ["happy", "sad"]
    with pytest.raises(ValueError, match="'film' may be none: name it in class_names"):
        load_image_list(table)


def test_a_label_goes_before_votes(tmp_path):
    table = table_of(tmp_path, ["a.png,3,1,tense", "b.png,1,3,calm"], "file,happy,sad,label")
    faces = load_image_list(table)
    assert faces.target_names == ["calm", "tense"]
    assert "votes" not in faces


@pytest.mark.parametrize("header", ["subject", "Person ID", "actor", "speaker"])
def test_whose_face_each_is_comes_with_it_and_is_no_label(tmp_path, header):
    rows = ["a.png,Ann,sad", "b.png,Bob,happy", "c.png,Ann,happy", "gone.png,,sad"]
    table = table_of(tmp_path, rows, f"file,{header},mood")
    (tmp_path / "gone.png").unlink()
    with pytest.warns(UserWarning, match="1 of 4 images"):
        faces = load_image_list(table, on_error="skip")
    assert faces.groups.tolist() == ["Ann", "Bob", "Ann"]
    assert faces.target_names == list(EMOTIONS)


def test_a_column_of_another_name_is_named_and_else_there_are_no_groups(tmp_path):
    table = table_of(tmp_path, ["a.png,7,sad", "b.png,8,happy"], "file,film,emotion")
    assert "groups" not in load_image_list(table)
    for column in ("film", 1):
        assert load_image_list(table, group_column=column).groups.tolist() == ["7", "8"]
    with pytest.raises(ValueError, match="group_column='movie', but its first line has 'file'"):
        load_image_list(table, group_column="movie")


def test_people_are_the_classes_where_there_are_no_others(tmp_path):
    faces = load_image_list(table_of(tmp_path, ["a.png,Ann", "b.png,Bob"], "file,person"))
    assert faces.target_names == ["Ann", "Bob"]
    assert "groups" not in faces


def test_images_may_lie_in_another_folder_and_have_another_size(tmp_path):
    table = table_of(tmp_path / "pictures", ["red.png,x", "blue.png,y"])
    table = table.rename(tmp_path / "labels.csv")
    faces = load_image_list(table, root=tmp_path / "pictures", image_size=20, color=True)
    assert faces.images.shape == (2, 20, 20, 3)
    # Without it they are found by their names.
    assert load_image_list(table).images.shape == (2, 48, 48)


@pytest.mark.parametrize(
    ("header", "rows", "usage"),
    [
        ("image,label,split", ["a.png,x,train", "b.png,y,test"], ["Training", "PublicTest"]),
        (
            "image,label,Usage",
            ["a.png,x,Training", "b.png,y,val", "c.png,x,test"],
            ["Training", "PublicTest", "PrivateTest"],
        ),
        ("image,label", ["train_1.png,x", "test_1.png,y"], ["Training", "PublicTest"]),
        ("image,label", ["train/x/1.png,x", "valid/y/1.png,y"], ["Training", "PublicTest"]),
        ("image,label", ["train_1.png,x", "2.png,y"], ["unspecified"] * 2),
        ("image,label,set", ["a.png,x,studio", "b.png,y,street"], ["unspecified"] * 2),
    ],
)
def test_splits_are_told_by_a_column_or_else_by_names(tmp_path, header, rows, usage):
    assert load_image_list(table_of(tmp_path, rows, header)).usage.tolist() == usage


def test_a_table_may_have_a_folder_of_its_own_beside_that_of_the_pictures(tmp_path):
    for name in ("train_1_aligned.jpg", "train_2_aligned.jpg"):
        (tmp_path / "Image").mkdir(exist_ok=True)
        Image.new("L", (48, 48)).save(tmp_path / "Image" / name)
    (tmp_path / "EmoLabel").mkdir()
    table = tmp_path / "EmoLabel" / "list.txt"
    table.write_text("train_1.jpg 4\ntrain_2.jpg 7\n")
    faces = load_image_list(table, class_names={"4": "happy", "7": "neutral"})
    assert faces.target.tolist() == [EMOTIONS.index("happy"), EMOTIONS.index("neutral")]
    assert faces.filenames[0] == str(tmp_path / "Image" / "train_1_aligned.jpg")


def test_splits_are_not_mixed_up(tmp_path):
    table = table_of(tmp_path, ["train_1.png,x", "train_2.png,y", "test_1.png,x", "test_2.png,y"])
    with pytest.raises(
        ValueError, match=r"labels\.csv: which images\? it has PublicTest, Training"
    ):
        load_image_list(table, return_X_y=True)
    X, y = load_image_list(table, subset="PublicTest", return_X_y=True)
    assert (X[:, 0].tolist(), y.tolist()) == ([2, 3], [0, 1])


def test_a_word_that_tells_no_split_among_others_is_refused(tmp_path):
    table = table_of(tmp_path, ["a.png,x,train", "b.png,y,tset"], "image,label,split")
    with pytest.raises(ValueError, match=r"labels\.csv, line 3: 'tset' in the column of splits"):
        load_image_list(table)


@pytest.mark.filterwarnings("ignore:.* images are of one class")
def test_images_that_are_not_there_are_refused_or_skipped_and_counted(tmp_path):
    table = table_of(tmp_path, ["a.png,x", "b.png,y", "c.png,x"])
    (tmp_path / "b.png").unlink()
    (tmp_path / "c.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"labels\.csv, line 3: no picture 'b\.png'"):
        load_image_list(table)
    with pytest.warns(UserWarning, match="2 of 3 images left out as unreadable") as warned:
        faces = load_image_list(table, on_error="skip")
    assert faces.data[:, 0].tolist() == [0]
    assert faces.usage.tolist() == ["unspecified"]
    assert warned[0].filename == __file__


def test_images_without_a_label_are_refused_or_skipped_and_counted(tmp_path):
    rows = ["a.png,x", "b.png,", "c.png,-1", "d.png,None", "e.png,y", "f.png,x"]
    table = table_of(tmp_path, rows)
    (tmp_path / "f.png").write_bytes(b"no picture")
    with pytest.raises(
        ValueError, match=r"labels\.csv, line 3: no label; leave such .* on_error='skip'$"
    ):
        load_image_list(table)
    told = "1 of 6 images left out as unreadable.*; 3 of 6 images left out without a label, the "
    with pytest.warns(UserWarning, match=f"{told}first: .*, line 3: no label$") as warned:
        faces = load_image_list(table, on_error="skip")
    assert [warning.filename for warning in warned] == [__file__]
    assert faces.data[:, 0].tolist() == [0, 4]
    assert faces.target_names == faces.label_words == ["x", "y"]
    assert faces.target.tolist() == [0, 1]


def test_what_class_names_names_is_a_label(tmp_path):
    table = table_of(tmp_path, ["a.png,-1", "b.png,1", "c.png,None"])
    with pytest.raises(ValueError, match=r"line 2: no label \(-1\); .* what '-1' stands for$"):
        load_image_list(table)
    named = {"-1": "tense", "1": "calm", "none": None}
    faces = load_image_list(table, class_names=named)
    assert faces.target_names == ["calm", "tense"]
    assert faces.target.tolist() == [1, 0]


def test_a_table_of_nothing_that_can_be_read_is_refused(tmp_path):
    table = table_of(tmp_path, ["a.png,x"])
    (tmp_path / "a.png").write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="1 of 1 images left out"),
        pytest.raises(ValueError, match=r"labels\.csv: none of 1 images can be read"),
    ):
        load_image_list(table, on_error="skip")


def test_images_of_one_class_are_warned_of(tmp_path):
    with pytest.warns(UserWarning, match="all 2 images are of one class, 'x'"):
        load_image_list(table_of(tmp_path, ["a.png,x", "b.png,x"]))


def test_some_of_fer2013s_numbers_are_warned_of(tmp_path):
    table = table_of(tmp_path, ["a.png,0", "b.png,1"])
    with pytest.warns(UserWarning, match="the labels 0, 1 are taken for FER2013's angry, disgust"):
        assert load_image_list(table).target_names == list(EMOTIONS)
    named = load_image_list(table, class_names={"0": "calm", "1": "tense"})
    assert named.target_names == ["calm", "tense"]


def test_what_is_not_there_or_no_table_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_image_list(tmp_path / "nowhere.csv")
    with pytest.raises(ValueError, match="a folder; expected a table of images"):
        load_image_list(tmp_path)
    table = table_of(tmp_path, ["a.png,x", "b.png,y"])
    with pytest.raises(FileNotFoundError, match="elsewhere"):
        load_image_list(table, root=tmp_path / "elsewhere")
    with pytest.raises(ValueError, match="image_size is 0"):
        load_image_list(table, image_size=0)


@pytest.mark.parametrize(("encoding", "label"), [("gb18030", "高兴"), ("cp1252", "fröhlich")])
def test_a_table_of_another_encoding_is_told_how_to_save_it(tmp_path, encoding, label):
    Image.new("L", (48, 48)).save(tmp_path / "a.png")
    table = tmp_path / "labels.csv"
    table.write_text(f"file,label\na.png,{label}\n", encoding=encoding)
    with pytest.raises(ValueError, match=r"line 2: the label is .+ is no UTF-8; save") as told:
        load_image_list(table)
    assert "\N{REPLACEMENT CHARACTER}" in str(told.value)
    assert r"\u" not in str(told.value)
    table.write_text(f"file,label\n{label}.png,x\n", encoding=encoding)
    with pytest.raises(ImageError, match=r"line 2: no picture .+ which is no UTF-8; save"):
        load_image_list(table)


def pixel_table(path, images, labels, heads="label,pixels"):
    """Write a table that holds images' pixels."""
    rows = [
        f"{word},{' '.join(map(str, x.ravel()))}" for word, x in zip(labels, images, strict=True)
    ]
    path.write_text("\n".join([heads, *rows]) + "\n")
    return path


def test_a_table_may_hold_the_pixels_themselves(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (3, 48, 48), np.uint8)
    table = pixel_table(tmp_path / "faces.csv", images, ["calm", "tense", "calm"])
    faces = load_image_list(table)
    assert (faces.images == images).all()
    assert (faces.target_names, faces.target.tolist()) == (["calm", "tense"], [0, 1, 0])
    assert faces.lines.tolist() == [2, 3, 4]
    assert "filenames" not in faces
    assert (load_image_list(table, image_column="pixels", label_column=0).data == faces.data).all()


@pytest.mark.parametrize("form", [(30, 30), (64, 64), (20, 20, 3), (48, 48, 3)])
@pytest.mark.parametrize("color", [False, True])
def test_pixels_are_brought_to_a_size_as_files_are(tmp_path, form, color):
    images = np.random.default_rng(1).integers(0, 256, (2, *form), np.uint8)
    for name, image in zip("ab", images, strict=True):
        Image.fromarray(image).save(tmp_path / f"{name}.png")
    listed = tmp_path / "labels.csv"
    listed.write_text("file,label\na.png,x\nb.png,y\n")
    held = load_image_list(
        pixel_table(tmp_path / "faces.csv", images, "xy"), image_size=32, color=color
    )
    assert (held.images == load_image_list(listed, image_size=32, color=color).images).all()


def test_pixels_of_no_square_are_refused(tmp_path):
    images = np.zeros((2, 48, 50), np.uint8)
    table = pixel_table(tmp_path / "faces.csv", images, "xy")
    with pytest.raises(ValueError, match="2400 pixels in a row; expected those of a square"):
        load_image_list(table)


def test_pixels_have_splits_people_and_votes_beside_them_as_files_have(tmp_path):
    words = " ".join(["7"] * 64)
    rows = [
        f"{split},{who},{words},{n},2" for split, who, n in [("train", "a", 3), ("test", "b", 1)]
    ]
    (tmp_path / "a.csv").write_text("\n".join(["split,person,pixels,happy,sad", *rows]))
    faces = load_image_list(tmp_path / "a.csv", subset="all")
    assert faces.usage.tolist() == ["Training", "PublicTest"]
    assert faces.groups.tolist() == ["a", "b"]
    assert faces.votes[:, [3, 4]].tolist() == [[3, 2], [1, 2]]


@pytest.mark.parametrize("nobody", ["", "NA", "nan", "NULL", "None"])
def test_who_is_not_named_is_nobody_in_whatever_words(tmp_path, nobody):
    rows = ["a.png,Ann,sad", f"b.png,{nobody},happy", f"c.png,{nobody},sad"]
    faces = load_image_list(table_of(tmp_path, rows, "file,subject,mood"))
    assert faces.groups.tolist() == ["Ann", "", ""]
