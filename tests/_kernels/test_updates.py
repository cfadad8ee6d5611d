"""Updates of the flat parameter array.

Tolerance: an element's update is a handful of operations on numbers and settings in float32, so it
is off by a few ``u = 2 ** -24`` of the sum of its terms' magnitudes. With settings that are powers
of two and whole numbers as values nothing rounds, and the results are exact.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

UNIT_ROUNDOFF = 2.0**-24
SIZES = [0, 1, 3, 15, 16, 17, 16383, 16384, 16385, 40_001]  # chunks of 16384

sizes = st.integers(0, 100) | st.sampled_from(SIZES)
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)


@st.composite
def sizes_and_decayed(draw):
    """A size, and how many of the parameters decay: often so that a vector is split."""
    size = draw(sizes)
    return size, draw(st.integers(0, size))


def normal(size, seed, n_arrays):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(size, np.float32) for _ in range(n_arrays)]


def whole(size, seed, n_arrays):
    rng = np.random.default_rng(seed)
    return [rng.integers(-8, 9, size).astype(np.float32) for _ in range(n_arrays)]


def doubles(arrays):
    return [a.astype(np.float64) for a in arrays]


# -- SGD -------------------------------------------------------------------------------------


@some
@given(sizes_and_decayed(), st.booleans(), seeds)
@example((40, 13), True, 0)
@example((16_390, 16_387), False, 0)
def test_sgd_on_whole_numbers_is_exact(size_and_decayed, nesterov, seed):
    size, n_decayed = size_and_decayed
    params, grads, velocity = whole(size, seed, 3)
    expected = [params.copy(), grads.copy(), velocity.copy()]
    rest = (0.5, 0.25, 0.125, n_decayed, nesterov)
    squares = _kernels.sgd_update(params, grads, velocity, *rest)
    assert squares == reference.sgd_update(*expected, *rest)
    for actual, wanted in zip([params, grads, velocity], expected, strict=True):
        np.testing.assert_array_equal(actual, wanted)


@some
@given(
    sizes_and_decayed(),
    st.floats(0, 2),
    st.floats(0, 0.999),
    st.sampled_from([0.0, 1e-4, 0.3]),
    st.booleans(),
    seeds,
)
def test_sgd_is_within_the_rounding_bound_of_the_oracle(
    size_and_decayed, learning_rate, momentum, weight_decay, nesterov, seed
):
    size, n_decayed = size_and_decayed
    arrays = normal(size, seed, 3)
    params, grads, velocity = (np.abs(a) for a in doubles(arrays))
    terms = momentum * velocity + learning_rate * (grads + weight_decay * params)
    expected = doubles(arrays)
    rest = (learning_rate, momentum, weight_decay, n_decayed, nesterov)
    reference.sgd_update(*expected, *rest)
    _kernels.sgd_update(*arrays, *rest)
    tiny = 1e-37  # where float32 thins out
    assert np.all(np.abs(arrays[2] - expected[2]) <= 8 * UNIT_ROUNDOFF * terms + tiny)
    moved = params + 2 * terms
    assert np.all(np.abs(arrays[0] - expected[0]) <= 8 * UNIT_ROUNDOFF * moved + tiny)


# -- Adam ------------------------------------------------------------------------------------

betas = st.sampled_from([0.9, 0.99, 0.999, 0.0]) | st.floats(0, 0.9999)


@some
@given(
    sizes_and_decayed(),
    st.integers(1, 100_000),
    betas,
    betas,
    st.sampled_from([0.0, 1e-4, 0.3]),
    seeds,
)
@example((40, 13), 1, 0.9, 0.999, 0.3, 0)
@example((16_390, 16_387), 10, 0.9, 0.999, 0.3, 0)
def test_adam_is_within_the_rounding_bound_of_the_oracle(
    size_and_decayed, step, beta_1, beta_2, weight_decay, seed
):
    size, n_decayed = size_and_decayed
    arrays = normal(size, seed, 4)
    arrays[3] = np.abs(arrays[3]) + np.float32(0.1)
    rest = (step, 0.01, beta_1, beta_2, 1e-8, weight_decay, n_decayed)

    expected = doubles(arrays)
    params, grads, first, _ = (np.abs(a) for a in doubles(arrays))
    squares = reference.adam_update(*expected, *rest)
    assert _kernels.adam_update(*arrays, *rest) == pytest.approx(squares, rel=1e-12)

    gradient = grads + weight_decay * params
    first_terms = beta_1 * first + (1 - beta_1) * gradient
    assert np.all(np.abs(arrays[2] - expected[2]) <= 8 * UNIT_ROUNDOFF * first_terms)
    second_bound = 8 * UNIT_ROUNDOFF * (expected[3] + (1 - beta_2) * gradient**2)
    assert np.all(np.abs(arrays[3] - expected[3]) <= second_bound)
    rate = 0.01 * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
    longest_move = rate * first_terms / np.sqrt(expected[3])
    move_bound = longest_move * (16 * UNIT_ROUNDOFF + second_bound / expected[3])
    assert np.all(np.abs(arrays[0] - expected[0]) <= move_bound + 2 * UNIT_ROUNDOFF * params)


@pytest.mark.parametrize(("beta_1", "beta_2"), [(0.9, 0.999), (0.9, 0.9999), (0.0, 0.5)])
def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient(beta_1, beta_2):
    grads = np.array([1e-6, -1e-3, 0.5, 20.0, -7.0], np.float32)
    params, first, second = np.zeros((3, 5), np.float32)
    _kernels.adam_update(params, grads, first, second, 1, 0.25, beta_1, beta_2, 0.0, 0.0, 0)
    np.testing.assert_allclose(params, -0.25 * np.sign(grads), rtol=8 * UNIT_ROUNDOFF)


def test_a_constant_gradient_moves_adam_by_the_learning_rate_at_each_step():
    grads = np.full(19, 0.3, np.float32)
    params, first, second = np.zeros((3, 19), np.float32)
    for step in range(1, 51):
        _kernels.adam_update(params, grads, first, second, step, 0.125, 0.9, 0.999, 0.0, 0.0, 0)
        np.testing.assert_allclose(params, np.full(19, -0.125 * step), rtol=1e-5)


# -- the decayed parameters' sum of squares --------------------------------------------------


@some
@given(sizes_and_decayed(), seeds)
def test_updates_return_the_sum_of_squares_before_the_step(size_and_decayed, seed):
    size, n_decayed = size_and_decayed
    params, grads, velocity = normal(size, seed, 3)
    before = _kernels.sum_of_squares(params[:n_decayed])
    first, second = np.zeros((2, size), np.float32)
    adam_params = params.copy()
    assert _kernels.sgd_update(params, grads, velocity, 0.1, 0.9, 1e-3, n_decayed) == before
    adam = (adam_params, grads, first, second, 1, 0.1, 0.9, 0.999, 1e-8, 1e-3, n_decayed)
    assert _kernels.adam_update(*adam) == before


def test_updates_without_weight_decay_return_zero():
    params, grads, velocity, second = np.ones((4, 20), np.float32)
    assert _kernels.sgd_update(params, grads, velocity, 0.1, 0.9, 0.0, 20) == 0
    rest = (1, 0.1, 0.9, 0.999, 1e-8, 0.0, 20)
    assert _kernels.adam_update(params, grads, velocity, second, *rest) == 0


# -- averages, factors, sums -----------------------------------------------------------------


@some
@given(sizes, st.sampled_from([0.0, 0.5, 0.9, 0.9999, 1.0]), seeds)
def test_the_average_is_within_the_rounding_bound_of_the_oracle(size, decay, seed):
    decay = float(np.float32(decay))  # as the kernel keeps it: 1 - decay must make up for it
    average, params = normal(size, seed, 2)
    expected, exact = doubles([average, params])
    terms = decay * np.abs(expected) + (1 - decay) * np.abs(exact)
    reference.ema_update(expected, exact, decay)
    _kernels.ema_update(average, params, decay)
    assert np.all(np.abs(average - expected) <= 4 * UNIT_ROUNDOFF * terms)


def test_the_average_of_a_constant_stays_put():
    average, params = np.full((2, 37), 3, np.float32)
    for _ in range(1000):
        _kernels.ema_update(average, params, 0.999)
    np.testing.assert_allclose(average, params, rtol=1e-6)


@some
@given(sizes, st.floats(-1e3, 1e3, width=32), seeds)
def test_scaling_rounds_once(same_bits, size, factor, seed):
    (x,) = normal(size, seed, 1)
    expected = x * np.float32(factor)
    _kernels.scale_inplace(x, factor)
    same_bits(x, expected)


@some
@given(sizes, seeds)
def test_the_sum_of_squares_has_the_precision_of_float64(size, seed):
    (x,) = normal(size, seed, 1)
    assert _kernels.sum_of_squares(x) == pytest.approx(reference.sum_of_squares(x), rel=1e-13)


def test_the_sum_of_squares_does_not_overflow():
    assert _kernels.sum_of_squares(np.full(100, 1e38, np.float32)) == pytest.approx(1e78)


# -- bits ----------------------------------------------------------------------------------


def all_updates(size):
    """Results of each kernel on the same numbers."""
    params, grads, velocity, first, second, average = normal(size, 0, 6)
    second = np.abs(second)
    adam_params = params.copy()
    n_decayed = size * 2 // 3
    _kernels.sgd_update(params, grads, velocity, 0.1, 0.9, 1e-3, n_decayed, True)
    rest = (3, 0.1, 0.9, 0.999, 1e-8, 1e-3, n_decayed)
    squares = _kernels.adam_update(adam_params, grads, first, second, *rest)
    _kernels.ema_update(average, params, 0.9)
    scaled = grads.copy()
    _kernels.scale_inplace(scaled, 0.3)
    sums = np.array([squares, _kernels.sum_of_squares(grads)])
    return [params, velocity, adam_params, first, second, average, scaled, sums]


def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits):
    with threads(1):
        alone = all_updates(100_003)
    for n in (2, 3, 5):
        with threads(n):
            for actual, expected in zip(all_updates(100_003), alone, strict=True):
                same_bits(actual, expected)


def test_an_element_has_the_same_bits_wherever_it_lies(same_bits):
    (values,) = normal(7, 1, 1)
    size = 16_384 + 50  # the second chunk ends in part of a vector
    params, grads, first, second = (np.full(size, values[i], np.float32) for i in range(4))
    velocity, second = first.copy(), np.abs(second)
    _kernels.adam_update(params, grads, first, second, 3, 0.1, 0.9, 0.999, 1e-8, 1e-3, size)
    _kernels.sgd_update(params, grads, velocity, 0.1, 0.9, 1e-3, size)
    for array in (params, first, second, velocity):
        same_bits(array, np.full_like(array, array[0]))


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n_decayed", [-1, 6])
def test_more_decayed_parameters_than_there_are_is_refused(n_decayed):
    params, grads, velocity, second = np.ones((4, 5), np.float32)
    message = f"n_decayed is {n_decayed}, expected 0 to 5"
    with pytest.raises(ValueError, match=message):
        _kernels.sgd_update(params, grads, velocity, 0.1, 0.9, 0.0, n_decayed)
    rest = (1, 0.1, 0.9, 0.999, 1e-8, 0.0, n_decayed)
    with pytest.raises(ValueError, match=message):
        _kernels.adam_update(params, grads, velocity, second, *rest)
    np.testing.assert_array_equal(params, np.ones(5))


def test_adam_counts_its_steps_from_one():
    params, grads, first, second = np.ones((4, 5), np.float32)
    with pytest.raises(ValueError, match="step is 0, expected 1 or more"):
        _kernels.adam_update(params, grads, first, second, 0, 0.1, 0.9, 0.999, 1e-8, 0.0, 0)
    np.testing.assert_array_equal(params, np.ones(5))


# -- mirror images ---------------------------------------------------------------------------


@some
@given(
    st.integers(1, 5), st.integers(1, 5), st.integers(1, 9), st.integers(1, 40),
    st.booleans(), st.booleans(), seeds,
)  # fmt: skip
@example(3, 3, 48, 96, True, True, 0)
@example(1, 1, 1, 20_000, False, True, 0)
def test_the_mean_with_a_mirror_image_has_the_references_bits_and_is_its_own(
    kh, kw, c, oc, input_pairs, output_pairs, seed
):
    c, oc = c * (1 + input_pairs), oc * (1 + output_pairs)
    weight = np.random.default_rng(seed).standard_normal((kh, kw, c, oc), np.float32)
    expected = weight.copy()
    reference.mirror_mean(expected, input_pairs, output_pairs)
    _kernels.mirror_mean(weight, input_pairs, output_pairs)
    np.testing.assert_array_equal(weight, expected)
    _kernels.mirror_mean(weight, input_pairs, output_pairs)
    np.testing.assert_array_equal(weight, expected)


def test_channels_that_are_no_pairs_have_no_mirror_image():
    weight = np.ones((3, 3, 3, 4), np.float32)
    with pytest.raises(ValueError, match=r"shape \(3, 3, 3, 4\), expected channels in pairs"):
        _kernels.mirror_mean(weight, True, True)
    _kernels.mirror_mean(weight, False, True)
