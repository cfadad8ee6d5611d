"""Images in folders that are read a batch at a time: as those that are all in memory."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.model_selection import cross_val_score

from fernet import FERMLPClassifier
from fernet.datasets import FolderImages, load_image_folder, make_faces
from fernet.datasets.folder_images import _Names
from fernet.datasets.images import ImageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A hundred faces of two classes, one of them in colour and large, and what is no picture."""
    root = tmp_path_factory.mktemp("faces")
    for number, image in enumerate(make_faces(100, random_state=0).images):
        place = root / ("smile" if number % 3 else "other") / "inner"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(place / f"{number:03}.png")
    Image.new("RGB", (90, 70), "red").save(root / "smile" / "large.jpg")
    (root / "smile" / "notes.txt").write_text("none")
    Image.new("L", (48, 48)).save(root / "stray.png")
    return root


@pytest.fixture(scope="module")
def loaded(folder):
    return load_image_folder(folder)


@pytest.fixture
def damaged(tmp_path):
    """Forty faces of two classes of which the thirty-first is cut off."""
    for number, image in enumerate(make_faces(40, random_state=0).images):
        place = tmp_path / ("a" if number < 20 else "b")
        place.mkdir(exist_ok=True)
        Image.fromarray(image).save(place / f"{number:02}.png")
    file = tmp_path / "b" / "30.png"
    file.write_bytes(file.read_bytes()[:60])
    return tmp_path


def model(**params):
    return FERMLPClassifier((8,), random_state=0, **({"max_iter": 2, "batch_size": 30} | params))


def test_it_has_what_the_loader_has(folder, loaded):
    faces = FolderImages(folder)
    assert (faces.shape, faces.dtype, len(faces)) == ((101, 48, 48), np.uint8, 101)
    assert faces.target_names == loaded.target_names
    assert list(faces.filenames) == loaded.filenames
    assert faces.left_out == loaded.left_out
    np.testing.assert_array_equal(faces.target, loaded.target)
    np.testing.assert_array_equal(faces[:], loaded.images)


@pytest.mark.parametrize("form", [{"image_size": 20}, {"image_size": 24, "color": True}])
def test_other_sizes_and_colours_are_learnt_as_from_memory(folder, form):
    faces, loaded = FolderImages(folder, **form), load_image_folder(folder, **form)

    assert faces.shape == loaded.images.shape
    np.testing.assert_array_equal(faces[[5, 100]], loaded.images[[5, 100]])
    lazily = model().fit(faces, faces.target).predict_proba(faces)
    at_once = model().fit(loaded.images, loaded.target).predict_proba(loaded.images)
    np.testing.assert_array_equal(lazily, at_once)


@pytest.mark.parametrize("index", [3, -1, slice(5, 60, 7), [4, -2, 4], [], np.arange(101) % 5 == 0])
def test_images_are_asked_for_as_those_of_an_array(folder, loaded, index):
    faces = FolderImages(folder)
    expected = (
        loaded.images[np.array(index, int) if index == [] else index]
        if (isinstance(index, list))
        else loaded.images[index]
    )
    np.testing.assert_array_equal(faces[index], expected)
    np.testing.assert_array_equal(faces[index, ...], expected)
    part = faces.take(index)
    np.testing.assert_array_equal(part[:], expected.reshape(-1, 48, 48))
    assert len(part.target) == len(part.filenames) == len(part)


@pytest.mark.parametrize("params", [{}, {"early_stopping": True}, {"augmentation": "flip"}])
def test_a_training_comes_to_the_same_bits_as_in_memory(folder, loaded, params):
    faces = FolderImages(folder)
    lazy = model(**params).fit(faces, faces.target)
    plain = model(**params).fit(loaded.images, loaded.target)
    np.testing.assert_array_equal(lazy.network_.values, plain.network_.values)
    np.testing.assert_array_equal(lazy.predict(faces), plain.predict(loaded.images))
    assert lazy.score(faces, faces.target) == plain.score(loaded.images, loaded.target)


def test_cross_validation_splits_it(folder, loaded):
    faces = FolderImages(folder)
    lazy = cross_val_score(model(), faces, faces.target, cv=2)
    np.testing.assert_array_equal(
        lazy, cross_val_score(model(), loaded.images, loaded.target, cv=2)
    )


def test_it_can_be_pickled(folder, loaded):
    faces = FolderImages(folder, n_jobs=2)
    faces[:40]
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(faces))[:], loaded.images)


def test_a_damaged_file_in_the_middle_is_named_and_the_model_stays(damaged):
    faces = FolderImages(damaged)
    good = np.delete(np.arange(40), 30)
    fitted = model().fit(faces.take(good), faces.target[good])
    before = fitted.network_.values.copy()
    for work in (fitted.fit, fitted.score):
        with pytest.raises(ImageError, match=r"30\.png"):
            work(faces, faces.target)
    np.testing.assert_array_equal(fitted.network_.values, before)


def test_damaged_files_can_be_left_out_beforehand(damaged):
    with pytest.warns(UserWarning, match=r"1 of 40 images left out as unreadable.*30\.png"):
        faces = FolderImages(damaged, on_error="skip")
    assert len(faces) == len(faces.target) == 39
    assert not [name for name in faces.filenames if "30.png" in name]
    model().fit(faces, faces.target)


def test_a_file_that_has_gone_is_named(damaged):
    faces = FolderImages(damaged)
    (damaged / "a" / "07.png").unlink()
    with pytest.raises(ImageError, match=r"07\.png: No such file"):
        faces[:20]


def test_folders_of_one_class_are_pointed_out(damaged):
    with pytest.warns(UserWarning, match="all 20 images are of one class, 'a'"):
        FolderImages(damaged, class_names={"b": None})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"class_names": {"c": "d"}}, "there are no such folders"),
        ({"on_error": "ignore"}, "on_error is 'ignore'; expected 'raise' or 'skip'"),
    ],
)
def test_what_makes_no_sense_is_refused(folder, options, message):
    with pytest.raises(ValueError, match=message):
        FolderImages(folder, **options)


def test_what_are_no_indices_is_refused(folder):
    faces = FolderImages(folder)
    with pytest.raises(IndexError, match=r"expected a truth value for each, got .*\(2,\)"):
        faces.take([True, False])
    with pytest.raises(IndexError, match="indices are float64; expected whole numbers"):
        faces[[0.0, 1.5]]
    assert len(faces[[]]) == 0


def test_indices_beyond_the_end_are_refused(folder):
    with pytest.raises(IndexError, match="there are 101 images"):
        FolderImages(folder)[[0, 101]]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.slices(5))
def test_names_come_back_as_they_were_given(names, part):
    kept = _Names(names)
    assert list(kept) == names
    assert kept[part] == names[part]
    assert [kept[-1 - i] for i in range(len(names))] == names[::-1]
    with pytest.raises(IndexError):
        kept[len(names)]
