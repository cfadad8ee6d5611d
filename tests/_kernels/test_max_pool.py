"""Max pooling and its gradient: comparisons and copies, so equal to the oracle bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

batch_sizes = st.sampled_from([0, 1, 2, 7])
planes = st.tuples(st.integers(1, 9), st.integers(1, 9))
channel_counts = st.sampled_from([1, 2, 3, 4, 8, 15, 16, 17, 20, 33, 256])
windows = st.sampled_from([(2, 2), (2, 2), (1, 1), (1, 2), (3, 2), (3, 3), (16, 16)])
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=60, deadline=None)

SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-45, 3e38], np.float32)


def values(shape, seed):
    """Few different numbers, so that windows hold equal ones, and some that are not finite."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, shape).astype(np.float32)
    special = rng.random(shape) < 0.2
    x[special] = rng.choice(SPECIAL, special.sum())
    return x


def pooled_shape(x, size):
    n, h, w, c = x.shape
    return n, h // size[0], w // size[1], c


def pool(x, size=(2, 2), *, kernels=_kernels):
    y = np.full(pooled_shape(x, size), 7, x.dtype)
    argmax = np.full(kernels.argmax_size(y.size, size), 0xA5, np.uint8)
    kernels.max_pool_forward(x, y, argmax, size)
    return y, argmax


def gradient(x, dy, size=(2, 2), relu=False, *, kernels=_kernels):
    y, argmax = pool(x, size, kernels=kernels)
    dx = np.full_like(x, 7)
    kernels.max_pool_backward(dy, y, argmax, dx, size, relu)
    return dx


# -- against the oracle ----------------------------------------------------------------------


@some
@given(batch_sizes, planes, channel_counts, windows, seeds)
@example(7, (1, 1), 3, (2, 2), 0)
@example(2, (1, 5), 17, (2, 2), 0)
@example(1, (48, 48), 32, (2, 2), 0)
@example(3, (7, 9), 1, (2, 2), 0)
@example(2, (6, 6), 2, (2, 2), 1)
def test_maxima_and_their_places_equal_the_oracle(same_bits, n, plane, c, size, seed):
    x = values((n, *plane, c), seed)
    for actual, expected in zip(pool(x, size), pool(x, size, kernels=reference), strict=True):
        same_bits(actual, expected)


@some
@given(batch_sizes, planes, channel_counts, windows, st.booleans(), seeds)
@example(7, (1, 1), 3, (2, 2), True, 0)
@example(2, (1, 5), 17, (2, 2), True, 0)
@example(1, (48, 48), 32, (2, 2), True, 0)
@example(3, (7, 9), 1, (2, 2), False, 0)
def test_gradient_equals_the_oracle(same_bits, n, plane, c, size, relu, seed):
    x = values((n, *plane, c), seed)
    dy = values(pooled_shape(x, size), seed + 1)
    expected = gradient(x, dy, size, relu, kernels=reference)
    same_bits(gradient(x, dy, size, relu), expected)


@some
@given(batch_sizes, planes, channel_counts, windows, seeds)
def test_maxima_are_the_same_when_their_places_are_not_wanted(same_bits, n, plane, c, size, seed):
    x = values((n, *plane, c), seed)
    y = np.full(pooled_shape(x, size), 7, np.float32)
    _kernels.max_pool_forward(x, y, None, size)
    same_bits(y, pool(x, size)[0])


@pytest.mark.parametrize("size", [(2, 2), (3, 2)])
def test_gradient_of_the_oracle(size, assert_gradient):
    rng = np.random.default_rng(0)
    x = rng.permutation(180).reshape(2, 5, 6, 3) / 90  # no two alike
    dy = rng.standard_normal(pooled_shape(x, size))
    dx = gradient(x, dy, size, kernels=reference)
    assert_gradient(dx, lambda x: np.sum(pool(x, size, kernels=reference)[0] * dy), x)


# -- properties ------------------------------------------------------------------------------


