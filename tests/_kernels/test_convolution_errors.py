"""Convolutions that make no sense are refused before anything is computed."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import _kernels


def zeros(*shape):
    return np.zeros(shape, np.float32)


def fitting():
    """Arguments of a convolution 3x3, stride 1, of two images 6x5 with 4 channels into 7."""
    return {
        "x": zeros(2, 6, 5, 4),
        "weight": zeros(3, 3, 4, 7),
        "bias": zeros(7),
        "y": zeros(2, 6, 5, 7),
        "padding": (1, 1),
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"x": zeros(2, 6, 5)}, r"x has shape \(2, 6, 5\), expected 4 dimensions"),
        ({"weight": zeros(3, 3, 5, 7)}, "weight has length 5 along axis 2, expected 4"),
        ({"weight": zeros(0, 3, 4, 7)}, "the kernel is 0 x 3, expected at least 1 x 1"),
        ({"bias": zeros(6)}, "bias has 6 elements, expected 7"),
        ({"y": zeros(3, 6, 5, 7)}, "y has length 3 along axis 0, expected 2"),
        ({"y": zeros(2, 4, 5, 7)}, "y has length 4 along axis 1, expected 6"),
        ({"y": zeros(2, 6, 6, 7)}, "y has length 6 along axis 2, expected 5"),
        ({"y": zeros(2, 6, 5, 4)}, "y has length 4 along axis 3, expected 7"),
        ({"stride": (2, 1)}, "y has length 6 along axis 1, expected 3"),
        ({"stride": (0, 1)}, r"stride is \(0, 1\), expected 1 or more each"),
        ({"stride": (1, -2)}, r"stride is \(1, -2\), expected 1 or more each"),
        (
            {"padding": (1, -1)},
            r"padding is \(1, -1\), expected 0 or more each and less than the kernel's 3 x 3",
        ),
        (
            {"padding": (3, 0)},
            r"padding is \(3, 0\), expected 0 or more each and less than the kernel's 3 x 3",
        ),
        (
            {"x": zeros(2, 2, 5, 4), "padding": (0, 1)},
            r"x's planes of 2 x 5, padded by \(0, 1\), are smaller than the kernel of 3 x 3",
        ),
        ({"algorithm": "fft"}, "algorithm is 'fft', expected 'auto', 'direct' or 'winograd'"),
        ({"algorithm": None}, "algorithm is None, expected 'auto', 'direct' or 'winograd'"),
    ],
)
def test_convolutions_that_do_not_fit_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        _kernels.conv2d_forward(**(fitting() | wrong))


@pytest.mark.parametrize("pair", [1, (1,), (1, 1, 1), (1.5, 1), "ab"])
@pytest.mark.parametrize("name", ["stride", "padding"])
def test_a_pair_of_integers_is_asked_for(name, pair):
    with pytest.raises(TypeError, match=f"{name} is .*, expected a pair of integers"):
        _kernels.conv2d_forward(**(fitting() | {name: pair}))


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (
            {"stride": (1, 2), "y": zeros(2, 6, 3, 7)},
            r"the kernel is 3 x 3 and the stride \(1, 2\)",
        ),
        (
            {"stride": (3, 3), "y": zeros(2, 2, 2, 7)},
            r"the kernel is 3 x 3 and the stride \(3, 3\)",
        ),
        (
            {"weight": zeros(3, 1, 4, 7), "padding": (1, 0)},
            r"the kernel is 3 x 1 and the stride \(1, 1\)",
        ),
    ],
)
def test_winograd_takes_small_square_kernels_and_small_strides(wrong, found):
    message = f"'winograd', which needs a kernel of 3 x 3 and a stride of 1 or 2: {found}"
    with pytest.raises(ValueError, match=message):
        _kernels.conv2d_forward(**(fitting() | wrong | {"algorithm": "winograd"}))
    _kernels.conv2d_forward(**(fitting() | wrong))


def test_gradient_to_the_input_names_what_does_not_fit():
    dy, weight, dx = zeros(2, 6, 5, 7), zeros(3, 3, 4, 7), zeros(2, 6, 5, 4)
    backward = _kernels.conv2d_backward_input
    with pytest.raises(ValueError, match="dy has length 6 along axis 1, expected 4"):
        backward(dy, weight, dx, padding=(0, 1))
    with pytest.raises(ValueError, match="weight has length 4 along axis 2, expected 3"):
        backward(dy, weight, zeros(2, 6, 5, 3), padding=(1, 1))
    with pytest.raises(ValueError, match="dx's planes of 1 x 5, padded by"):
        backward(dy, weight, zeros(2, 1, 5, 4))
    with pytest.raises(ValueError, match=r"relu_x has shape \(2, 5, 6, 4\), expected that of dx"):
        backward(dy, weight, dx, padding=(1, 1), relu_x=zeros(2, 5, 6, 4))
    with pytest.raises(TypeError, match="relu_x is a bool, expected an array or None"):
        backward(dy, weight, dx, padding=(1, 1), relu_x=True)


def test_gradient_to_the_params_names_what_does_not_fit():
    x, dy, dweight = zeros(2, 6, 5, 4), zeros(2, 6, 5, 7), zeros(3, 3, 4, 7)
    backward = _kernels.conv2d_backward_params
    with pytest.raises(ValueError, match="dweight has length 5 along axis 2, expected 4"):
        backward(x, dy, zeros(3, 3, 5, 7), None, padding=(1, 1))
    with pytest.raises(ValueError, match="dy has length 7 along axis 3, expected 8"):
        backward(x, dy, zeros(3, 3, 4, 8), None, padding=(1, 1))
    with pytest.raises(ValueError, match="dbias has 4 elements, expected 7"):
        backward(x, dy, dweight, zeros(4), padding=(1, 1))
    read_only = zeros(7)
    read_only.flags.writeable = False
    with pytest.raises(ValueError, match="dbias is read-only, but is written to"):
        backward(x, dy, dweight, read_only, padding=(1, 1))


def test_both_gradients_together_name_what_does_not_fit():
    x, dy, weight, dweight = (
        zeros(2, 6, 5, 4),
        zeros(2, 6, 5, 7),
        zeros(3, 3, 4, 7),
        zeros(3, 3, 4, 7),
    )
    backward = _kernels.conv2d_backward
    with pytest.raises(ValueError, match=r"dx has shape \(2, 6, 5, 3\), expected that of x"):
        backward(x, dy, weight, zeros(2, 6, 5, 3), dweight, None, padding=(1, 1))
    with pytest.raises(ValueError, match=r"dweight has shape \(3, 3, 4, 6\), expected that of"):
        backward(x, dy, weight, zeros(2, 6, 5, 4), zeros(3, 3, 4, 6), None, padding=(1, 1))
    with pytest.raises(ValueError, match="dbias has 4 elements, expected 7"):
        backward(x, dy, weight, zeros(2, 6, 5, 4), dweight, zeros(4), padding=(1, 1))


def test_arrays_are_float32_and_contiguous():
    with pytest.raises(TypeError, match="x has dtype float64, expected float32"):
        _kernels.conv2d_forward(**(fitting() | {"x": np.zeros((2, 6, 5, 4))}))
    with pytest.raises(ValueError, match="weight is not C-contiguous"):
        _kernels.conv2d_forward(**(fitting() | {"weight": zeros(7, 4, 3, 3).T}))
