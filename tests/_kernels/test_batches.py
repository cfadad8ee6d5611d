"""Batches out of a data set: rows as they are, or images warped.

Both do the oracle's float32 operations one by one and in its order, so they equal it exactly.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

ROW_TYPES = [np.uint8, np.float32, np.float64]
IMAGE_TYPES = [np.uint8, np.float32]

seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)


def draw(shape, dtype, rng):
    if dtype == np.uint8:
        return rng.integers(0, 256, shape, dtype=np.uint8)
    return rng.normal(0, 50, shape).astype(dtype)


# -- rows ----------------------------------------------------------------------------------


def gather_rows(X, indices, offset=None, scale=None, *, kernels=_kernels):
    out = np.full((len(indices), X.shape[1]), np.nan, np.float32)
    kernels.gather_rows(X, np.asarray(indices, np.int64), offset, scale, out)
    return out


@pytest.mark.parametrize("dtype", ROW_TYPES)
@some
@given(
    st.integers(1, 40), st.integers(0, 70), st.integers(0, 90), st.booleans(), st.booleans(), seeds
)
@example(3, 2304, 5, True, True, 0)
def test_rows_equal_the_oracle(same_bits, dtype, n, d, batch, shifted, scaled, seed):
    rng = np.random.default_rng(seed)
    X = draw((n, d), dtype, rng)
    indices = rng.integers(0, n, batch)  # repeated and in any order
    offset = rng.standard_normal(d, np.float32) if shifted else None
    scale = rng.standard_normal(d, np.float32) if scaled else None
    expected = gather_rows(X, indices, offset, scale, kernels=reference)
    same_bits(gather_rows(X, indices, offset, scale), expected)


@pytest.mark.parametrize("dtype", ROW_TYPES)
def test_rows_come_in_the_order_asked_for_and_as_often(dtype):
    X = np.arange(15, dtype=dtype).reshape(5, 3)
    np.testing.assert_array_equal(gather_rows(X, [4, 0, 4, 2]), X[[4, 0, 4, 2]])


@some
@given(st.integers(1, 40), st.integers(0, 90), seeds)
def test_targets_equal_the_oracle(same_bits, n, batch, seed):
    rng = np.random.default_rng(seed)
    target, indices = rng.integers(-9, 9, n).astype(np.int32), rng.integers(0, n, batch)
    out, expected = (np.full(batch, 99, np.int32) for _ in range(2))
    _kernels.gather_targets(target, indices, out)
    reference.gather_targets(target, indices, expected)
    same_bits(out, expected)


def test_an_index_beyond_the_targets_is_refused_and_nothing_written():
    target, out = np.zeros(3, np.int32), np.full(2, 9, np.int32)
    for index in (3, -1):
        with pytest.raises(IndexError, match=rf"indices\[1\] is {index}, expected 0 to 2"):
            _kernels.gather_targets(target, np.array([0, index]), out)
    assert out.tolist() == [9, 9]


def test_a_data_set_may_be_read_only():
    X = np.arange(15, dtype=np.uint8).reshape(5, 3)
    X.setflags(write=False)
    np.testing.assert_array_equal(gather_rows(X, [1]), [[3, 4, 5]])


def test_no_rows_out_of_none():
    assert gather_rows(np.empty((0, 3), np.uint8), []).shape == (0, 3)


@pytest.mark.parametrize("index", [-1, 5, 2**62])
def test_an_index_out_of_range_is_refused_by_its_position(index):
    out = np.full((4, 3), 7, np.float32)
    indices = np.array([0, 4, index, 1], np.int64)
    with pytest.raises(IndexError, match=rf"indices\[2\] is {index}, expected 0 to 4"):
        _kernels.gather_rows(np.zeros((5, 3), np.uint8), indices, None, None, out)
    np.testing.assert_array_equal(out, np.full((4, 3), 7))


# -- images ----------------------------------------------------------------------------------


def affine(
    X, indices, matrices, gain=1.0, bias=0.0, boxes=(0, 0, 0, 0), fill=0.0, offset=None, scale=None,
    low=-np.inf, high=np.inf, *, kernels=_kernels,
):  # fmt: skip
    n = len(indices)
    out = np.full((n, *X.shape[1:]), np.nan, np.float32)
    kernels.affine_gather(
        X,
        np.asarray(indices, np.int64),
        np.ascontiguousarray(np.broadcast_to(matrices, (n, 2, 3)), np.float32),
        np.ascontiguousarray(np.broadcast_to(gain, (n,)), np.float32),
        np.ascontiguousarray(np.broadcast_to(bias, (n,)), np.float32),
        np.ascontiguousarray(np.broadcast_to(boxes, (n, 4)), np.int32),
        np.ascontiguousarray(np.broadcast_to(fill, (n,)), np.float32),
        offset,
        scale,
        low,
        high,
        out,
    )
    return out


def images(shape=(3, 7, 6, 2), dtype=np.uint8, seed=0):
    return draw(shape, dtype, np.random.default_rng(seed))


IDENTITY = [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize("dtype", IMAGE_TYPES)
@some
@given(
    st.integers(0, 5),
    st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 3)),
    st.booleans(),
    st.sampled_from([(-np.inf, np.inf), (0.0, 255.0), (-1.0, 1.0), (0.0, 300.0)]),
    seeds,
)
@example(2, (48, 48, 1), True, (0.0, 255.0), 0)
def test_warps_equal_the_oracle(dtype, batch, shape, standardised, limits, seed):
    rng = np.random.default_rng(seed)
    X = draw((4, *shape), dtype, rng)
    matrices = rng.normal(0, 1, (batch, 2, 3)).astype(np.float32)
    matrices[:, :, 2] *= 3 * max(shape)  # far beyond the border
    n_pixels = math.prod(shape)
    arguments = (
        X,
        rng.integers(0, 4, batch),
        matrices,
        rng.uniform(0.2, 2, batch),
        rng.normal(0, 50, batch),
        rng.integers(-3, 15, (batch, 4)),  # may be empty, and may reach beyond the image
        -3.5,
        rng.standard_normal(n_pixels, np.float32) if standardised else None,
        rng.standard_normal(n_pixels, np.float32) if standardised else None,
        *limits,
    )
    np.testing.assert_array_equal(affine(*arguments), affine(*arguments, kernels=reference))


@pytest.mark.parametrize("dtype", IMAGE_TYPES)
@pytest.mark.parametrize("size", [(7, 6), (6, 7), (1, 5), (5, 1), (1, 1), (48, 48)])
def test_the_identity_and_flips_copy_pixels_exactly(dtype, size):
    X = images((3, *size, 2), dtype)
    indices = [2, 0, 2]
    np.testing.assert_array_equal(affine(X, indices, IDENTITY), X[indices])
    left_right = affine(X, indices, [[1, 0, 0], [0, -1, 0]])
    np.testing.assert_array_equal(left_right, X[indices][:, :, ::-1])
    upside_down = affine(X, indices, [[-1, 0, 0], [0, 1, 0]])
    np.testing.assert_array_equal(upside_down, X[indices][:, ::-1])


@pytest.mark.parametrize("dtype", IMAGE_TYPES)
@pytest.mark.parametrize("size", [5, 6])
def test_a_quarter_turn_is_rot90(dtype, size):
    X = images((2, size, size, 3), dtype)
    turned = affine(X, [0, 1], [[0, 1, 0], [-1, 0, 0]])
    np.testing.assert_array_equal(turned, np.rot90(X, axes=(1, 2)))


@pytest.mark.parametrize("dtype", IMAGE_TYPES)
@some
@given(st.integers(2, 9), st.integers(2, 9), st.integers(-30, 30), st.integers(-30, 30))
def test_whole_shifts_copy_pixels_and_mirror_the_border(dtype, height, width, down, right):
    X = images((1, height, width, 1), dtype)
    shifted = affine(X, [0], [[1, 0, down], [0, 1, right]])
    padded = np.pad(X[0, :, :, 0], 30, mode="reflect")
    expected = padded[30 + down : 30 + down + height, 30 + right : 30 + right + width]
    np.testing.assert_array_equal(shifted[0, :, :, 0], expected)


def test_half_way_between_two_pixels_is_their_mean():
    X = images((1, 4, 5, 1), np.float32)
    across = affine(X, [0], [[1, 0, 0], [0, 1, 0.5]])
    np.testing.assert_allclose(across[:, :, :4], (X[:, :, :4] + X[:, :, 1:]) / 2, rtol=1e-5)


def test_gain_and_bias_clip_bytes_and_real_numbers_where_they_are_told_to():
    pixels = np.array([0, 50, 100, 200], np.uint8).reshape(1, 2, 2, 1)
    brighter = affine(pixels, [0], IDENTITY, gain=2.0, bias=-50.0)
    np.testing.assert_array_equal(brighter.ravel(), [0, 50, 150, 255])
    numbers = pixels.astype(np.float32)
    brighter = affine(numbers, [0], IDENTITY, gain=2.0, bias=-50.0)
    np.testing.assert_array_equal(brighter.ravel(), [-50, 50, 150, 350])
    brighter = affine(numbers, [0], IDENTITY, gain=2.0, bias=-50.0, low=-10, high=300)
    np.testing.assert_array_equal(brighter.ravel(), [-10, 50, 150, 300])


@pytest.mark.parametrize(("low", "high"), [(1.0, 0.0), (np.nan, 1.0), (0.0, np.nan)])
def test_a_white_below_black_is_refused(low, high):
    with pytest.raises(ValueError, match=f"low is {low} and high {high}, expected no more"):
        affine(images(), [0], IDENTITY, low=low, high=high)


def test_each_image_has_its_own_gain_bias_and_matrix():
    X = images((1, 3, 3, 1), np.float32)
    matrices = np.array([IDENTITY, [[1, 0, 0], [0, -1, 0]]])
    out = affine(X, [0, 0], matrices, gain=[1, 3], bias=[0, 5])
    np.testing.assert_array_equal(out[0], X[0])
    np.testing.assert_array_equal(out[1], X[0][:, ::-1] * np.float32(3) + np.float32(5))


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((1, 3, 2, 5), slice(1, 3), slice(2, 5)),
        ((0, 7, 0, 6), slice(None), slice(None)),
        ((-4, 2, 4, 99), slice(0, 2), slice(4, None)),
        ((3, 3, 0, 6), slice(0), slice(0)),
        ((5, 2, 0, 6), slice(0), slice(0)),
    ],
)
def test_a_box_is_erased_after_gain_and_before_standardising(box, rows, columns):
    X = images()
    offset, scale = np.full(84, 10, np.float32), np.full(84, 0.5, np.float32)
    out = affine(X, [0], IDENTITY, 1.0, 0.0, box, 90.0, offset, scale)
    expected = X[:1].astype(np.float32)
    expected[:, rows, columns] = 90
    np.testing.assert_array_equal(out, (expected - 10) / 2)


@pytest.mark.parametrize("dtype", IMAGE_TYPES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e38, -1e38])
@pytest.mark.parametrize("entry", [(0, 0), (0, 2), (1, 1), (1, 2)])
def test_a_matrix_out_of_bounds_reads_nothing_beyond_the_image(dtype, value, entry):
    X = images((5, 7, 9, 1), dtype)
    matrix = np.array(IDENTITY, np.float32)
    matrix[entry] = value
    low, high = X[2].min(), X[2].max()
    out = affine(X, [2], matrix)
    inside = out[~np.isnan(out)]
    assert np.all((inside >= low) & (inside <= high))


def test_warps_have_the_same_bits_for_any_threads_and_any_batch(threads, same_bits):
    rng = np.random.default_rng(1)
    X = images((9, 48, 48, 1))
    indices, matrices = rng.integers(0, 9, 20), rng.normal(0, 1, (20, 2, 3))
    with threads(1):
        alone = affine(X, indices, matrices)
        rows = gather_rows(X.reshape(9, -1), indices)
    for n in (2, 3, 5):
        with threads(n):
            same_bits(affine(X, indices, matrices), alone)
            same_bits(gather_rows(X.reshape(9, -1), indices), rows)
    order = rng.permutation(20)
    same_bits(affine(X, indices[order], matrices[order]), alone[order])
    same_bits(affine(X, indices[:1], matrices[:1]), alone[:1])


@pytest.mark.parametrize("plane", [(2**24 + 1, 1), (1, 2**24 + 1)])
def test_sides_whose_pixels_float32_does_not_tell_apart_are_refused(plane):
    with pytest.raises(ValueError, match="expected sides of at most 16777216 pixels"):
        affine(np.zeros((1, *plane, 1), np.uint8), [], IDENTITY)


def test_an_image_index_out_of_range_is_refused_by_its_position():
    with pytest.raises(IndexError, match=r"indices\[1\] is 3, expected 0 to 2"):
        affine(images(), [0, 3], IDENTITY)