def test_places_are_two_bits_each_and_four_a_byte():
    x = np.zeros((1, 2, 10, 1), np.float32)
    for window, place in enumerate([(0, 0), (0, 1), (1, 0), (1, 1), (1, 0)]):
        x[0, place[0], 2 * window + place[1], 0] = 1
    np.testing.assert_array_equal(pool(x)[1], [0b11_10_01_00, 0b00_00_00_10])


def test_places_of_other_windows_are_bytes_counted_along_their_rows():
    x = np.zeros((1, 3, 4, 2), np.float32)
    x[0, 2, 1, 0] = x[0, 1, 3, 1] = 1
    np.testing.assert_array_equal(pool(x, (3, 2))[1], [5, 0, 0, 3])


@pytest.mark.parametrize(("size", "expected"), [((2, 2), 3), ((1, 2), 9), ((3, 3), 9)])
def test_places_need_a_quarter_byte_or_a_byte_a_window(size, expected):
    assert _kernels.argmax_size(9, size) == expected == reference.argmax_size(9, size)
    assert _kernels.argmax_size(0, size) == 0


@pytest.mark.parametrize("size", [(2, 2), (3, 3)])
def test_the_first_of_equal_values_is_taken(size):
    x = np.full((1, 6, 6, 17), 3, np.float32)
    assert not pool(x, size)[1].any()
    x[..., ::2, ::2, :] = -0.0  # equal to 0
    x[x == 3] = 0
    assert not pool(x, size)[1].any()


@pytest.mark.parametrize("size", [(2, 2), (3, 3)])
def test_a_nan_is_the_maximum_wherever_it_stands(size):
    n_places = size[0] * size[1]
    x = np.full((n_places, *size, 40), np.inf, np.float32)
    for place in range(n_places):
        x[place].reshape(n_places, 40)[place] = np.nan
    assert np.isnan(pool(x, size)[0]).all()
    dx = gradient(x, np.ones((n_places, 1, 1, 40), np.float32), size)
    np.testing.assert_array_equal(dx, np.isnan(x))


def test_rows_and_columns_beyond_the_last_window_are_dropped_and_get_no_gradient(same_bits):
    x = values((2, 7, 5, 19), 0)
    for actual, expected in zip(pool(x), pool(x[:, :6, :4].copy()), strict=True):
        same_bits(actual, expected)
    dx = gradient(x, np.ones(pooled_shape(x, (2, 2)), np.float32))
    assert not dx[:, 6].any()
    assert not dx[:, :, 4].any()
    assert dx.sum() == 2 * 3 * 2 * 19


@pytest.mark.parametrize("size", [(2, 2), (3, 2)])
def test_relu_before_the_pool_lets_no_gradient_through_where_it_gave_zero(same_bits, size):
    before = values((2, 6, 8, 20), 3)
    x, dx = np.empty_like(before), np.empty_like(before)
    _kernels.relu_forward(before, x)
    dy = values(pooled_shape(x, size), 4)
    _kernels.relu_backward(gradient(x, dy, size), before, dx)
    same_bits(gradient(x, dy, size, relu=True), dx)


def test_without_relu_the_maxima_are_not_read():
    x = values((2, 6, 8, 20), 3)
    y, argmax = pool(x)
    dx = np.empty_like(x)
    _kernels.max_pool_backward(y, None, argmax, dx)
    np.testing.assert_array_equal(dx, gradient(x, y))
    with pytest.raises(ValueError, match=r"^y is None, expected the pool's output"):
        _kernels.max_pool_backward(y, None, argmax, dx, relu=True)


# -- bits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(2, 2), (3, 2)])
@pytest.mark.parametrize("shape", [(9, 48, 48, 32), (40, 15, 13, 17), (500, 7, 9, 1)])
def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits, shape, size):
    x = values(shape, 0)
    dy = values(pooled_shape(x, size), 1)

    def results():
        return [*pool(x, size), gradient(x, dy, size, relu=True)]

    with threads(1):
        alone = results()
    for actual, expected in zip(pool(x, size, kernels=reference), alone[:2], strict=True):
        same_bits(actual, expected)
    for n in (2, 3, 5):
        with threads(n):
            for actual, expected in zip(results(), alone, strict=True):
                same_bits(actual, expected)


