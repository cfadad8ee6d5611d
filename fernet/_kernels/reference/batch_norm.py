"""Batch normalisation (Ioffe & Szegedy 2015) and the ReLU behind it."""

from __future__ import annotations

import math

import numpy as np

from fernet._kernels.reference.relu import relu_forward


def batch_norm_forward(x, gamma, beta, mean, var, y, eps, relu=False):
    """Normalise each channel, the last axis of `x`, by its own mean and variance over the batch.

    Writes them to `mean` and `var`, the latter biased (divided by the number of rows); both are
    0 for a batch of none. Then as :func:`batch_norm_inference`.
    """
    axes = tuple(range(x.ndim - 1))
    mean[:] = var[:] = 0
    if x.size > 0:
        np.mean(x, axis=axes, out=mean)
        np.var(x, axis=axes, out=var)
    batch_norm_inference(x, gamma, beta, mean, var, y, eps, relu)


def batch_norm_inference(x, gamma, beta, mean, var, y, eps, relu=False):
    """``y = (x - mean) * gamma / sqrt(var + eps) + beta``, then ``max(y, 0)`` if `relu`."""
    np.copyto(y, (x - mean) * (gamma / np.sqrt(var + eps)) + beta)
    if relu:
        relu_forward(y, y)


def batch_norm_backward(dy, x, gamma, beta, mean, var, dx, dgamma, dbeta, eps, relu=False):
    """Gradients of :func:`batch_norm_forward`, which wrote `mean` and `var`.

    With `relu`, `dy` counts only where the output, computed again from `x`, is positive. `dx` may
    be `dy`.
    """
    axes = tuple(range(x.ndim - 1))
    if relu:
        y = np.empty_like(x)
        batch_norm_inference(x, gamma, beta, mean, var, y, eps)
        dy = np.where(y > 0, dy, 0)
    scale = 1 / np.sqrt(var + eps)
    normalised = (x - mean) * scale
    np.sum(dy, axis=axes, out=dbeta)
    np.sum(dy * normalised, axis=axes, out=dgamma)
    n_rows = math.prod(x.shape[:-1])
    if n_rows > 0:
        np.copyto(dx, gamma * scale * (dy - (dbeta + normalised * dgamma) / n_rows))
