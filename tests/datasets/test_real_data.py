"""The real FER2013 (Training and PublicTest) and CIFAR-10, in all their versions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from fernet.datasets import audit, load_cifar10, load_fer2013

TRAINING = [3995, 436, 4097, 7215, 4830, 3171, 4965]
PUBLIC_TEST = [467, 56, 496, 895, 653, 415, 607]


@pytest.fixture(scope="module")
def faces(fernet_data):
    return load_fer2013(fernet_data / "fer2013.csv", "all")


def contents(dataset):
    """The images with their labels and splits, whatever their order."""
    return Counter(
        zip(map(bytes, dataset.data), dataset.target.tolist(), dataset.usage.tolist(), strict=True)
    )


def test_each_split_of_fer2013_has_its_known_counts(faces):
    for usage, counts in (("Training", TRAINING), ("PublicTest", PUBLIC_TEST)):
        assert np.bincount(faces.target[faces.usage == usage]).tolist() == counts


@pytest.mark.parametrize("usage", ["Training", "PublicTest"])
def test_a_split_loads_as_it_stands_in_the_whole(fernet_data, faces, usage):
    X, y = load_fer2013(fernet_data / "fer2013.csv", usage, return_X_y=True)
    assert (faces.data[faces.usage == usage] == X).all()
    assert (y == faces.target[faces.usage == usage]).all()


def test_the_folder_of_public_test_agrees_with_the_csv(fernet_data):
    csv, folder = (
        load_fer2013(fernet_data / name, "PublicTest") for name in ("fer2013.csv", "fer2013")
    )
    assert contents(csv) == contents(folder)


@pytest.mark.slow
def test_the_whole_folder_agrees_with_the_csv(fernet_data, faces):
    assert contents(load_fer2013(fernet_data / "fer2013", "all")) == contents(faces)


def test_a_split_that_is_not_there_is_an_error(fernet_data):
    with pytest.raises(ValueError, match="no PrivateTest rows; found 28709 Training, 3589 Public"):
        load_fer2013(fernet_data / "fer2013.csv", "PrivateTest")


def test_the_audit_finds_what_is_known(faces):
    report = audit(faces, near_threshold=None)
    assert report.n_exact_duplicates == 1532
    assert len(report.exact_groups) == 1273
    assert len(report.conflicting_groups) == 47
    assert (len(report.blank), len(report.black)) == (12, 12)
    (leak,) = report.leaks
    assert (leak.usage, leak.other) == ("PublicTest", "Training")
    assert (leak.exact, leak.exact_same_label) == (280, 273)


@pytest.mark.slow
def test_the_audit_finds_near_duplicates(faces):
    report = audit(faces)
    # Sums in another order may move a pair across the threshold.
    assert len(report.near_groups) == pytest.approx(762, abs=3)
    assert report.near_mirrored.sum() == pytest.approx(14, abs=2)
    (leak,) = report.leaks
    assert leak.near == pytest.approx(160, abs=3)
    assert leak.near_same_label == pytest.approx(142, abs=3)


def test_the_binary_and_the_python_version_of_cifar10_are_the_same(fernet_data):
    binary, python = (
        load_cifar10(fernet_data / f"cifar-10-batches-{kind}", "test") for kind in ("bin", "py")
    )
    assert (binary.data == python.data).all()
    assert (binary.target == python.target).all()
    assert np.bincount(binary.target).tolist() == [1000] * 10


@pytest.mark.slow
def test_the_folders_of_cifar10_hold_the_same_images(fernet_data):
    batches, folders = (
        load_cifar10(fernet_data / name, "all") for name in ("cifar-10-batches-bin", "cifar10")
    )
    assert contents(batches) == contents(folders)
    assert np.bincount(folders.target[folders.usage == "train"]).tolist() == [5000] * 10


@pytest.fixture(scope="module")
def votes(fernet_data):
    path = fernet_data / "fer2013new.csv"
    if not path.is_file():
        pytest.skip("no fer2013new.csv in FERNET_DATA")
    return path


def test_votes_are_joined_to_the_faces(fernet_data, votes):
    faces = load_fer2013(fernet_data / "fer2013.csv", "all", labels=votes)
    assert np.bincount(faces.target).tolist() == [2385, 143, 594, 8152, 3364, 3564, 9921, 132]
    assert len(faces.left_out_rows) == 3790 + 89 + 164
    assert 0.67 < np.mean(faces.target == faces.fer2013_target) < 0.69


@pytest.mark.parametrize("usage", ["Training", "PublicTest"])
def test_votes_find_their_faces_in_another_order(fernet_data, votes, usage, tmp_path):
    in_order = load_fer2013(fernet_data / "fer2013.csv", usage, labels=votes)
    header, *lines = (fernet_data / "fer2013.csv").read_text().splitlines(keepends=True)
    lines = [line for line in lines if line.rstrip().endswith(usage)]
    other = tmp_path / "fer2013.csv"
    for order in (np.random.default_rng(0).permutation(len(lines)), np.arange(len(lines)) - 71):
        other.write_text(header + "".join(lines[i] for i in order))
        faces = load_fer2013(other, usage, labels=votes)
        # Images that are alike have votes of their own each, and the first of them is taken.
        expected = dict(zip(in_order.rows.tolist(), in_order.target.tolist(), strict=True))
        agrees = [
            expected.get(int(order[row]) % len(lines)) == label
            for row, label in zip(faces.rows, faces.target, strict=True)
        ]
        assert np.mean(agrees) > 0.97
