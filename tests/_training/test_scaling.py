"""Scaling of pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fernet._training.scaling import PixelScaling

FLOATS = st.floats(-1e3, 1e3, width=32)
PIXELS = arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 8)))


def scaled(scaling, X):
    return (X.astype(np.float32) - scaling.offset_) * scaling.scale_


@given(PIXELS)
def test_scaled_pixels_are_finite_centred_and_together_of_unit_std(X):
    values = scaled(PixelScaling().fit(X), X)
    assert np.isfinite(values).all()
    assert abs(values.mean(axis=0)).max() < 1e-3
    varies = np.ptp(X, axis=0).any()
    assert (values**2).mean() == pytest.approx(1.0 if varies else 0.0, abs=1e-3)


@given(PIXELS)
def test_pixels_keep_their_stds_relative_to_each_other(X):
    scale = PixelScaling().fit(X).scale_
    assert (scale == scale[0]).all()


@given(PIXELS, st.integers(0, 99))
def test_the_order_of_the_rows_does_not_matter(X, seed):
    a = PixelScaling().fit(X)
    b = PixelScaling().fit(np.random.default_rng(seed).permutation(X))
    np.testing.assert_array_equal(a.offset_, b.offset_)
    np.testing.assert_array_equal(a.scale_, b.scale_)


def test_sums_over_many_rows_are_exact():
    X = np.full((3000, 2), 255, np.uint8)
    X[::2, 1] = 0
    scaling = PixelScaling().fit(X)
    assert scaling.offset_.tolist() == [255.0, 127.5]
    assert scaling.scale_[1] == np.float32(np.sqrt(2) / 127.5)


def test_only_the_named_rows_count():
    X = np.array([[0, 0], [10, 20], [255, 255]], np.uint8)
    assert PixelScaling().fit(X, np.array([0, 1])).offset_.tolist() == [5, 10]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_of_the_same_values_give_the_same_scaling(dtype):
    X = np.random.default_rng(0).integers(0, 256, (50, 6)).astype(np.uint8)
    a, b = PixelScaling().fit(X), PixelScaling().fit(X.astype(dtype))
    np.testing.assert_allclose(a.scale_, b.scale_, rtol=1e-6)


def test_it_comes_back_from_its_arrays():
    scaling = PixelScaling().fit(np.array([[0, 3], [9, 4]], np.uint8))
    again = PixelScaling.from_arrays(scaling.to_arrays())
    np.testing.assert_array_equal(again.offset_, scaling.offset_)
    np.testing.assert_array_equal(again.scale_, scaling.scale_)
    assert PixelScaling.from_arrays({}).is_identity


@given(PIXELS, st.floats(0.01, 100))
def test_the_std_asked_for_is_the_std_there_is(X, std):
    values = scaled(PixelScaling(scaled_std=std).fit(X), X)
    varies = np.ptp(X, axis=0).any()
    assert np.sqrt((values**2).mean()) == pytest.approx(std if varies else 0.0, rel=1e-3)


@given(PIXELS, st.floats(0.01, 100))
def test_each_pixel_may_have_the_std_asked_for_unless_it_hardly_varies(X, std):
    values = scaled(PixelScaling("per_pixel", std).fit(X), X)
    stds = np.sqrt((values**2).mean(axis=0))
    least = 0.5 * np.sqrt(X.var(axis=0).mean())
    varies = (X.std(axis=0) >= 1.001 * least) & (least > 0)
    np.testing.assert_allclose(stds[varies], std, rtol=1e-3)
    assert (stds < 1.002 * std).all()


@given(arrays(np.float64, st.tuples(st.integers(2, 20), st.integers(1, 5)), elements=FLOATS))
def test_standard_scaling_is_that_of_scikit_learn(X):
    values = scaled(PixelScaling("standard").fit(X), X.astype(np.float32))
    std = X.std(axis=0)
    clear = std > 1e-3 * (1 + np.abs(X).max())
    expected = (X - X.mean(axis=0)) / np.where(std > 0, std, 1.0)
    np.testing.assert_allclose(values[:, clear], expected[:, clear], rtol=1e-2, atol=1e-2)
    assert np.isfinite(values).all()


def test_what_large_numbers_differ_by_is_not_lost():
    X = 1e8 + np.array([[0.0], [16.0], [32.0]])
    scale = PixelScaling("standard").fit(X).scale_
    assert 1 / scale[0] == pytest.approx(np.std([0, 16, 32]), rel=1e-6)


def test_what_does_not_vary_is_only_centred():
    X = np.array([[3.0, 1.0], [3.0, 2.0]])
    scaling = PixelScaling("standard").fit(X)
    assert (scaling.offset_[0], scaling.scale_[0]) == (3.0, 1.0)


def test_a_speck_on_a_plain_border_does_not_outweigh_the_face():
    X = np.random.default_rng(0).integers(0, 256, (1000, 50), dtype=np.uint8)
    X[:, 0], X[7, 0] = 0, 255
    values = scaled(PixelScaling("per_pixel").fit(X), X)
    apart = X[7, 0] / X[:, 0].std()
    assert apart > 30  # what it would be divided by its own standard deviation
    assert np.abs(values).max() < 8


def test_it_shows_what_it_scales_by_and_whether_it_knows_already():
    scaling = PixelScaling("standard", 2.0)
    assert repr(scaling) == "<PixelScaling('standard', 2.0), not learnt>"
    assert repr(scaling.fit(np.eye(3))) == "<PixelScaling('standard', 2.0), learnt>"


def test_a_mirrored_one_scales_mirror_images_alike():
    images = np.random.default_rng(0).integers(0, 256, (9, 4, 5, 2), np.uint8)
    scaling = PixelScaling("standard").fit(images.reshape(9, -1))
    scaling.mirror((4, 5, 2))
    own, mirrored = (
        scaled(scaling, x.reshape(9, -1)).reshape(x.shape) for x in (images, images[:, :, ::-1])
    )
    np.testing.assert_array_equal(own, mirrored[:, :, ::-1])
    unlearnt = PixelScaling(None)
    unlearnt.mirror((4, 5, 2))
    assert unlearnt.is_identity
