"""Folders of one's own faces."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fernet.datasets import EMOTIONS, load_image_folder


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


def test_two_spellings_of_an_emotion_are_two_classes(tmp_path):
    fill(tmp_path, ["Happy", "happy"])
    assert load_image_folder(tmp_path).target_names == ["Happy", "happy"]


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
        (["loose.png"], "a folder with 1 images but no folders of classes"),
        (["a/readme.txt"], "a: a folder with no images"),
        (["train/a/1.png", "test/a/1.png"], r"holds splits \(test, train\), not classes"),
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
