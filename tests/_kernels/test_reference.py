"""The oracle itself: gradients against central differences, and definitions written out.

Everything here is float64. A central difference of step h errs by about ``h ** 2`` of the third
derivative and ``1e-16 / h`` of rounding: 1e-9 at h = 1e-5, compared with a tolerance of 1e-7.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from fernet._kernels import reference

sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=25, deadline=None)


def central_differences(function, x, step=1e-5):
    """Gradient of a scalar function of an array."""
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        kept = x[i]
        x[i] = kept + step
        above = function(x)
        x[i] = kept - step
        below = function(x)
        x[i] = kept
        gradient[i] = (above - below) / (2 * step)
    return gradient


def assert_gradient(gradient, function, x):
    np.testing.assert_allclose(gradient, central_differences(function, x), rtol=1e-7, atol=1e-7)


# -- gradients -----------------------------------------------------------------------------


@some
@given(sizes, sizes, sizes, seeds)
def test_gradients_of_the_linear_layer(n, d, b, seed):
    rng = np.random.default_rng(seed)
    x, weight, bias, dy = (rng.standard_normal(s) for s in [(n, d), (d, b), (b,), (n, b)])

    def loss(x, weight, bias):
        y = np.empty((n, b))
        reference.linear_forward(x, weight, bias, y)
        return np.sum(y * dy)

    dx, dweight, dbias = np.empty_like(x), np.empty_like(weight), np.empty_like(bias)
    reference.linear_backward_input(dy, weight, dx)
    reference.linear_backward_params(x, dy, dweight, dbias)
    assert_gradient(dx, lambda x: loss(x, weight, bias), x)
    assert_gradient(dweight, lambda weight: loss(x, weight, bias), weight)
    assert_gradient(dbias, lambda bias: loss(x, weight, bias), bias)


@some
@given(sizes, sizes, seeds)
def test_gradient_of_relu(n, d, seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, n, d))
    x += np.copysign(0.01, x)  # away from the kink

    def loss(x):
        y = np.empty_like(x)
        reference.relu_forward(x, y)
        return np.sum(y * dy)

    y, dx = np.empty_like(x), np.empty_like(x)
    reference.relu_forward(x, y)
    reference.relu_backward(dy, y, dx)
    assert_gradient(dx, loss, x)


@some
@given(sizes, sizes, st.floats(0, 0.9), seeds)
def test_gradient_of_dropout(n, d, rate, seed):
    rng = np.random.default_rng(seed)
    x, dy = rng.standard_normal((2, n, d))
    mask = np.empty((x.size + 7) // 8, np.uint8)

    def loss(x):
        y = np.empty_like(x)
        reference.dropout_forward(x, y, mask, rate, seed, 3, 1)
        return np.sum(y * dy)

    loss(x)
    dx = np.empty_like(x)
    reference.dropout_backward(dy, dx, mask, rate)
    assert_gradient(dx, loss, x)


@some
@given(sizes, sizes, st.floats(0, 0.9), st.booleans(), seeds)
def test_gradient_of_cross_entropy(n, c, smoothing, weighted, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (n, c))
    target = rng.integers(0, c, n).astype(np.int32)
    weight = rng.uniform(0, 2, n) if weighted else None
    scale = 0.3

    def loss(logits):
        losses, dlogits = np.empty(n), np.empty((n, c))
        reference.softmax_cross_entropy(logits, target, weight, scale, smoothing, losses, dlogits)
        return scale * losses.sum()

    dlogits = np.empty((n, c))
    reference.softmax_cross_entropy(logits, target, weight, scale, smoothing, np.empty(n), dlogits)
    assert_gradient(dlogits, loss, logits)


@some
@given(sizes, sizes, st.floats(0, 0.9), st.booleans(), seeds)
def test_gradient_of_soft_target_cross_entropy(n, c, smoothing, weighted, seed):
    rng = np.random.default_rng(seed)
    logits, target = rng.normal(0, 3, (n, c)), rng.dirichlet(np.ones(c), n)
    weight = rng.uniform(0, 2, n) if weighted else None
    scale = 0.3

    def loss(logits):
        losses, dlogits = np.empty(n), np.empty((n, c))
        reference.soft_target_cross_entropy(
            logits, target, weight, scale, smoothing, losses, dlogits
        )
        return scale * losses.sum()

    dlogits = np.empty((n, c))
    reference.soft_target_cross_entropy(
        logits, target, weight, scale, smoothing, np.empty(n), dlogits
    )
    assert_gradient(dlogits, loss, logits)


# -- softmax -------------------------------------------------------------------------------


def test_softmax_and_cross_entropy_by_hand():
    logits = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
    proba, log_proba, losses = np.empty((2, 3)), np.empty((2, 3)), np.empty(2)
    reference.softmax_forward(logits, proba)
    np.testing.assert_allclose(proba, [[1 / 8, 2 / 8, 5 / 8], [3 / 8, 3 / 8, 2 / 8]])
    reference.log_softmax_forward(logits, log_proba)
    np.testing.assert_allclose(log_proba, np.log(proba))
    target, weight = np.array([2, 0]), np.array([1.0, 10.0])
    reference.softmax_cross_entropy(logits, target, weight, 1.0, 0.0, losses, np.empty((2, 3)))
    np.testing.assert_allclose(losses, [-math.log(5 / 8), -10 * math.log(3 / 8)])
    reference.softmax_cross_entropy(logits, target, None, 1.0, 0.3, losses, np.empty((2, 3)))
    np.testing.assert_allclose(losses[0], -(log_proba[0] * [0.1, 0.1, 0.8]).sum())
    soft = np.array([[0, 0.25, 0.75], [1, 0, 0]])
    reference.soft_target_cross_entropy(logits, soft, None, 1.0, 0.0, losses, np.empty((2, 3)))
    expected = [-0.25 * math.log(2 / 8) - 0.75 * math.log(5 / 8), -math.log(3 / 8)]
    np.testing.assert_allclose(losses, expected)


# -- random words --------------------------------------------------------------------------


def philox_block(counter, key):
    """Philox4x32-10 of one counter, as its paper defines it."""
    c, k = list(counter), list(key)
    for _ in range(10):
        high_0, low_0 = divmod(0xD2511F53 * c[0], 2**32)
        high_1, low_1 = divmod(0xCD9E8D57 * c[2], 2**32)
        c = [high_1 ^ c[1] ^ k[0], low_1, high_0 ^ c[3] ^ k[1], low_0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


# the known-answer vectors that the Random123 library publishes
KNOWN_ANSWERS = [
    ([0] * 4, [0] * 2, "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_a_block_of_philox_gives_the_known_answers(counter, key, answer):
    assert philox_block(counter, key) == [int(word, 16) for word in answer.split()]


def test_the_first_words_of_seed_zero_are_the_known_answer():
    words = reference.philox4x32(4, 0, 0, 0)
    assert " ".join(f"{word:08x}" for word in words) == KNOWN_ANSWERS[0][2]


@some
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1), sizes)
def test_words_are_the_blocks_of_position_layer_and_step(seed, step, layer, n_blocks):
    words = reference.philox4x32(4 * n_blocks, seed, step, layer)
    key = (seed % 2**32, seed >> 32)
    expected = [
        philox_block((block, layer, step % 2**32, step >> 32), key) for block in range(n_blocks)
    ]
    np.testing.assert_array_equal(words, np.ravel(expected))
    np.testing.assert_array_equal(
        reference.philox4x32(4 * n_blocks - 3, seed, step, layer), words[:-3]
    )


# -- updates -------------------------------------------------------------------------------


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_by_hand(nesterov):
    params, grads, velocity = np.array([2.0, 2.0]), np.array([0.5, 0.5]), np.array([1.0, 1.0])
    squares = reference.sgd_update(params, grads, velocity, 0.1, 0.8, 0.25, 1, nesterov)
    assert squares == 4.0
    # the first decays: its gradient is 0.5 + 0.25 * 2 = 1
    np.testing.assert_allclose(velocity, [0.8 - 0.1, 0.8 - 0.05])
    look_ahead = [0.8 * 0.7 - 0.1, 0.8 * 0.75 - 0.05]
    np.testing.assert_allclose(params, np.add(2, look_ahead if nesterov else [0.7, 0.75]))


def test_adam_follows_its_paper():
    rng = np.random.default_rng(0)
    params, first, second = rng.standard_normal(6), np.zeros(6), np.zeros(6)
    expected, m, v = params.copy(), np.zeros(6), np.zeros(6)
    for t in range(1, 20):
        grads = rng.standard_normal(6)
        decayed = grads + 0.1 * expected * (np.arange(6) < 4)
        m = 0.9 * m + 0.1 * decayed
        v = 0.99 * v + 0.01 * decayed**2
        # epsilon stands beside the uncorrected moment, as at the end of the paper's section 2
        rate = 0.05 * math.sqrt(1 - 0.99**t) / (1 - 0.9**t)
        expected = expected - rate * m / (np.sqrt(v) + 1e-3)
        reference.adam_update(params, grads, first, second, t, 0.05, 0.9, 0.99, 1e-3, 0.1, 4)
        np.testing.assert_allclose(params, expected, rtol=1e-12)


def test_average_sum_and_factor_by_hand():
    average = np.array([1.0, 2.0])
    reference.ema_update(average, np.array([3.0, 0.0]), 0.75)
    np.testing.assert_allclose(average, [1.5, 1.5])
    reference.scale_inplace(average, 2)
    assert reference.sum_of_squares(average) == 18


def test_the_mean_with_a_mirror_image_by_hand():
    weight = np.arange(12.0).reshape(1, 3, 2, 2)
    reference.mirror_mean(weight, False, True)
    np.testing.assert_array_equal(weight[0, :, 0], [[4.5, 4.5], [4.5, 4.5], [4.5, 4.5]])
    weight = np.array([1.0, 2.0, 5.0, 10.0]).reshape(1, 1, 2, 2)
    reference.mirror_mean(weight, True, False)
    np.testing.assert_array_equal(weight[0, 0], [[3, 6], [3, 6]])


# -- batches -------------------------------------------------------------------------------


def test_rows_are_shifted_then_scaled():
    out = np.empty((2, 2), np.float32)
    X = np.array([[1, 2], [3, 4], [5, 6]], np.uint8)
    offset, scale = np.array([1, 2], np.float32), np.array([10, 100], np.float32)
    reference.gather_rows(X, np.array([2, 0]), offset, scale, out)
    np.testing.assert_array_equal(out, [[40, 400], [0, 0]])


@some
@given(st.integers(2, 9), st.integers(2, 9), seeds)
def test_warps_agree_with_scipy(height, width, seed):
    rng = np.random.default_rng(seed)
    image = rng.uniform(0, 255, (height, width)).astype(np.float32)
    matrix = rng.normal(0, 1, (2, 3)).astype(np.float32)
    matrix[:, 2] *= height
    out = np.empty((1, height, width, 1), np.float32)
    ones, zeros, box = np.ones(1, np.float32), np.zeros(1, np.float32), np.zeros((1, 4), np.int32)
    reference.affine_gather(
        image[None, :, :, None],
        np.array([0]),
        matrix[None],
        ones,
        zeros,
        box,
        zeros,
        None,
        None,
        -np.inf,
        np.inf,
        out,
    )
    centre = (np.array(image.shape) - 1) / 2
    exact = matrix.astype(np.float64)
    offset = centre - exact[:, :2] @ centre + exact[:, 2]
    expected = ndimage.affine_transform(
        image.astype(np.float64), exact[:, :2], offset, order=1, mode="mirror"
    )
    # positions of up to 50 round by 3e-6, which a slope of 255 a pixel makes 1e-3
    np.testing.assert_allclose(out[0, :, :, 0], expected, atol=5e-3)
