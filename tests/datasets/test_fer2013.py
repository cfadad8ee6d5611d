"""FER2013 from a file or folders, and the Bunch it comes in."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from fernet.datasets import EMOTIONS, load_fer2013


@pytest.fixture
def csv(tmp_path, csv_bytes, faces):
    path = tmp_path / "faces.csv"
    path.write_bytes(csv_bytes(faces))
    return path


def draw(root, names):
    """Write one image a name, all of different levels."""
    for i, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (48, 48), i).save(root / name)


def summary(faces):
    """(level, label, split) of each image in order of level."""
    return sorted(
        zip(faces.data[:, 0].tolist(), faces.target.tolist(), faces.usage.tolist(), strict=True)
    )


def test_the_bunch_has_pixels_labels_names_splits_and_a_description(csv):
    faces = load_fer2013(csv, "all")
    assert (faces.data.shape, faces.data.dtype) == ((6, 2304), np.uint8)
    assert faces.images.shape == (6, 48, 48)
    assert np.shares_memory(faces.images, faces.data)
    assert (faces.target.tolist(), faces.target.dtype) == ([0, 1, 2, 3, 4, 5], np.int64)
    assert faces.target_names == list(EMOTIONS)
    assert faces.usage.tolist() == ["Training", "PublicTest", "PrivateTest"] * 2
    assert "6 images" in faces.DESCR
    assert "filenames" not in faces


def test_training_is_what_one_gets_without_asking(csv):
    assert set(load_fer2013(os.fspath(csv)).usage) == {"Training"}


def test_data_and_target_alone(csv):
    X, y = load_fer2013(csv, return_X_y=True)
    assert (X.shape, y.tolist()) == ((2, 2304), [0, 3])


@pytest.mark.parametrize(("color", "shape"), [(False, (20, 20)), (True, (20, 20, 3))])
def test_folders_may_be_read_larger_or_smaller_and_in_colours(tmp_path, color, shape):
    for name in ("train/angry/1.png", "train/sad/2.png", "test/sad/3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), "red").save(tmp_path / name)

    faces = load_fer2013(tmp_path, "all", image_size=20, color=color)

    assert faces.images.shape == (3, *shape)
    assert (faces.images == ([255, 0, 0] if color else 76)).all()
    assert faces.usage.tolist() == ["Training", "Training", "PublicTest"]
    assert f"Read as images of 20x20 {'pixels in colours' if color else 'grey'}" in faces.DESCR


@pytest.mark.parametrize("form", [{"image_size": 64}, {"color": True}])
def test_a_csv_has_its_size_and_so_have_faces_with_votes(csv, tmp_path, form):
    with pytest.raises(ValueError, match=r"a CSV of 48x48 grey pixels; image_size and color are"):
        load_fer2013(csv, **form)
    with pytest.raises(ValueError, match="labels are votes on faces of 48x48 grey pixels"):
        load_fer2013(tmp_path, labels=csv, **form)


def test_an_unknown_subset_is_refused(csv):
    with pytest.raises(ValueError, match=r"subset must be one of .* or all, got 'Test'"):
        load_fer2013(csv, "Test")


@pytest.mark.parametrize("name", ["fer2013.csv", "icml_face_data.csv"])
def test_the_csv_is_found_in_a_folder(csv, name):
    csv.rename(csv.with_name(name))
    assert len(load_fer2013(csv.parent, "all").data) == 6


def test_kaggles_folder_tells_the_split_by_the_names_of_files(tmp_path):
    draw(
        tmp_path,
        [
            "train/angry/Training_1.png",
            "test/sad/PublicTest_2.png",
            "test/neutral/PrivateTest_3.png",
        ],
    )
    assert summary(load_fer2013(tmp_path, "all")) == [
        (0, 0, "Training"),
        (1, 4, "PublicTest"),
        (2, 6, "PrivateTest"),
    ]
    public = load_fer2013(tmp_path, "PublicTest")
    assert public.filenames == [str(tmp_path / "test" / "sad" / "PublicTest_2.png")]


@pytest.mark.parametrize(
    ("names", "usages"),
    [
        (["train/Happy/1.png", "test/happy/1.png"], ["Training", "PublicTest"]),
        (
            ["train/3/1.png", "validation/3/1.png", "test/3/1.png"],
            ["Training", "PublicTest", "PrivateTest"],
        ),
        (
            ["Training/happy/1.png", "PublicTest/happy/1.png", "PrivateTest/happy/1.png"],
            ["Training", "PublicTest", "PrivateTest"],
        ),
        (["happy/1.png", "happy/PublicTest_2.png"], ["Training", "PublicTest"]),
        (["happy/Training_1.png", "happy/PrivateTest_2.png"], ["Training", "PrivateTest"]),
        (["fer2013/train/happy/1.png"], ["Training"]),
        (
            ["train/happy/PublicTest_1.png", "test/happy/Training_1.png"],
            ["Training", "PublicTest"],
        ),
        (
            [
                "train/happy/Training_1.png",
                "val/happy/Training_2.png",
                "test/happy/PublicTest_1.png",
            ],
            ["Training", "PublicTest", "PrivateTest"],
        ),
    ],
)
def test_folders_with_other_names_of_files(tmp_path, names, usages):
    draw(tmp_path, names)
    assert summary(load_fer2013(tmp_path, "all")) == [
        (i, 3, usage) for i, usage in enumerate(usages)
    ]


def test_a_folder_of_one_split_is_known_by_its_name(tmp_path):
    draw(tmp_path, ["test/happy/1.png"])
    assert load_fer2013(tmp_path / "test", "PublicTest").target.tolist() == [3]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["train/happy/1.png", "train/smile/1.png"], "smile: a folder named after no emotion"),
        (["train/happy/1.png", "extra/happy/1.png"], "extra: a folder named after neither a split"),
        (["notes/1.png"], "no images and no CSV of FER2013 in this folder"),
        ([], "no images and no CSV of FER2013 in this folder"),
    ],
)
def test_other_folders_are_refused(tmp_path, names, message):
    draw(tmp_path, names)
    with pytest.raises(ValueError, match=message):
        load_fer2013(tmp_path)


def test_an_emotion_without_images_is_an_error(tmp_path):
    draw(tmp_path, ["train/happy/1.png"])
    (tmp_path / "train" / "sad").mkdir()
    with pytest.raises(ValueError, match="sad: a folder with no images"):
        load_fer2013(tmp_path)


def test_an_unreadable_image_is_named(tmp_path):
    draw(tmp_path, ["train/happy/1.png", "train/happy/2.png"])
    (tmp_path / "train" / "happy" / "2.png").write_text("no image")
    with pytest.raises(ValueError, match=r"2\.png: not an image of a known kind"):
        load_fer2013(tmp_path)


def test_a_split_without_images_is_an_error(tmp_path):
    draw(tmp_path, ["train/happy/1.png"])
    with pytest.raises(ValueError, match="no PrivateTest images among 1"):
        load_fer2013(tmp_path, "PrivateTest")


def test_a_path_must_be_there_and_be_a_file_or_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="none: no such file or folder"):
        load_fer2013(tmp_path / "none")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="pipe: neither a file nor a folder"):
            load_fer2013(tmp_path / "pipe")


def test_an_image_is_no_csv(tmp_path):
    draw(tmp_path, ["face.png"])
    with pytest.raises(ValueError, match=r"face\.png: not a CSV file"):
        load_fer2013(tmp_path / "face.png")


def test_other_names_of_folders_stand_for_what_one_says(tmp_path):
    draw(
        tmp_path, ["train/Anger/1.png", "train/7/2.png", "test/happy/3.png", "test/contempt/4.png"]
    )
    faces = load_fer2013(tmp_path, "all", class_names={"anger": "angry", "7": 6, "contempt": None})
    assert summary(faces) == [(0, 0, "Training"), (1, 6, "Training"), (2, 3, "PublicTest")]


@pytest.mark.parametrize(
    ("names", "suggestion"),
    [
        (["anger", "happy", "disgusted"], "{'anger': 'angry', 'disgusted': 'disgust'}"),
        (["1", "2", "7"], "{'1': '?', '2': '?', '7': '?'}"),
    ],
)
def test_a_message_says_how_to_tell_which_folder_is_which(tmp_path, names, suggestion):
    draw(tmp_path, [f"{split}/{name}/1.png" for split in ("train", "test") for name in names])
    with pytest.raises(ValueError, match="a folder named after no emotion; expected") as caught:
        load_fer2013(tmp_path)
    assert str(caught.value).endswith(f"class_names={suggestion}")


def test_splits_without_any_emotion_are_told_what_to_say(tmp_path):
    draw(tmp_path, ["train/smile/1.png", "test/smile/1.png"])
    with pytest.raises(ValueError, match=r"its splits hold smile; .*class_names=\{'smile': '\?'\}"):
        load_fer2013(tmp_path)


def test_a_name_that_means_no_emotion_is_refused(tmp_path):
    draw(tmp_path, ["train/anger/1.png", "train/happy/1.png"])
    with pytest.raises(ValueError, match=r"anger: a folder named after no emotion \('furious'\)"):
        load_fer2013(tmp_path, class_names={"anger": "furious"})


@pytest.mark.parametrize("place", ["archive", "a/b/c"])
@pytest.mark.parametrize("content", ["csv", "splits"])
def test_a_path_too_high_is_told_the_one_to_give(tmp_path, csv, place, content):
    root = tmp_path / "top" / place
    root.mkdir(parents=True)
    if content == "csv":
        csv.rename(root / "icml_face_data.csv")
    else:
        draw(root, ["Train/happy/1.png", "TEST/happy/1.png"])
    with pytest.raises(ValueError, match=f"but in a folder within; give {root}$"):
        load_fer2013(tmp_path / "top")


def test_what_is_left_out_is_told(tmp_path):
    draw(tmp_path, ["train/happy/1.png", "train/stray.png"])
    (tmp_path / "train" / "happy" / "talk.mp4").touch()
    left_out = load_fer2013(tmp_path).left_out
    assert "1 .mp4" in left_out
    assert "1 picture left out, which lies in no class's folder" in left_out


def write_csv(path, rows, header):
    path.write_text(header + "\n" + "".join(f"{row}\n" for row in rows))
    return path


GREY = " ".join(["7"] * 2304)


def test_faces_without_labels_come_without_a_target_to_learn(tmp_path):
    path = write_csv(tmp_path / "test.csv", [GREY] * 3, "pixels")
    faces = load_fer2013(path)
    assert faces.target.tolist() == [-1] * 3
    assert "3 images" in faces.DESCR
    with pytest.raises(ValueError, match=r"test\.csv: no column 'emotion'"):
        load_fer2013(path, return_X_y=True)


def test_train_csv_is_found_in_a_folder_that_holds_nothing_better(tmp_path):
    write_csv(tmp_path / "train.csv", [f"3,{GREY}"], "emotion,pixels")
    assert load_fer2013(tmp_path).target.tolist() == [3]


def test_the_eighth_class_of_ck_plus_has_a_name(tmp_path):
    rows = [f"{label},{GREY},{usage}" for label, usage in ((7, "Training"), (0, "PublicTest"))]
    path = write_csv(tmp_path / "ck.csv", rows, "emotion,pixels,Usage")
    assert load_fer2013(path).target.tolist() == [7]
    assert load_fer2013(path, "PublicTest").target_names == [*EMOTIONS, "contempt"]


def test_labels_that_may_be_counted_from_one_are_doubted(tmp_path):
    def write(*labels):
        rows = [f"{label},{GREY},Training" for label in labels]
        return write_csv(tmp_path / "faces.csv", rows, "emotion,pixels,Usage")

    with pytest.warns(UserWarning, match=r"faces.csv: the label 7 .* none is 0.* take 1 off each"):
        load_fer2013(write(1, 2, 7))
    for labels in ((0, 1, 7), (1, 2, 6)):
        load_fer2013(write(*labels))


def test_labels_of_a_csv_may_be_words(tmp_path):
    rows = [f"{word},{GREY},Training" for word in ("happy", "Angry", "6")]

    faces = load_fer2013(write_csv(tmp_path / "faces.csv", rows, "emotion,pixels,Usage"))

    assert faces.target.tolist() == [3, 0, 6]
    assert faces.target_names == list(EMOTIONS)


def test_splits_may_have_longer_names(tmp_path):
    draw(tmp_path, ["FER2013Train/happy/1.png", "Valid_set/sad/2.png", "test-data/fear/3.png"])
    assert summary(load_fer2013(tmp_path, "all")) == [
        (0, 3, "Training"),
        (1, 4, "PublicTest"),
        (2, 2, "PrivateTest"),
    ]


def test_folders_of_other_words_are_told_both_ways_on(tmp_path):
    draw(tmp_path, ["Freude/1.png", "Wut/2.png", "test/3.png"])
    (tmp_path / "notes").mkdir()
    with pytest.raises(ValueError, match=r"or load_image_folder for classes of any name") as caught:
        load_fer2013(tmp_path)
    assert str(caught.value).endswith("class_names={'Freude': '?', 'Wut': '?'}")


def test_a_csv_of_another_name_in_the_folder_is_the_one_to_give(tmp_path):
    path = write_csv(tmp_path / "ckextended.csv", [f"3,{GREY}"], "emotion,pixels")
    with pytest.raises(ValueError, match=f"if ckextended.csv is one, give {path}$"):
        load_fer2013(tmp_path)


def test_open_files_are_no_paths(csv):
    with csv.open("rb") as file, pytest.raises(TypeError, match=r"^path is of type BufferedReader"):
        load_fer2013(file)
    with (
        csv.open("rb") as file,
        pytest.raises(TypeError, match=r"^labels is of type BufferedReader"),
    ):
        load_fer2013(csv, labels=file)


def test_other_names_are_for_folders_alone(csv, tmp_path):
    with pytest.raises(ValueError, match=r"^class_names is for folders of images; .* is a CSV$"):
        load_fer2013(csv, class_names={"0": "happy"})
    draw(tmp_path / "images", ["happy/1.png"])
    with pytest.raises(TypeError, match=r"^class_names is of type list; expected a mapping"):
        load_fer2013(tmp_path / "images", class_names=["happy"])


def test_votes_come_from_a_file_that_is_there(csv, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv: no such file or folder$"):
        load_fer2013(csv, labels=tmp_path / "none.csv")
    with pytest.raises(ValueError, match=r": a folder; expected FER\+'s fer2013new\.csv$"):
        load_fer2013(csv, labels=tmp_path)
