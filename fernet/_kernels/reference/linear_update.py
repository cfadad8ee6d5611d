"""Updates of a linear layer's parameters straight from its input and the gradient to its output."""

from __future__ import annotations

import numpy as np

from fernet._kernels.reference.linear import linear_backward_params
from fernet._kernels.reference.updates import adam_update, sgd_update


def linear_backward_sgd(
    x,
    dy,
    params,
    velocity,
    weight_start,
    bias_start,
    learning_rate,
    momentum,
    weight_decay,
    nesterov=False,
):
    """:func:`linear_backward_params`, then :func:`sgd_update` of the layer's part of `params`.

    Shapes (N, D) and (N, B); the weight (D, B) begins at element `weight_start` of the flat
    `params`, the bias (B,) behind it at `bias_start`, or at -1 if there is none. The weight
    carries weight decay, the bias does not. Returns the weight's sum of squares before the step,
    0 without `weight_decay`.
    """
    squares = 0.0
    for part, grads, n_decayed in _parts(x, dy, weight_start, bias_start):
        squares += sgd_update(
            params[part],
            grads,
            velocity[part],
            learning_rate,
            momentum,
            weight_decay,
            n_decayed,
            nesterov,
        )
    return squares


def linear_backward_adam(
    x,
    dy,
    params,
    first_moment,
    second_moment,
    weight_start,
    bias_start,
    step,
    learning_rate,
    beta_1,
    beta_2,
    epsilon,
    weight_decay,
):
    """:func:`linear_backward_sgd` with :func:`adam_update` in place of SGD."""
    squares = 0.0
    for part, grads, n_decayed in _parts(x, dy, weight_start, bias_start):
        squares += adam_update(
            params[part],
            grads,
            first_moment[part],
            second_moment[part],
            step,
            learning_rate,
            beta_1,
            beta_2,
            epsilon,
            weight_decay,
            n_decayed,
        )
    return squares


def _parts(x, dy, weight_start, bias_start):
    """Yield where weight and bias are, their gradients, and how many of each decay."""
    dweight = np.empty((x.shape[1], dy.shape[1]), x.dtype)
    dbias = np.empty(dy.shape[1], x.dtype)
    linear_backward_params(x, dy, dweight, dbias)
    yield slice(weight_start, weight_start + dweight.size), dweight.reshape(-1), dweight.size
    if bias_start != -1:
        yield slice(bias_start, bias_start + dbias.size), dbias, 0
