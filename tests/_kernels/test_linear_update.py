"""Updates of a linear layer straight from its input and the gradient to its output.

They are held to the bits of the two steps that they stand for, the gradient and its update, which
have their own tests.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

# about the tile's edges (6, 8, 12 rows; 8, 12, 16, 32 columns), and anything small
sizes = st.sampled_from([1, 2, 5, 6, 7, 8, 11, 12, 13, 16, 17, 31, 32, 33, 65]) | st.integers(1, 70)
shapes = st.tuples(sizes, sizes, sizes)
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=30, deadline=None)

# past one block (24 rows, 512 columns), more terms than a product is cut after, no rows or columns
LARGE_SHAPES = [(100, 100, 70), (7, 30, 1100), (1300, 25, 40), (3, 0, 5), (3, 5, 0)]

SGD = (0.1, 0.9, 1e-2)  # learning rate, momentum, weight decay
ADAM = (3, 0.01, 0.9, 0.99, 1e-6, 1e-2)  # step, learning rate, betas, epsilon, weight decay
GAP = 3  # parameters of other layers before, between and behind


class Case:
    """A layer's operands, and a network's flat arrays with its parameters among them."""

    def __init__(self, shape, seed, *, bias=True, whole=False):
        self.n, self.d, self.b = shape
        rng = np.random.default_rng(seed)
        draw = (lambda s: rng.integers(-4, 5, s)) if whole else rng.standard_normal
        self.x, self.dy = (draw((self.n, k)).astype(np.float32) for k in (self.d, self.b))
        self.weight = GAP
        end = self.weight + self.d * self.b
        self.bias = end + GAP if bias else -1
        self.size = end + 2 * GAP + self.b
        self.params, self.first, self.second = (
            draw(self.size).astype(np.float32) for _ in range(3)
        )
        self.second = np.abs(self.second)

    def parts(self):
        """Where weight and bias lie, and how many of them decay."""
        n_weights = self.d * self.b
        yield slice(self.weight, self.weight + n_weights), n_weights
        if self.bias >= 0:
            yield slice(self.bias, self.bias + self.b), 0

    def gradients(self):
        weight = np.empty((self.d, self.b), np.float32)
        bias = np.empty(self.b, np.float32)
        _kernels.linear_backward_params(self.x, self.dy, weight, bias)
        return weight.reshape(-1), bias

    def by_sgd(self, nesterov=False, settings=SGD, kernels=_kernels):
        params, velocity = self.params.copy(), self.first.copy()
        squares = kernels.linear_backward_sgd(
            self.x, self.dy, params, velocity, self.weight, self.bias, *settings, nesterov
        )
        return squares, params, velocity

    def by_sgd_in_two_steps(self, nesterov=False):
        params, velocity, squares = self.params.copy(), self.first.copy(), 0.0
        for (part, n_decayed), grads in zip(self.parts(), self.gradients(), strict=False):
            squares += _kernels.sgd_update(
                params[part], grads, velocity[part], *SGD, n_decayed, nesterov
            )
        return squares, params, velocity

    def by_adam(self, settings=ADAM, kernels=_kernels):
        params, first, second = self.params.copy(), self.first.copy(), self.second.copy()
        squares = kernels.linear_backward_adam(
            self.x, self.dy, params, first, second, self.weight, self.bias, *settings
        )
        return squares, params, first, second

    def by_adam_in_two_steps(self):
        params, first, second = self.params.copy(), self.first.copy(), self.second.copy()
        squares = 0.0
        for (part, n_decayed), grads in zip(self.parts(), self.gradients(), strict=False):
            squares += _kernels.adam_update(
                params[part], grads, first[part], second[part], *ADAM, n_decayed
            )
        return squares, params, first, second


def assert_same(same_bits, actual, expected):
    """Arrays to the bit; the sum of squares in the precision of float32."""
    assert actual[0] == pytest.approx(expected[0], rel=1e-6)
    for one, other in zip(actual[1:], expected[1:], strict=True):
        same_bits(one, other)


def assert_two_steps_in_one(same_bits, case, nesterov):
    assert_same(same_bits, case.by_sgd(nesterov), case.by_sgd_in_two_steps(nesterov))
    assert_same(same_bits, case.by_adam(), case.by_adam_in_two_steps())


@some
@given(shapes, st.booleans(), st.booleans(), seeds)
def test_an_update_has_the_bits_of_the_gradient_and_then_its_update(
    same_bits, shape, bias, nesterov, seed
):
    assert_two_steps_in_one(same_bits, Case(shape, seed, bias=bias), nesterov)


@pytest.mark.parametrize("shape", LARGE_SHAPES)
def test_so_has_one_past_one_block(same_bits, shape):
    assert_two_steps_in_one(same_bits, Case(shape, 1), nesterov=False)


@some
@given(shapes, st.booleans(), st.booleans(), seeds)
@example((100, 60, 70), True, True, 0)
def test_sgd_on_whole_numbers_is_exact(shape, bias, nesterov, seed):
    case = Case(shape, seed, bias=bias, whole=True)
    rest = (nesterov, (0.5, 0.25, 0.125))
    for actual, expected in zip(
        case.by_sgd(*rest), case.by_sgd(*rest, kernels=reference), strict=True
    ):
        np.testing.assert_array_equal(actual, expected)


@some
@given(shapes, st.booleans(), seeds)
def test_adam_is_near_the_oracle(shape, bias, seed):
    case = Case(shape, seed, bias=bias)
    actual, expected = case.by_adam(), case.by_adam(kernels=reference)
    for one, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_other_parameters_stay_as_they_are(same_bits):
    case = Case((20, 37, 41), 2)
    own = np.zeros(case.size, bool)
    for part, _ in case.parts():
        own[part] = True
    before = (case.params, case.first, case.second)
    for results in (case.by_sgd(), case.by_adam()):
        for array, old in zip(results[1:], before, strict=False):
            same_bits(array[~own], old[~own])
            assert not np.any(array[own] == old[own])


def test_without_weight_decay_the_sum_of_squares_is_zero():
    case = Case((5, 6, 7), 3)
    assert case.by_sgd(settings=(0.1, 0.9, 0.0))[0] == 0
    assert case.by_adam((*ADAM[:-1], 0.0))[0] == 0


# blocks of weights enough for the threads, and so few that each is cut into parts
@pytest.mark.parametrize("shape", [(50, 300, 530), (50, 60, 530)])
def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits, shape):
    case = Case(shape, 4)

    def results():
        return [*case.by_sgd(), *case.by_adam()]

    with threads(1):
        alone = results()
    for n in (2, 3, 5):
        with threads(n):
            for actual, expected in zip(results(), alone, strict=True):
                same_bits(np.atleast_1d(actual), np.atleast_1d(expected))


# -- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"dy": np.ones((3, 5), np.float32)}, "dy has length 3 along axis 0, expected 2"),
        ({"weight_start": -1}, "weight_start is -1: the weight of 4 x 5 does not fit into params"),
        ({"weight_start": 11}, "weight_start is 11: .* of 30 elements"),
        ({"weight_start": 2**63 - 1}, "weight_start is 9223372036854775807: .* of 30 elements"),
        ({"bias_start": 19}, "bias_start is 19, expected -1, or room for 5 elements .* at 20"),
        ({"bias_start": 26}, "bias_start is 26, .* that of params at 30"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_changed(wrong, message):
    fitting = {
        "x": np.ones((2, 4), np.float32),
        "dy": np.ones((2, 5), np.float32),
        "params": np.ones(30, np.float32),
        "weight_start": 0,
        "bias_start": 20,
        "learning_rate": 0.1,
        "weight_decay": 0.1,
    }
    moments = {"first_moment": np.ones(30, np.float32), "second_moment": np.ones(30, np.float32)}
    betas = {"step": 1, "beta_1": 0.9, "beta_2": 0.9, "epsilon": 1e-8}
    with pytest.raises(ValueError, match=message):
        _kernels.linear_backward_sgd(
            **(fitting | {"velocity": np.ones(30, np.float32), "momentum": 0.9} | wrong)
        )
    with pytest.raises(ValueError, match=message):
        _kernels.linear_backward_adam(**(fitting | moments | betas | wrong))
    assert (fitting["params"] == 1).all()


def test_moments_of_another_size_are_refused():
    case = Case((2, 3, 4), 5)
    with pytest.raises(ValueError, match=r"params has .* and velocity has 1: expected"):
        _kernels.linear_backward_sgd(
            case.x, case.dy, case.params, np.ones(1, np.float32), case.weight, -1, *SGD
        )
    with pytest.raises(ValueError, match=r"params has .* and second_moment has 1: expected"):
        _kernels.linear_backward_adam(
            case.x,
            case.dy,
            case.params,
            case.first,
            np.ones(1, np.float32),
            case.weight,
            -1,
            *ADAM,
        )


def test_an_empty_batch_is_refused():
    case = Case((0, 3, 4), 6)
    with pytest.raises(ValueError, match="x has no rows, expected at least 1"):
        case.by_sgd()
