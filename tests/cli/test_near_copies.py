"""A test that chance made of near copies of what is learnt."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet.cli.data import load_for_training
from fernet.cli.faces import Faces
from fernet.cli.near_copies import remark_on_near_copies
from fernet.datasets import make_faces


def halves(images):
    """The first half to learn and the second to test on."""
    images = np.asarray(images, np.uint8)
    both = Faces(
        "own", "all", images.reshape(len(images), -1), np.zeros(len(images), int), ["a"],
        images.shape[1:],
    )  # fmt: skip
    half = len(images) // 2
    return both.take(slice(half), "training"), both.take(slice(half, None), "held out")


@given(st.integers(0, 40))
@settings(deadline=None, max_examples=20)
def test_near_copies_are_counted_from_one_in_twenty_on(n_copies):
    rng = np.random.default_rng(n_copies)
    learnt = rng.integers(20, 200, (40, 48, 48))
    test = rng.integers(20, 200, (40, 48, 48))
    test[:n_copies] = learnt[rng.permutation(40)[:n_copies]] + 30 + rng.integers(5, size=48)
    remark = remark_on_near_copies(*halves([*learnt, *test]))
    if n_copies < 2:
        assert remark == ""
    else:
        assert remark.startswith(f"{n_copies} of the 40 images held out for the test look nearly")


def test_more_images_than_are_looked_at_are_not_copied(monkeypatch):
    training, test = halves(np.zeros((20, 48, 48)))
    monkeypatch.setattr("fernet.cli.near_copies._MOST_IMAGES", 19)
    monkeypatch.setattr(np, "concatenate", None)
    assert remark_on_near_copies(training, test) == ""


def test_several_faces_of_one_person_and_blank_ones_are_no_fault():
    learnt = np.zeros((20, 48, 48))
    assert remark_on_near_copies(*halves([*learnt, *learnt])) == ""


def test_a_folder_of_films_is_remarked_on_and_one_of_faces_is_not(run, tmp_path, write_images):
    faces = make_faces(80, random_state=0)
    names = [("calm", "tense")[label % 2] for label in faces.target]
    plain = write_images(tmp_path / "plain", faces.images, names)
    film = np.clip(faces.images[:40, None] + np.arange(3)[:, None, None], 0, 255).astype(np.uint8)
    frames = write_images(
        tmp_path / "film", film.reshape(-1, 48, 48), list(np.repeat(names[:40], 3))
    )
    options = ["--epochs", 1, "--hidden", 8]
    results = [run("train", "--data", data, *options) for data in (plain, frames)]
    assert [result.exit_code for result in results] == [0, 0]
    told = ["and --groups keeps each person's" in result.stderr for result in results]
    assert told == [False, True]


def test_splits_of_the_data_sets_own_that_share_images_are_remarked_on(tmp_path, write_images):
    faces = make_faces(60, random_state=0)
    names = [("calm", "tense")[label % 2] for label in faces.target]
    write_images(tmp_path / "train", faces.images[:40], names[:40])
    write_images(tmp_path / "test", faces.images[30:], names[30:])
    training, _ = load_for_training(tmp_path, seed=0)
    assert training.notes[0].startswith("10 of the 30 images to test on (PublicTest) look nearly")
    for path in (tmp_path / "test").rglob("*.png"):
        number = int("".join(filter(str.isdigit, path.stem)))
        path.unlink() if number < 10 else None
    training, _ = load_for_training(tmp_path, seed=0)
    assert training.notes == []
