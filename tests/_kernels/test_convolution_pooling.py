"""Convolution that pools as it goes: equal to convolving and pooling one after the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._kernels import reference

pytestmark = pytest.mark.usefixtures("isa")

planes = st.sampled_from([4, 8, 12, 24])
seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=20, deadline=None)


def arrays(n, h, w, c, oc, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, h, w, c), np.float32)
    weight = rng.standard_normal((3, 3, c, oc), np.float32)
    return x, weight, rng.standard_normal(oc, np.float32)


def one_after_the_other(x, weight, bias, relu, **how):
    between = np.empty((*x.shape[:3], weight.shape[3]), np.float32)
    _kernels.conv2d_forward(x, weight, bias, between, (1, 1), (1, 1), relu, **how)
    y, argmax = room(x, weight)
    _kernels.max_pool_forward(between, y, argmax)
    return y, argmax


def room(x, weight):
    n, h, w, _ = x.shape
    y = np.full((n, h // 2, w // 2, weight.shape[3]), np.nan, np.float32)
    return y, np.full(-(-y.size // 4), 255, np.uint8)


def gradient(y, argmax):
    """What comes back to the convolution's output when ones reach the pool's."""
    n, h, w, c = y.shape
    dx = np.empty((n, 2 * h, 2 * w, c), np.float32)
    _kernels.max_pool_backward(np.ones_like(y), y, argmax, dx, (2, 2), True)
    return dx


@some
@given(
    st.integers(0, 3),
    planes,
    planes,
    st.sampled_from([16, 17]),
    st.sampled_from([16, 48]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    seeds,
)
@example(2, 48, 48, 32, 32, True, True, True, 0)
@example(3, 18, 12, 17, 48, False, True, False, 1)
def test_bits_are_those_of_convolving_then_pooling(
    same_bits, n, h, w, c, oc, relu, biased, training, seed
):
    x, weight, bias = arrays(n, h, w, c, oc, seed)
    bias = bias if biased else None
    y, argmax = room(x, weight)
    how = {"algorithm": "winograd", "training": training}
    _kernels.conv2d_pool_forward(x, weight, bias, y, argmax, (1, 1), (1, 1), relu, **how)
    expected, places = one_after_the_other(x, weight, bias, relu, **how)
    same_bits(y, expected)
    # where ReLU cuts a whole window off, places may differ and no gradient passes
    same_bits(gradient(y, argmax), gradient(expected, places))


@some
@given(planes, st.sampled_from([16, 32]), seeds)
def test_values_are_those_of_the_oracle(h, oc, seed):
    x, weight, bias = arrays(2, h, h, 16, oc, seed)
    y, _ = room(x, weight)
    expected = np.empty(y.shape)
    _kernels.conv2d_pool_forward(x, weight, bias, y, None, (1, 1), (1, 1), algorithm="winograd")
    doubles = (array.astype(np.float64) for array in (x, weight, bias))
    reference.conv2d_pool_forward(*doubles, expected, None, (1, 1), (1, 1))
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-3)


def test_the_number_of_threads_does_not_change_a_bit(threads, same_bits):
    x, weight, bias = arrays(5, 24, 24, 32, 64, 0)

    def results():
        y, argmax = room(x, weight)
        _kernels.conv2d_pool_forward(x, weight, bias, y, argmax, (1, 1), (1, 1), True)
        return y, argmax

    with threads(1):
        alone = results()
    for n in (2, 3, 5):
        with threads(n):
            for actual, expected in zip(results(), alone, strict=True):
                same_bits(actual, expected)


@pytest.mark.parametrize(
    "shape",
    [(6, 3, 32, 32), (24, 24, 32, 33), (24, 22, 32, 32), (24, 24, 1, 32)],
    ids=["tiles of 3", "odd channels", "cut tiles", "direct"],
)
def test_what_cannot_be_done_so_is_told_and_refused(shape):
    h, w, c, oc = shape
    x, weight, bias = arrays(1, h, w, c, oc, 0)
    assert not _kernels.conv2d_pools(x.shape, weight.shape, (1, 1), (1, 1))
    y, argmax = room(x, weight)
    with pytest.raises(ValueError, match="does not pool as it goes"):
        _kernels.conv2d_pool_forward(x, weight, bias, y, argmax, (1, 1), (1, 1))


def test_the_reports_groups_pool_as_they_go():
    for h, c in ((48, 32), (24, 64), (12, 128), (6, 256)):
        assert _kernels.conv2d_pools((100, h, h, c), (3, 3, c, c), (1, 1), (1, 1))


def test_an_argmax_of_another_size_is_refused():
    x, weight, bias = arrays(1, 8, 8, 16, 16, 0)
    y, argmax = room(x, weight)
    with pytest.raises(ValueError, match=r"argmax has length 63 along axis 0, expected 64"):
        _kernels.conv2d_pool_forward(
            x, weight, bias, y, argmax[:-1], (1, 1), (1, 1), algorithm="winograd"
        )
