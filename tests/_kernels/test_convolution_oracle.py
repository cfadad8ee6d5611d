"""The oracle of convolution: its definition, and its gradients, in float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet._kernels import reference

seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=25, deadline=None)
small = st.integers(1, 3)


@st.composite
def directions(draw):
    """Size, kernel, stride and padding along one axis, such that there is an output."""
    kernel = draw(st.integers(1, 4))
    padding = draw(st.integers(0, kernel - 1))
    size = draw(st.integers(max(1, kernel - 2 * padding), 6))
    return size, kernel, draw(small), padding


@st.composite
def convolutions(draw):
    """Random x, weight, bias and dy in float64, and the stride and padding they go with."""
    (h, kh, sh, ph), (w, kw, sw, pw) = draw(directions()), draw(directions())
    n, c, oc = draw(small), draw(small), draw(small)
    oh, ow = (h + 2 * ph - kh) // sh + 1, (w + 2 * pw - kw) // sw + 1
    rng = np.random.default_rng(draw(seeds))
    shapes = (n, h, w, c), (kh, kw, c, oc), (oc,), (n, oh, ow, oc)
    how = {"stride": (sh, sw), "padding": (ph, pw)}
    return *(rng.standard_normal(shape) for shape in shapes), how


def forward(x, weight, bias, dy, how):
    y = np.full_like(dy, np.nan)
    reference.conv2d_forward(x, weight, bias, y, **how)
    return y


def gradients(x, weight, bias, dy, how):
    dx, dweight, dbias = np.empty_like(x), np.empty_like(weight), np.empty_like(bias)
    reference.conv2d_backward_input(dy, weight, dx, **how)
    reference.conv2d_backward_params(x, dy, dweight, dbias, **how)
    return dx, dweight, dbias


@some
@given(convolutions())
def test_outputs_are_sums_over_the_kernel(convolution):
    x, weight, bias, dy, how = convolution
    (sh, sw), (ph, pw) = how["stride"], how["padding"]
    y = forward(*convolution)
    expected = np.zeros_like(dy) + bias
    for n, i, j, k, a, b in np.ndindex(*dy.shape, *weight.shape[:2]):
        row, column = i * sh + a - ph, j * sw + b - pw
        if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
            expected[n, i, j, k] += x[n, row, column] @ weight[a, b, :, k]
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-12)


@some
@given(convolutions())
def test_gradients_are_those_of_central_differences(assert_gradient, convolution):
    x, weight, bias, dy, how = convolution
    dx, dweight, dbias = gradients(*convolution)

    def loss(x=x, weight=weight, bias=bias):
        return np.sum(forward(x, weight, bias, dy, how) * dy)

    assert_gradient(dx, lambda x: loss(x=x), x)
    assert_gradient(dweight, lambda weight: loss(weight=weight), weight)
    assert_gradient(dbias, lambda bias: loss(bias=bias), bias)


@some
@given(convolutions())
def test_gradients_are_adjoint_to_the_convolution(convolution):
    x, weight, _, dy, how = convolution
    dx, dweight, dbias = gradients(*convolution)
    product = np.vdot(forward(x, weight, None, dy, how), dy)
    assert np.vdot(x, dx) == pytest.approx(product, rel=1e-10, abs=1e-10)
    assert np.vdot(weight, dweight) == pytest.approx(product, rel=1e-10, abs=1e-10)
    np.testing.assert_allclose(dbias, dy.sum(axis=(0, 1, 2)), rtol=1e-10)


@some
@given(convolutions())
def test_relu_after_and_before_is_taken_along(convolution):
    x, weight, bias, dy, how = convolution
    y, dx = np.empty_like(dy), np.empty_like(x)
    reference.conv2d_forward(x, weight, bias, y, relu=True, **how)
    np.testing.assert_array_equal(y, np.maximum(forward(*convolution), 0))
    reference.conv2d_backward_input(dy, weight, dx, relu_x=x, **how)
    np.testing.assert_array_equal(dx, np.where(x > 0, gradients(*convolution)[0], 0))
