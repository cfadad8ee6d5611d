"""The linear layer: three layouts of one matrix product.

Tolerance: a sum of k products rounds at most k times, so it is off by at most
``k * u * sum(|a| |b|)`` with ``u = 2 ** -24``. Where all products and sums are whole numbers below
2 ** 24 nothing rounds, and the result is exact: no term may be missing or counted twice.
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

# about the tile's edges (6, 8, 12 rows; 8, 12, 16, 32 columns), and anything small
sizes = st.sampled_from([0, 1, 2, 5, 6, 7, 8, 11, 12, 13, 15, 16, 17, 31, 32, 33]) | st.integers(
    1, 70
)
shapes = st.tuples(sizes, sizes, sizes)
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)

# past one block of rows (192), of terms (640) and of columns (192) in each layout
LARGE_SHAPES = [
    (193, 641, 260),
    (400, 50, 300),
    (1, 1300, 260),
    (61, 197, 661),
    (330, 400, 7),
    (641, 193, 33),
    (100, 2304, 40),
]


def forward(x, weight, bias=None, *, relu=False, kernels=_kernels):
    y = np.full((x.shape[0], weight.shape[1]), np.nan, x.dtype)
    kernels.linear_forward(x, weight, bias, y, relu)
    return y


def backward_input(dy, weight, *, kernels=_kernels):
    dx = np.full((dy.shape[0], weight.shape[0]), np.nan, dy.dtype)
    kernels.linear_backward_input(dy, weight, dx)
    return dx


def backward_params(x, dy, *, kernels=_kernels):
    dweight = np.full((x.shape[1], dy.shape[1]), np.nan, x.dtype)
    dbias = np.full(dy.shape[1], np.nan, x.dtype)
    kernels.linear_backward_params(x, dy, dweight, dbias)
    return dweight, dbias


def normal_operands(shape, seed):
    n, d, b = shape
    rng = np.random.default_rng(seed)
    draw = [rng.standard_normal(s, np.float32) for s in [(n, d), (d, b), (b,), (n, b)]]
    return tuple(draw)  # x, weight, bias, dy


def whole_operands(shape, seed):
    n, d, b = shape
    rng = np.random.default_rng(seed)
    draw = [rng.integers(-9, 10, s).astype(np.float32) for s in [(n, d), (d, b), (b,), (n, b)]]
    return tuple(draw)


def assert_within(actual, expected, terms, magnitude):
    assert np.all(np.abs(actual - expected) <= terms * UNIT_ROUNDOFF * magnitude)


def assert_exact(shape, seed):
    x, weight, bias, dy = whole_operands(shape, seed)
    np.testing.assert_array_equal(forward(x, weight, bias), x @ weight + bias)
    np.testing.assert_array_equal(backward_input(dy, weight), dy @ weight.T)
    dweight, dbias = backward_params(x, dy)
    np.testing.assert_array_equal(dweight, x.T @ dy)
    np.testing.assert_array_equal(dbias, dy.sum(axis=0))


def assert_near_oracle(shape, seed):
    n, d, b = shape
    operands = normal_operands(shape, seed)
    x, weight, bias, dy = operands
    x64, weight64, bias64, dy64 = (a.astype(np.float64) for a in operands)

    expected = forward(x64, weight64, bias64, kernels=reference)
    magnitude = np.abs(x64) @ np.abs(weight64) + np.abs(bias64)
    assert_within(forward(x, weight, bias), expected, d + 1, magnitude)

    expected = backward_input(dy64, weight64, kernels=reference)
    assert_within(backward_input(dy, weight), expected, b, np.abs(dy64) @ np.abs(weight64).T)

    dweight, dbias = backward_params(x64, dy64, kernels=reference)
    actual_dweight, actual_dbias = backward_params(x, dy)
    assert_within(actual_dweight, dweight, n, np.abs(x64).T @ np.abs(dy64))
    assert_within(actual_dbias, dbias, n, np.abs(dy64).sum(axis=0))


@some
@given(shapes, seeds)
@example((0, 5, 3), 0)
@example((5, 0, 3), 0)
@example((5, 3, 0), 0)
def test_products_of_whole_numbers_are_exact(shape, seed):
    assert_exact(shape, seed)


@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_products_of_whole_numbers_past_one_block_are_exact(shape):
    assert_exact(shape, seed=1)


@some
@given(shapes, seeds)
def test_products_are_within_the_rounding_bound_of_the_oracle(shape, seed):
    assert_near_oracle(shape, seed)


@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_products_past_one_block_are_within_the_rounding_bound_of_the_oracle(shape):
    assert_near_oracle(shape, seed=2)


def test_sums_of_no_terms_are_the_bias():
    bias = np.array([1.5, -2.0, 0.0], np.float32)
    x, weight = np.empty((4, 0), np.float32), np.empty((0, 3), np.float32)
    np.testing.assert_array_equal(forward(x, weight, bias), np.tile(bias, (4, 1)))
    np.testing.assert_array_equal(forward(x, weight), np.zeros((4, 3)))
    np.testing.assert_array_equal(forward(x, weight, bias, relu=True)[0], [1.5, 0, 0])


def test_gradients_of_an_empty_batch_are_zero():
    dweight, dbias = backward_params(np.empty((0, 5), np.float32), np.empty((0, 3), np.float32))
    np.testing.assert_array_equal(dweight, np.zeros((5, 3)))
    np.testing.assert_array_equal(dbias, np.zeros(3))


@some
@given(shapes, seeds)
@example((193, 330, 130), 0)
def test_fused_relu_has_the_bits_of_relu_afterwards(same_bits, shape, seed):
    x, weight, bias, _ = normal_operands(shape, seed)
    afterwards = forward(x, weight, bias)
    _kernels.relu_forward(afterwards, afterwards)
    same_bits(forward(x, weight, bias, relu=True), afterwards)


@some
@given(shapes.filter(lambda shape: shape[0] > 0), st.sampled_from([1, 2, 9]), seeds)
@example((14, 2304, 512), 2, 0)
@example((3, 1300, 131), 3, 0)
@example((40, 650, 7), 1, 0)
def test_a_row_alone_has_the_bits_that_it_has_among_others(
    same_bits, threads, shape, n_threads, seed
):
    x, weight, bias, _ = normal_operands(shape, seed)
    together = forward(x, weight, bias, relu=True)
    row = seed % len(x)
    with threads(n_threads):
        same_bits(forward(x[row : row + 1], weight, bias, relu=True)[0], together[row])
        same_bits(forward(x[row : row + 1], weight), forward(x, weight)[row : row + 1])


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("n_columns", [1, 7, 33, 150, 512])
def test_few_rows_have_the_bits_that_they_have_among_many(same_bits, threads, n_threads, n_columns):
    x, weight, bias, _ = normal_operands((200, 700, n_columns), 7)
    many = forward(x, weight, bias, relu=True)
    with threads(n_threads):
        for n in range(1, 14):
            same_bits(forward(x[:n], weight, bias, relu=True), many[:n])


@some
@given(shapes, seeds)
def test_gradient_to_the_weights_does_not_need_a_bias(same_bits, shape, seed):
    x, _, _, dy = normal_operands(shape, seed)
    dweight = np.full((x.shape[1], dy.shape[1]), np.nan, np.float32)
    _kernels.linear_backward_params(x, dy, dweight, None)
    same_bits(dweight, backward_params(x, dy)[0])


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_stay_in_their_row(bad, relu):
    x, weight, bias, _ = normal_operands((30, 40, 21), 3)
    clean = forward(x, weight, bias, relu=relu)
    x[17, 5] = bad
    y = forward(x, weight, bias, relu=relu)
    np.testing.assert_array_equal(np.delete(y, 17, axis=0), np.delete(clean, 17, axis=0))
    with np.errstate(invalid="ignore"):  # NumPy says so when a NaN is compared
        expected = forward(x, weight, bias, relu=relu, kernels=reference)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(expected))
    assert not np.isfinite(y[17]).all()


# -- bits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(100, 330, 300), (200, 130, 257), (7, 13, 5)])
def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits, shape):
    x, weight, bias, dy = normal_operands(shape, 4)

    def results():
        return [
            forward(x, weight, bias, relu=True),
            backward_input(dy, weight),
            *backward_params(x, dy),
        ]

    with threads(1):
        alone = results()
    for n in (2, 3, 5):
        with threads(n):
            for actual, expected in zip(results(), alone, strict=True):
                same_bits(actual, expected)


@settings(max_examples=20, deadline=None)
@given(sizes.filter(bool), sizes, sizes, seeds)
@example(200, 700, 130, 0)
@example(390, 33, 17, 0)
def test_rows_have_the_same_bits_alone_and_in_any_batch_and_order(same_bits, n, d, b, seed):
    x, weight, bias, dy = normal_operands((n, d, b), seed)
    rng = np.random.default_rng(seed)
    y, dx = forward(x, weight, bias), backward_input(dy, weight)

    order = rng.permutation(n)
    same_bits(forward(x[order], weight, bias), y[order])
    same_bits(backward_input(dy[order], weight), dx[order])

    part = order[: rng.integers(1, n + 1)]
    same_bits(forward(x[part], weight, bias), y[part])

    row = rng.integers(n)
    same_bits(forward(x[row : row + 1], weight, bias), y[row : row + 1])
    same_bits(backward_input(dy[row : row + 1], weight), dx[row : row + 1])


def test_columns_have_the_same_bits_alone_and_beside_others(same_bits):
    x, weight, bias, _ = normal_operands((50, 400, 150), 5)
    y = forward(x, weight, bias)
    for first, last in [(0, 1), (3, 20), (100, 150)]:
        part = np.ascontiguousarray(weight[:, first:last])
        same_bits(forward(x, part, bias[first:last]), np.ascontiguousarray(y[:, first:last]))


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"weight": np.zeros((4, 5), np.float32)}, "weight has length 4 along axis 0, expected 3"),
        ({"bias": np.zeros(4, np.float32)}, "bias has 4 elements, expected 5"),
        ({"y": np.zeros((3, 5), np.float32)}, "y has length 3 along axis 0, expected 2"),
        ({"y": np.zeros((2, 6), np.float32)}, "y has length 6 along axis 1, expected 5"),
        ({"x": np.zeros(3, np.float32)}, r"x has shape \(3,\), expected 2 dimensions"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(wrong, message):
    fitting = {
        "x": np.zeros((2, 3), np.float32),
        "weight": np.zeros((3, 5), np.float32),
        "bias": np.zeros(5, np.float32),
        "y": np.zeros((2, 5), np.float32),
    }
    with pytest.raises(ValueError, match=message):
        _kernels.linear_forward(**(fitting | wrong))