def test_images_have_the_same_bits_alone_and_in_a_batch(same_bits):
    x = values((7, 6, 6, 16), 0)
    whole, _ = pool(x)
    for i in range(7):
        same_bits(pool(x[i : i + 1])[0], whole[i : i + 1])


def test_gradients_larger_than_the_caches_are_whole(aligned, same_bits):
    x = np.tile(values((2, 37, 49, 32), 0), (40, 1, 1, 1))
    y, argmax = pool(x)
    dx = aligned(x.shape)
    _kernels.max_pool_backward(y, y, argmax, dx, relu=True)
    first = gradient(x[:2], y[:2], relu=True)
    for i in range(0, 80, 2):
        same_bits(dx[i : i + 2], first)


@pytest.mark.parametrize("size", [(2, 2), (3, 2)])
@pytest.mark.parametrize("c", [1, 3, 16, 17])
def test_nothing_is_written_around_the_outputs(size, c):
    x = values((3, 5, 7, c), 0)
    y, argmax = pool(x, size)
    for like, run in [
        (y, lambda out: _kernels.max_pool_forward(x, out, argmax.copy(), size)),
        (argmax, lambda out: _kernels.max_pool_forward(x, y.copy(), out, size)),
        (x, lambda out: _kernels.max_pool_backward(y, y, argmax, out, size)),
    ]:
        frame = np.full(like.size + 128, 77, like.dtype)
        run(frame[64:-64].reshape(like.shape))
        assert np.all(frame[:64] == 77)
        assert np.all(frame[-64:] == 77)


# -- refusals --------------------------------------------------------------------------------


def test_shapes_that_do_not_fit_are_refused():
    x, y = np.ones((2, 5, 6, 3), np.float32), np.ones((2, 2, 3, 3), np.float32)
    argmax = np.zeros(9, np.uint8)
    wrong = np.ones((2, 3, 3, 3), np.float32)
    with pytest.raises(ValueError, match=r"^y has shape \(2, 3, 3, 3\), expected \(2, 2, 3, 3\)"):
        _kernels.max_pool_forward(x, wrong, argmax)
    with pytest.raises(ValueError, match=r"^dy has shape \(2, 3, 3, 3\), expected \(2, 2, 3, 3\)"):
        _kernels.max_pool_backward(wrong, wrong, argmax, x)
    with pytest.raises(ValueError, match=r"^y has shape \(2, 3, 2, 3\), expected \(2, 2, 3, 3\)"):
        _kernels.max_pool_backward(y, y.reshape(2, 3, 2, 3), argmax, x)
    for run in (
        lambda: _kernels.max_pool_forward(x, y, argmax[1:]),
        lambda: _kernels.max_pool_backward(y, y, argmax[1:], x),
    ):
        with pytest.raises(ValueError, match=r"^argmax has 8 bytes, expected 9 for 36 windows"):
            run()


@pytest.mark.parametrize("size", [(0, 2), (2, -1), (17, 16), (2**62, 4)])
def test_sizes_that_no_window_has_are_refused(size):
    x, argmax = np.ones((2, 40, 40, 3), np.float32), np.zeros(9, np.uint8)
    for run in (
        lambda: _kernels.argmax_size(9, size),
        lambda: _kernels.max_pool_forward(x, x, argmax, size),
        lambda: _kernels.max_pool_backward(x, x, argmax, x, size),
    ):
        with pytest.raises(ValueError, match=rf"^size is \({size[0]}, {size[1]}\), expected whole"):
            run()


@pytest.mark.parametrize("size", [2, (2,), (2, 2, 2), [2, 2], None])
def test_a_size_must_be_a_pair(size):
    with pytest.raises(TypeError, match=r"^size is .*, expected a pair of whole numbers"):
        _kernels.argmax_size(9, size)
