"""FER2013's images are found again in any order, also as JPEG; others are not taken for them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fernet.datasets import _fer_identity, load_fer2013, make_faces
from fernet.datasets._fer_csv import USAGES
from fernet.datasets._fer_identity import FINGERPRINTED, find_rows, fingerprints
from fernet.emotions import EMOTIONS

FACES, _ = make_faces(60, random_state=0, return_X_y=True)


@pytest.fixture
def known(monkeypatch):
    """Let the drawn faces be FER2013: the first 40 Training, the others PublicTest."""
    table = fingerprints(FACES)
    monkeypatch.setattr(_fer_identity, "_table", lambda: table)
    monkeypatch.setattr(_fer_identity, "FINGERPRINTED", (40, 20))


def as_jpeg(row, quality):
    file = io.BytesIO()
    Image.fromarray(row.reshape(48, 48)).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file)).ravel()


def test_images_in_any_order_are_found_by_their_split_and_row(known):
    order = np.random.default_rng(0).permutation(60)
    split, row = find_rows(FACES[order])
    np.testing.assert_array_equal(split, order >= 40)
    np.testing.assert_array_equal(row, np.where(order >= 40, order - 40, order))


@pytest.mark.parametrize("quality", [95, 85, 75])
def test_images_saved_as_jpeg_are_found(known, quality):
    saved = np.array([as_jpeg(row, quality) for row in FACES])
    split, row = find_rows(saved)
    np.testing.assert_array_equal(row + 40 * split, np.arange(60))


def test_other_images_and_blank_ones_are_not_found(known):
    noise = np.random.default_rng(1).integers(0, 256, (30, 2304)).astype(np.uint8)
    blank = np.repeat(np.array([[0], [90], [255]], np.uint8), 2304, axis=1)
    split, row = find_rows(np.concatenate([noise, blank]))
    assert (split == -1).all()
    assert (row == -1).all()


def test_the_first_of_images_that_are_alike_is_named(monkeypatch):
    monkeypatch.setattr(_fer_identity, "_table", lambda: fingerprints(FACES[[3, 5, 5, 3]]))
    np.testing.assert_array_equal(find_rows(FACES[[5, 3]])[1], [1, 0])


def test_no_images_are_found_among_none(known):
    assert [found.shape for found in find_rows(FACES[:0])] == [(0,), (0,)]


def test_the_table_is_that_of_the_competitions_file(fernet_data):
    splits = [
        load_fer2013(fernet_data / "fer2013.csv", subset, return_X_y=True)[0]
        for subset in USAGES[:2]
    ]
    assert tuple(map(len, splits)) == FINGERPRINTED
    # A coefficient next to 0 may round to either side of it elsewhere.
    differing = fingerprints(np.concatenate(splits)) != _fer_identity._table()
    assert differing.mean() < 1e-3


def test_folders_of_jpegs_get_the_votes_of_their_faces(fernet_data, tmp_path):
    csv, votes = fernet_data / "fer2013.csv", fernet_data / "fer2013new.csv"
    faces = load_fer2013(csv, "PublicTest")
    rng = np.random.default_rng(0)
    for i in rng.permutation(len(faces.target))[:400]:
        folder = tmp_path / "faces" / "test" / EMOTIONS[faces.target[i]]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(faces.images[i]).save(folder / f"{rng.integers(10**9)}-{i}.jpg", quality=80)

    found = load_fer2013(tmp_path / "faces", "all", labels=votes)

    in_order = load_fer2013(csv, "PublicTest", labels=votes)
    target_of = dict(zip(in_order.rows.tolist(), in_order.target.tolist(), strict=True))
    of_csv = [int(name.rsplit("-", 1)[1].removesuffix(".jpg")) for name in found.filenames]
    agrees = [target_of.get(i) == label for i, label in zip(of_csv, found.target, strict=True)]
    # Images that are alike have votes of their own each.
    assert np.mean(agrees) > 0.98
    assert len(found.target) > 330
