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
    return _update_parts(
        sgd_update,
        [params, velocity],
        _gradients(x, dy, weight_start, bias_start),
        learning_rate=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        nesterov=nesterov,
    )


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
    return _update_parts(
        adam_update,
        [params, first_moment, second_moment],
        _gradients(x, dy, weight_start, bias_start),
        step=step,
        learning_rate=learning_rate,
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=epsilon,
        weight_decay=weight_decay,
    )


def _update_parts(update, arrays, gradients, **settings):
    squares = 0.0
    for start, grads, n_decayed in gradients:
        params, *moments = (array[start : start + grads.size] for array in arrays)
        squares += update(params, grads, *moments, n_decayed=n_decayed, **settings)
    return squares


def _gradients(x, dy, weight_start, bias_start):
    """Return where weight and bias begin, their gradients, and how many of each decay."""
    dweight = np.empty((x.shape[1], dy.shape[1]), x.dtype)
    dbias = np.empty(dy.shape[1], x.dtype)
    linear_backward_params(x, dy, dweight, dbias)
    weight = [(weight_start, dweight.reshape(-1), dweight.size)]
    return weight if bias_start == -1 else [*weight, (bias_start, dbias, 0)]
