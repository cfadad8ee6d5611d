"""Max pooling over windows that do not overlap, and global average pooling."""

from __future__ import annotations

import math

import numpy as np


def _windows(x, size):
    """Whole windows of `x` (N, H, W, C): (N, OH, OW, C, values of the window row by row)."""
    n, h, w, c = x.shape
    size_h, size_w = size
    oh, ow = h // size_h, w // size_w
    whole = x[:, : oh * size_h, : ow * size_w].reshape(n, oh, size_h, ow, size_w, c)
    return whole.transpose(0, 1, 3, 5, 2, 4).reshape(n, oh, ow, c, size_h * size_w)


def argmax_size(y_size, size=(2, 2)):
    """Bytes that :func:`max_pool_forward` needs to remember where `y_size` maxima stood."""
    return (y_size + 3) // 4 if tuple(size) == (2, 2) else y_size


def _pack_places(places, size):
    if tuple(size) != (2, 2):
        return places.ravel()
    fours = np.zeros((argmax_size(places.size), 4), np.uint8)
    fours.ravel()[: places.size] = places.ravel()
    return np.bitwise_or.reduce(fours << np.array([0, 2, 4, 6], np.uint8), axis=1)


def _unpack_places(argmax, shape, size):
    if tuple(size) == (2, 2):
        fours = (argmax[:, None] >> np.array([0, 2, 4, 6], np.uint8)) & 3
        argmax = fours.ravel()[: math.prod(shape)]
    return argmax.reshape(shape)


def max_pool_forward(x, y, argmax, size=(2, 2)):
    """Maximum of each window of `size`, in steps of `size`; a NaN counts as the largest value.

    Rows and columns beyond the last whole window are dropped. Shapes (N, H, W, C) and
    (N, H // size[0], W // size[1], C). Unless it is None, `argmax` remembers the place of the
    first maximum, counted along the window's rows: for 2x2 windows two bits each, four windows
    of `y`'s memory order a byte, the first lowest; for other sizes a byte each.
    """
    windows = _windows(x, size)
    places = windows.argmax(axis=-1)
    np.copyto(y, np.take_along_axis(windows, places[..., None], axis=-1)[..., 0])
    if argmax is not None:
        argmax[:] = _pack_places(places, size)


def max_pool_backward(dy, y, argmax, dx, size=(2, 2), relu=False):
    """Hand each gradient to its window's maximum, and 0 to every other place of `dx`.

    With `relu`, gradients where not ``y > 0`` are dropped, which is the mask of a ReLU before the
    pool; without it `y` is not read and may be None.
    """
    n, oh, ow, c = dy.shape
    if relu:
        dy = np.where(y > 0, dy, 0)
    here = np.arange(size[0] * size[1]) == _unpack_places(argmax, dy.shape, size)[..., None]
    spread = np.where(here, dy[..., None], 0).reshape(n, oh, ow, c, *size)
    dx[:] = 0
    whole = dx[:, : oh * size[0], : ow * size[1]]
    whole[:] = spread.transpose(0, 1, 4, 2, 5, 3).reshape(whole.shape)


def global_avg_pool_forward(x, y):
    """Mean of each channel over an image's positions: (N, H, W, C) to (N, C)."""
    np.mean(x, axis=(1, 2), out=y)


def global_avg_pool_backward(dy, dx):
    """``dx = dy / (H W)`` at every position: (N, C) to (N, H, W, C)."""
    np.copyto(dx, (dy / (dx.shape[1] * dx.shape[2]))[:, None, None, :])
