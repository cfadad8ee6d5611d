"""The linear layer y = x W + b (report, section 1)."""

from __future__ import annotations

import numpy as np

from fernet._kernels.reference.relu import relu_forward


def linear_forward(x, weight, bias, y, relu=False):
    """``y = x @ weight + bias``, then ``max(y, 0)`` if `relu`.

    Shapes (N, D), (D, B), (B,) and (N, B).
    """
    np.matmul(x, weight, out=y)
    if bias is not None:
        y += bias
    if relu:
        relu_forward(y, y)


def linear_backward_input(dy, weight, dx):
    """``dx = dy @ weight.T``. Shapes (N, B), (D, B), (N, D)."""
    np.matmul(dy, weight.T, out=dx)


def linear_backward_params(x, dy, dweight, dbias):
    """``dweight = x.T @ dy`` and ``dbias = dy.sum(axis=0)``, which sums over the batch."""
    np.matmul(x.T, dy, out=dweight)
    if dbias is not None:
        np.sum(dy, axis=0, out=dbias)
