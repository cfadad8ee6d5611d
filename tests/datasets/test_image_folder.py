"""Folders of one's own faces."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from PIL import Image

from fernet.datasets import EMOTIONS, FolderImages, load_fer2013, load_image_folder


def fill(root, names, n_images=2):
    for i, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for j in range(n_images):
            Image.new("L", (48, 48), 10 * i + j).save(root / name / f"{j}.png")


def test_classes_are_the_folders_in_order_of_their_names(tmp_path):
    fill(tmp_path, ["smile", "frown", ".hidden", "__MACOSX"])
    (tmp_path / "smile" / "readme.txt").write_text("not an image")
    (tmp_path / "loose.png").write_bytes(b"")
    faces = load_image_folder(tmp_path)
    assert faces.target_names == ["frown", "smile"]
    assert faces.data[:, 0].tolist() == [10, 11, 0, 1]
    assert faces.target.tolist() == [0, 0, 1, 1]
    assert faces.filenames[0] == str(tmp_path / "frown" / "0.png")
    assert np.shares_memory(faces.data, faces.images)
    assert (faces.data.dtype, faces.target.dtype) == (np.uint8, np.int64)
    assert set(faces.usage) == {"unspecified"}
    assert "4 images" in faces.DESCR


@pytest.mark.parametrize(("color", "shape"), [(False, (64, 64)), (True, (64, 64, 3))])
def test_images_may_have_another_size_and_their_colours(tmp_path, color, shape):
    for name in ("red", "blue"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (90, 100), name).save(tmp_path / name / "1.png")

    faces = load_image_folder(tmp_path, image_size=64, color=color)

    assert faces.images.shape == (2, *shape)
    assert np.shares_memory(faces.data, faces.images)
    levels = [[0, 0, 255], [255, 0, 0]] if color else [[29], [76]]
    assert (faces.images.reshape(2, 64 * 64, -1) == np.array(levels)[:, None]).all()
    assert f"64x64 {'pixels in colours' if color else 'grey pixels'}" in faces.DESCR


def test_a_size_is_refused_before_the_folder_is_looked_at(tmp_path):
    with pytest.raises(ValueError, match="image_size is 0"):
        load_image_folder(tmp_path / "nowhere", image_size=0)


def test_emotions_keep_the_labels_of_fer2013(tmp_path):
    fill(tmp_path, ["Happy", "angry", "neutral"])
    faces = load_image_folder(str(tmp_path))
    assert faces.target_names == list(EMOTIONS)
    assert faces.target.tolist() == [3, 3, 0, 0, 6, 6]
    assert faces.data[:, 0].tolist() == [0, 1, 10, 11, 20, 21]


def test_one_name_beyond_the_emotions_makes_all_classes_ones_own(tmp_path):
    fill(tmp_path, ["happy", "angry", "contempt"])
    faces = load_image_folder(tmp_path)
    assert faces.target_names == ["angry", "contempt", "happy"]
    assert faces.target.tolist() == [0, 0, 1, 1, 2, 2]


def test_an_emotion_in_upper_and_lower_case_is_one(tmp_path):
    fill(tmp_path, ["Happy", "happy", "SAD"])
    faces = load_image_folder(tmp_path)
    assert faces.target_names == list(EMOTIONS)
    assert sorted(faces.target.tolist()) == [3, 3, 3, 3, 4, 4]


def test_two_spellings_of_another_class_are_two_classes_that_are_warned_of(tmp_path):
    fill(tmp_path, ["Calm", "calm", "happy"])
    with pytest.warns(UserWarning, match=r"'Calm' and 'calm' differ in how they are written"):
        assert load_image_folder(tmp_path).target_names == ["Calm", "calm", "happy"]


def test_images_in_folders_within_a_class_belong_to_it(tmp_path):
    fill(tmp_path, ["a/one", "a/two", "b/one"])
    X, y = load_image_folder(tmp_path, return_X_y=True)
    assert (X.shape, y.tolist()) == ((6, 2304), [0, 0, 0, 0, 1, 1])


def test_an_unreadable_image_stops_the_work_or_is_left_out(tmp_path):
    fill(tmp_path, ["a", "b"])
    (tmp_path / "a" / "0.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"a.0\.png: not an image"):
        load_image_folder(tmp_path)
    with pytest.warns(UserWarning, match="1 of 4 images left out") as caught:
        faces = load_image_folder(tmp_path, on_error="skip")
    assert caught[0].filename == __file__
    assert faces.target.tolist() == [0, 1, 1]
    assert len(faces.filenames) == 3


def test_nothing_readable_is_an_error(tmp_path):
    fill(tmp_path, ["a"], n_images=1)
    (tmp_path / "a" / "0.png").write_bytes(b"no image")
    with (
        pytest.warns(UserWarning, match="1 of 1"),
        pytest.raises(ValueError, match="none of 1 images can be read"),
    ):
        load_image_folder(tmp_path, on_error="skip")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "a folder with no images"),
        (
            ["loose.png"],
            "a folder with 1 images but no folders of classes; expected a folder",
        ),
        (["a/readme.txt"], "a: a folder with no images"),
        (["archive.zip"], r"a folder with no images \(1 file left out, .*1 \.zip; the first"),
        (["train/1.png", "test/1.png"], r"holds splits \(test, train\), not classes"),
    ],
)
def test_a_folder_without_classes_is_refused(tmp_path, names, message):
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match=message):
        load_image_folder(tmp_path)


def test_a_path_must_be_a_folder_that_is_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="none: no such file or folder"):
        load_image_folder(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="file: not a folder"):
        load_image_folder(tmp_path / "file")


def test_words_for_emotions_may_have_numbers_before_them(tmp_path):
    fill(tmp_path, ["0_angry", "1 Happy"], n_images=1)
    faces = load_image_folder(tmp_path)
    assert faces.target_names == list(EMOTIONS)
    assert faces.target.tolist() == [0, 3]


def test_numbers_of_emotions_are_emotions_and_warned_of_beside_words_too(tmp_path):
    fill(tmp_path, ["6.0", "fear"], n_images=1)
    with pytest.warns(UserWarning, match=r"the folders 6\.0 are taken for FER2013's neutral"):
        faces = load_image_folder(tmp_path)
    assert faces.target_names == list(EMOTIONS)
    assert faces.target.tolist() == [6, 2]


def test_these_numbers_may_be_something_else_until_they_are_explained(tmp_path):
    fill(tmp_path, list("0123456"), n_images=1)
    with pytest.warns(UserWarning, match="folders 0, 1, 2, 3, 4, 5, 6 are taken for FER2013's an"):
        faces = load_image_folder(tmp_path)
    assert (faces.target_names, faces.target.tolist()) == (list(EMOTIONS), [*range(7)])
    with pytest.warns(UserWarning, match="folders 0, 1, 2, 3, 4, 5 are taken for FER2013's angr"):
        load_image_folder(tmp_path, class_names={"6": None})
    load_image_folder(tmp_path, class_names=dict(zip("0123456", EMOTIONS, strict=True)))


def test_some_of_these_numbers_alone_may_be_something_else(tmp_path):
    fill(tmp_path, ["0", "3"], n_images=1)
    with pytest.warns(UserWarning, match="folders 0, 3 are taken for FER2013's angry, happy; cl"):
        faces = load_image_folder(tmp_path)
    assert (faces.target_names, faces.target.tolist()) == (list(EMOTIONS), [0, 3])
    assert load_image_folder(tmp_path, class_names={"0": "no", "3": "yes"}).target_names == [
        "no",
        "yes",
    ]
    load_image_folder(tmp_path, class_names={"0": "angry", "3": "happy"})


@pytest.mark.parametrize(
    ("inner", "within"),
    [
        (["train/happy", "train/sad", "test/happy", "test/sad"], "."),
        (["Training/1", "Training/2", "testing/1", "testing/2"], "."),
        (["happy", "sad"], "."),
        (["Anger", "Happiness"], "."),
        (["smile", "frown"], "."),
        (["archive/fer/train/happy", "archive/fer/train/sad"], "archive/fer"),
    ],
)
@pytest.mark.parametrize("wrapping", ["archive", "a/b", "a/b/c/d/e"])
def test_a_path_too_high_is_told_the_one_to_give(tmp_path, inner, within, wrapping):
    root = tmp_path / wrapping
    fill(root, inner)
    (tmp_path / "__MACOSX").mkdir()
    with pytest.raises(ValueError, match="not a folder of classes, but of data sets") as caught:
        load_image_folder(tmp_path)
    assert str(caught.value).endswith(f"give {root / within}")


@pytest.mark.parametrize(
    ("names", "are_several"),
    [
        (["fer/train/happy", "ck/train/happy"], True),
        (["alice/happy", "alice/sad", "bob/happy"], False),
        (["alice/happy", "alice/sad", "bob/happy", "bob/sad"], True),
        (["aia/aia_joy", "aia/aia_anger", "ray/ray_joy", "ray/ray_anger"], True),
        (["light/P1/Anger", "light/P1/Fear", "light/P2/Anger", "light/P2/Fear"], True),
    ],
)
def test_several_data_sets_or_persons_are_no_classes(tmp_path, names, are_several):
    fill(tmp_path, names)
    with pytest.raises(ValueError, match="not a folder of classes, but of data sets") as caught:
        load_image_folder(tmp_path)
    assert ("or, for those beside it too" in str(caught.value)) == are_several


def test_emotions_in_other_words_are_classes_whatever_is_in_them(tmp_path):
    fill(tmp_path, ["Anger/1", "Anger/2", "Joy/1"])
    assert load_image_folder(tmp_path).target_names == ["Anger", "Joy"]


def test_splits_beside_other_folders_are_no_classes_either(tmp_path):
    fill(tmp_path, ["Train/a", "test/a", "extra"])
    with pytest.raises(ValueError, match=r"holds splits \(Train, test\), not classes"):
        load_image_folder(tmp_path)


def test_a_class_may_be_called_test(tmp_path):
    fill(tmp_path, ["test", "other"])
    assert load_image_folder(tmp_path).target_names == ["other", "test"]


def test_folders_stand_for_what_one_says(tmp_path):
    fill(tmp_path, ["Anger", "mad", "joy", "me"], n_images=1)
    faces = load_image_folder(
        tmp_path, class_names={"anger": "angry", "mad": "angry", "joy": "happy", "me": None}
    )
    assert faces.target_names == list(EMOTIONS)
    assert faces.data[:, 0].tolist() == [0, 20, 10]
    assert faces.target.tolist() == [0, 3, 0]


def test_other_folders_keep_their_names(tmp_path):
    fill(tmp_path, ["a", "b", "c"], n_images=1)
    faces = load_image_folder(tmp_path, class_names={"a": "z", "c": "b"})
    assert (faces.target_names, faces.target.tolist()) == (["b", "z"], [1, 0, 0])


@pytest.mark.parametrize(
    ("class_names", "message"),
    [
        ({"x": "happy"}, r"names \['x'\], but there are no such folders; there are a, b"),
        ({"a": None, "b": None}, "leaves all folders out"),
    ],
)
def test_names_that_fit_no_folder_are_refused(tmp_path, class_names, message):
    fill(tmp_path, ["a", "b"])
    with pytest.raises(ValueError, match=message):
        load_image_folder(tmp_path, class_names=class_names)


def test_what_is_left_out_is_told(tmp_path):
    fill(tmp_path, ["a", "b"])
    assert load_image_folder(tmp_path).left_out == ""
    (tmp_path / "a" / "talk.mp4").write_bytes(b"no picture")
    (tmp_path / "loose.jpg").touch()
    (tmp_path / "Thumbs.db").touch()
    faces = load_image_folder(tmp_path)
    assert "1 file left out, which is no picture (1 .mp4" in faces.left_out
    assert "1 picture left out, which lies in no class's folder" in faces.left_out
    assert faces.left_out in faces.DESCR


def test_a_class_of_other_files_alone_tells_which(tmp_path):
    fill(tmp_path, ["a"])
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "talk.mp4").touch()
    with pytest.raises(
        ValueError, match=r"b: a folder with no images \(1 file left out, .*1 \.mp4"
    ):
        load_image_folder(tmp_path)


def test_pictures_of_all_kinds_belong_to_a_class(tmp_path):
    (tmp_path / "a").mkdir()
    fill(tmp_path, ["b"])
    for kind in ("PNG", "GIF", "MPO", "WEBP", "TIFF", "JPEG2000"):
        Image.new("L", (48, 48), 90).save(tmp_path / "a" / f"subject.{kind}.sad", kind)
    faces = load_image_folder(tmp_path)
    assert np.bincount(faces.target).tolist() == [6, 2]


def test_a_folder_of_one_class_is_pointed_out(tmp_path):
    (tmp_path / "happy").mkdir()
    Image.new("L", (48, 48)).save(tmp_path / "happy" / "a.png")
    with pytest.warns(UserWarning, match=r"all 1 images are of one class, 'happy'; expected two"):
        faces = load_image_folder(tmp_path)
    assert faces.target.tolist() == [3]


@pytest.mark.parametrize("load", [load_image_folder, FolderImages])
def test_a_doubt_about_numbers_is_told_to_whoever_loads(tmp_path, load):
    fill(tmp_path, ["0", "3"])
    with pytest.warns(UserWarning, match="are taken for FER2013's") as warned:
        load(tmp_path)
    assert warned[0].filename == __file__


def test_splits_are_joined_and_told_apart(tmp_path):
    fill(tmp_path, ["Test/frown", "Train_set/frown", "Train_set/smile", "val/smile"], n_images=1)
    faces = load_image_folder(tmp_path)
    assert faces.target_names == ["frown", "smile"]
    told = dict(zip(faces.data[:, 0].tolist(), faces.usage.tolist(), strict=True))
    assert told == {0: "PrivateTest", 10: "Training", 20: "Training", 30: "PublicTest"}
    X, y = load_image_folder(tmp_path, subset="Training", return_X_y=True)
    assert (X[:, 0].tolist(), y.tolist()) == ([10, 20], [0, 1])
    assert len(load_image_folder(tmp_path, subset="all", return_X_y=True)[0]) == 4


def test_splits_are_not_mixed_up_and_one_that_is_not_there_is_refused(tmp_path):
    fill(tmp_path, ["train/a", "train/b", "test/a", "test/b"])
    with pytest.raises(ValueError, match="which images\\? it has PublicTest, Training; expected"):
        load_image_folder(tmp_path, return_X_y=True)
    with pytest.raises(ValueError, match="no images of subset='PrivateTest'; it has PublicTest"):
        load_image_folder(tmp_path, subset="PrivateTest")


@pytest.mark.parametrize("names", [["anger", "mad"], ["1", "7"]])
def test_classes_of_splits_that_seem_to_be_emotions_are_to_be_explained(tmp_path, names):
    fill(tmp_path, [f"{split}/{name}" for split in ("train", "test") for name in names])
    with pytest.raises(ValueError, match="say which folder is which emotion"):
        load_image_folder(tmp_path)
    faces = load_image_folder(tmp_path, class_names={names[0]: "angry", names[1]: "sad"})
    assert set(faces.usage) == {"Training", "PublicTest"}


def test_of_several_splits_the_one_to_train_on_is_named(tmp_path):
    fill(tmp_path, ["Validation/a", "Train_set/a", "val"])
    with pytest.raises(ValueError, match=rf"such as {tmp_path / 'Train_set'}, or FER2013"):
        load_image_folder(tmp_path)


def test_splits_of_pictures_alone_are_no_classes(tmp_path):
    fill(tmp_path, ["FER2013Test", "FER2013Train", "FER2013Valid"])
    with pytest.raises(ValueError, match="holds splits") as caught:
        load_image_folder(tmp_path)
    assert "class_names" not in str(caught.value)


def test_a_csv_in_the_place_of_folders_is_the_one_to_give(tmp_path):
    (tmp_path / "faces.csv").touch()
    with pytest.raises(ValueError, match=rf"a CSV of faces, give it itself: {tmp_path}"):
        load_image_folder(tmp_path)


def test_an_empty_class_may_be_left_out(tmp_path):
    fill(tmp_path, ["calm", "glad"])
    (tmp_path / "sad").mkdir()
    with pytest.raises(ValueError, match=r"sad: a folder with no images; .*with class_names$"):
        load_image_folder(tmp_path)
    assert load_image_folder(tmp_path, class_names={"sad": None}).target_names == ["calm", "glad"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no such names")
def test_a_class_whose_name_is_no_text_wants_another(tmp_path):
    for name in ("高兴", "生气"):
        folder = os.fsdecode(os.fsencode(tmp_path) + b"/" + name.encode("gb18030"))
        os.mkdir(folder)
        Image.new("L", (48, 48)).save(os.path.join(folder, "a.png"))
    with pytest.raises(ValueError, match=r"have names that are no UTF-8, such as .+; rename them"):
        load_image_folder(tmp_path)
    names = {folder.name: word for folder, word in zip(tmp_path.iterdir(), "ab", strict=True)}
    assert load_image_folder(tmp_path, class_names=names).target_names == ["a", "b"]


@pytest.mark.parametrize("others", ["annotations", "Labels"])
@pytest.mark.parametrize("split", ["", "train_set"])
def test_annotations_in_files_of_their_own_want_a_table(tmp_path, others, split):
    fill(tmp_path / split, ["images"])
    (tmp_path / split / others).mkdir()
    (tmp_path / split / others / "0.txt").write_text("3 0.5 0.5 1 1")
    with pytest.raises(ValueError, match="pictures in images and what they show in files of"):
        load_image_folder(tmp_path)


def test_sequences_of_pictures_with_emotions_in_files_of_their_own_want_a_table(tmp_path):
    fill(tmp_path, ["cohn-kanade-images/S005/001"])
    for others in ("Emotion", "FACS", "Landmarks"):
        (tmp_path / others / "S005" / "001").mkdir(parents=True)
    with pytest.raises(ValueError, match="pictures in cohn-kanade-images and what they show in"):
        load_image_folder(tmp_path)


@pytest.mark.parametrize("names", [["smile", "frown"], ["train/happy", "train/sad", "test/sad"]])
@pytest.mark.parametrize("load", [load_image_folder, load_fer2013])
def test_a_table_beside_folders_of_classes_is_told_not_to_count(tmp_path, names, load):
    if load is load_fer2013:
        names = [name.replace("smile", "happy").replace("frown", "sad") for name in names]
    fill(tmp_path, names)
    table = (tmp_path / names[0]).parent / "labels.csv"
    table.write_text("image,label\nhappy/0.png,sad\n")
    subset = {"subset": "all"} if load is load_fer2013 else {}
    assert "not labels.csv, which may say otherwise" in load(tmp_path, **subset).left_out


def test_a_folder_without_pictures_beside_a_table_points_at_it(tmp_path):
    fill(tmp_path, ["Image/aligned"])
    (tmp_path / "EmoLabel").mkdir()
    (tmp_path / "EmoLabel" / "list.txt").write_text("0.png 4\n")
    with pytest.raises(ValueError, match=r"if list.txt says what each .*: .*EmoLabel.list\.txt$"):
        load_image_folder(tmp_path)


def test_splits_of_pictures_with_a_table_each_point_at_one(tmp_path):
    for split in ("test", "train"):
        (tmp_path / split).mkdir()
        Image.new("L", (48, 48)).save(tmp_path / split / "0.png")
        (tmp_path / split / "_classes.csv").write_text("filename, happy, sad\n0.png, 1, 0\n")
    with pytest.raises(ValueError, match=r"if _classes.csv says .*: .*train._classes\.csv"):
        load_image_folder(tmp_path)


@pytest.mark.parametrize("validated", [False, True])
def test_kaggles_folder_of_tests_is_two_as_its_files_are_called(tmp_path, validated):
    folders = ["train", "test", *(["validation"] if validated else [])]
    for folder in folders:
        for level, emotion in enumerate(("happy", "sad")):
            place = tmp_path / folder / emotion
            place.mkdir(parents=True)
            for name in ("PublicTest_1.png", "PrivateTest_2.png"):
                Image.new("L", (48, 48), level).save(place / name)
    found = load_image_folder(tmp_path)
    expected = load_fer2013(tmp_path, "all")
    by_name = dict(zip(map(str, expected.filenames), expected.usage, strict=True))
    assert [by_name[name] for name in found.filenames] == found.usage.tolist()
    if not validated:
        assert len(load_image_folder(tmp_path, subset="PublicTest").target) == 2
