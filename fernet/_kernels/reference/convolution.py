"""Convolution of channels-last images as products of patches and weights, and its two gradients.

A patch is the part of the zero-padded image that one output needs. `algorithm` says how the
compiled kernels compute, not what, and is not looked at here.
"""

from __future__ import annotations

import numpy as np

from fernet._kernels.reference.pooling import max_pool_forward
from fernet._kernels.reference.relu import relu_backward, relu_forward


def _padded(x, padding):
    ph, pw = padding
    return np.pad(x, [(0, 0), (ph, ph), (pw, pw), (0, 0)])


def _patches(x, kernel_size, stride, padding):
    """View (N, OH, OW, KH, KW, C): ``patches[n, i, j]`` is what output (i, j) of image n needs."""
    windows = np.lib.stride_tricks.sliding_window_view(
        _padded(x, padding), kernel_size, axis=(1, 2)
    )
    return np.moveaxis(windows[:, :: stride[0], :: stride[1]], 3, 5)


def conv2d_forward(
    x,
    weight,
    bias,
    y,
    stride=(1, 1),
    padding=(0, 0),
    relu=False,
    algorithm="auto",
    training=False,
    packed=None,
):
    """``y[n, i, j] = sum(patch[n, i, j] * weight) + bias``, then ``max(y, 0)`` if `relu`.

    Shapes (N, H, W, C), (KH, KW, C, OC), (OC,) or None, and (N, OH, OW, OC), where
    ``OH = (H + 2 * padding[0] - KH) // stride[0] + 1``. As usual in neural networks the kernel is
    not turned: in other fields this is a cross-correlation. The compiled kernel may round otherwise
    where `training` is True, and be faster on batches; it reads `packed` in place of `weight`, if
    that is given, which is what `conv2d_pack` made of the same weight.
    """
    np.copyto(y, np.tensordot(_patches(x, weight.shape[:2], stride, padding), weight, axes=3))
    if bias is not None:
        y += bias
    if relu:
        relu_forward(y, y)


def conv2d_packed_size(x_shape, weight_shape, stride=(1, 1), padding=(0, 0), algorithm="auto"):
    """How many elements `conv2d_pack` writes: 0 where weights are best as they are, as here.

    It doesn't depend on how many images `x_shape` has, but it does on the instruction set.
    """
    return 0


def conv2d_pack(x_shape, weight, packed, stride=(1, 1), padding=(0, 0), algorithm="auto"):
    """Lay weights out once for many predictions, which then give the same bits.

    The layout is the compiled kernels' affair, and another one for each instruction set.
    """


def conv2d_pools(x_shape, weight_shape, stride=(1, 1), padding=(0, 0), algorithm="auto"):
    """Whether `conv2d_pool_forward` can do it. The compiled kernel does where it saves time."""
    return True


def conv2d_pool_forward(
    x,
    weight,
    bias,
    y,
    argmax,
    stride=(1, 1),
    padding=(0, 0),
    relu=False,
    algorithm="auto",
    training=False,
    packed=None,
):
    """Convolve, then take the maxima of 2x2 windows into `y` and their places into `argmax`.

    As `conv2d_forward` and `max_pool_forward` one after the other, without the array between.
    """
    (n, h, w, _), (kh, kw, _, oc) = x.shape, weight.shape
    oh = (h + 2 * padding[0] - kh) // stride[0] + 1
    ow = (w + 2 * padding[1] - kw) // stride[1] + 1
    convolved = np.empty((n, oh, ow, oc), dtype=y.dtype)
    conv2d_forward(x, weight, bias, convolved, stride, padding, relu)
    max_pool_forward(convolved, y, argmax)


def conv2d_backward_input(
    dy, weight, dx, stride=(1, 1), padding=(0, 0), relu_x=None, algorithm="auto"
):
    """Add to each pixel of `dx` what reaches it through every output that saw it.

    `relu_x` is None, or the layer's input (N, H, W, C) if that is the output of a ReLU, whose
    gradient is then taken too: `dx` is 0 where `relu_x` is not positive.
    """
    (kh, kw), (sh, sw), (ph, pw) = weight.shape[:2], stride, padding
    (h, w), (oh, ow) = dx.shape[1:3], dy.shape[1:3]
    padded = _padded(np.zeros_like(dx), padding)
    for i in range(kh):
        for j in range(kw):
            seen = padded[:, i : i + sh * oh : sh, j : j + sw * ow : sw]
            seen += np.matmul(dy, weight[i, j].T)
    np.copyto(dx, padded[:, ph : ph + h, pw : pw + w])
    if relu_x is not None:
        relu_backward(dx, relu_x, dx)


def conv2d_backward_params(x, dy, dweight, dbias, stride=(1, 1), padding=(0, 0), algorithm="auto"):
    """``dweight = sum(patch[n, i, j] * dy[n, i, j])`` and ``dbias = sum(dy[n, i, j])``.

    The sums are over all outputs of all images. `dbias` may be None.
    """
    patches = _patches(x, dweight.shape[:2], stride, padding)
    np.copyto(dweight, np.tensordot(patches, dy, axes=([0, 1, 2], [0, 1, 2])))
    if dbias is not None:
        np.sum(dy, axis=(0, 1, 2), out=dbias)


def conv2d_backward(
    x,
    dy,
    weight,
    dx,
    dweight,
    dbias,
    stride=(1, 1),
    padding=(0, 0),
    relu_x=None,
    algorithm="auto",
):
    """Both gradients, as `conv2d_backward_params` and `conv2d_backward_input` compute them."""
    conv2d_backward_params(x, dy, dweight, dbias, stride, padding)
    conv2d_backward_input(dy, weight, dx, stride, padding, relu_x)
