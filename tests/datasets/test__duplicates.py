"""Finding equal and nearly equal images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fernet.datasets import _duplicates
from fernet.datasets._duplicates import find_near, group_equal


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 30), st.just(2)), elements=st.integers(0, 2)))
def test_equal_rows_have_the_same_number_and_others_do_not(data):
    group = group_equal(data)
    equal = (data[:, None] == data[None]).all(axis=2)
    assert ((group[:, None] == group[None]) == equal).all()
    first = [group.tolist().index(number) for number in range(group.max() + 1)]
    assert first == sorted(first)


@pytest.fixture
def images():
    """Sixty images that are smooth, as faces are, and unlike each other."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(20, 200, (60, 8, 8), dtype=np.uint8)
    return coarse.repeat(6, axis=1).repeat(6, axis=2)


def test_unlike_images_make_no_pairs(images):
    pairs = find_near(images, 0.75)
    assert (pairs.indices.shape, pairs.complete) == ((0, 2), True)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image // 2 + 40,
        lambda image: image + np.random.default_rng(1).integers(0, 20, image.shape),
        lambda image: np.roll(image, 1, axis=0),
        lambda image: np.where(np.arange(48) > 44, 200, image),
    ],
    ids=["contrast", "noise", "shift", "strip"],
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_an_image_that_was_altered_a_little_is_found(images, change, mirrored):
    images[50] = change(images[7][:, ::-1] if mirrored else images[7])
    pairs = find_near(images, 0.75)
    assert pairs.indices.tolist() == [[7, 50]]
    assert pairs.mirrored.tolist() == [mirrored]
    assert len(find_near(images, 0.75, mirrored=False).indices) == (0 if mirrored else 1)


def test_tiles_find_what_a_plain_comparison_finds(images, monkeypatch):
    rng = np.random.default_rng(2)
    images = images.astype(np.float32)
    images[30:] = images[:30] + rng.normal(0, np.linspace(1, 60, 30)[:, None, None], (30, 48, 48))
    flat = images.reshape(60, -1)
    upside = images[:, :, ::-1].reshape(60, -1)
    direct = np.corrcoef(flat)
    reverse = np.corrcoef(flat, upside)[:60, 60:]
    expected = np.argwhere(np.triu(np.maximum(direct, reverse) >= 0.9, 1))
    assert 5 < len(expected) < 30
    for tile in (7, 16, 1024):
        monkeypatch.setattr(_duplicates, "_TILE", tile)
        pairs = find_near(images, 0.9)
        assert pairs.indices.tolist() == expected.tolist()
        assert np.allclose(pairs.similarity, direct[tuple(expected.T)], atol=1e-5)


@pytest.mark.parametrize("shape", [(32, 32, 3), (5, 7), (1, 3), (50, 20)])
def test_images_may_have_any_size_and_colors(shape):
    images = np.random.default_rng(3).integers(0, 256, (4, *shape), dtype=np.uint8)
    images[3] = images[1] // 2
    assert [1, 3] in find_near(images, 0.99).indices.tolist()


def test_the_list_of_pairs_is_bounded(images, monkeypatch):
    monkeypatch.setattr(_duplicates, "MAX_PAIRS", 3)
    images[:10] = images[0] // np.arange(1, 11)[:, None, None]
    pairs = find_near(images, 0.5)
    assert (len(pairs.indices), pairs.complete) == (3, False)


def test_no_images_have_no_pairs():
    assert find_near(np.empty((0, 48, 48), np.uint8), 0.9).indices.shape == (0, 2)
