"""Filters along a line: averages that keep the light, and blur what they say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from fernet.augmentation.filters import (
    STRENGTHS,
    blur_matrix,
    filter_bank,
    motion_matrix,
    resolution_matrix,
)

sizes = st.integers(1, 60)


@given(sizes, st.floats(0.05, 5))
def test_a_blur_is_scipys_gaussian(size, sigma):
    line = np.random.default_rng(size).uniform(0, 255, size)
    radius = int(np.ceil(3 * sigma))
    expected = ndimage.gaussian_filter1d(line, sigma, mode="mirror", radius=radius)
    np.testing.assert_allclose(blur_matrix(size, sigma) @ line, expected, rtol=1e-5)


@given(sizes, st.data())
def test_every_filter_is_an_average(size, data):
    pixels = data.draw(st.integers(1, size))
    length = data.draw(st.floats(1, 12))
    for matrix in (resolution_matrix(size, pixels), motion_matrix(size, length)):
        assert matrix.min() >= 0
        np.testing.assert_allclose(matrix.sum(axis=1), 1, rtol=1e-5)


@given(sizes)
def test_full_resolution_and_no_motion_change_nothing(size):
    np.testing.assert_allclose(resolution_matrix(size, size), np.eye(size), atol=1e-6)
    np.testing.assert_array_equal(motion_matrix(size, 1.0), np.eye(size))


def test_a_coarse_line_has_no_more_detail_than_its_pixels():
    assert np.linalg.matrix_rank(resolution_matrix(48, 18).astype(np.float64), tol=1e-4) == 18


@pytest.mark.parametrize(
    ("settings", "kinds"),
    [
        ((0.0, 1.0, 0.0), ()),
        ((2.0, 1.0, 0.0), ("blur",)),
        ((0.0, 2.5, 1.0), ("resolution",)),
        ((2.0, 2.5, 5.0), ("blur", "resolution", "motion")),
    ],
)
def test_a_bank_holds_the_kinds_asked_for_from_weak_to_strong(settings, kinds):
    bank, found = filter_bank(48, *settings)
    assert found == kinds
    assert bank.shape == (STRENGTHS * len(kinds), 48, 48)
    for number in range(len(kinds)):
        kind = bank[STRENGTHS * number : STRENGTHS * (number + 1)]
        kept = np.trace(kind, axis1=1, axis2=2)
        assert (np.diff(kept) <= 1e-4).all()
        assert kept[0] > kept[-1]
