"""Updates over the flat parameter array."""

from __future__ import annotations

import numpy as np


def _with_decay(params, grads, weight_decay, n_decayed):
    total = grads.copy()
    total[:n_decayed] += weight_decay * params[:n_decayed]
    return total


def _decayed_squares(params, weight_decay, n_decayed):
    return sum_of_squares(params[:n_decayed]) if weight_decay else 0.0


def sgd_update(
    params, grads, velocity, learning_rate, momentum, weight_decay, n_decayed, nesterov=False
):
    """Gradient step with momentum; the first `n_decayed` parameters carry the L2 term.

    ``v = momentum * v - learning_rate * g``, ``p += v`` (Nesterov's form as in Sutskever et al.,
    ICML 2013: ``p += momentum * v - learning_rate * g``). Returns the decayed parameters' sum of
    squares before the step, for the L2 term of the loss; 0 without `weight_decay`.
    """
    squares = _decayed_squares(params, weight_decay, n_decayed)
    step = learning_rate * _with_decay(params, grads, weight_decay, n_decayed)
    velocity *= momentum
    velocity -= step
    params += momentum * velocity - step if nesterov else velocity
    return squares


def adam_update(
    params,
    grads,
    first_moment,
    second_moment,
    step,
    learning_rate,
    beta_1,
    beta_2,
    epsilon,
    weight_decay,
    n_decayed,
):
    """Step number `step` (from 1) of Adam (Kingma & Ba 2015), bias correction as in its section 2.

    Returns what :func:`sgd_update` returns.
    """
    squares = _decayed_squares(params, weight_decay, n_decayed)
    total = _with_decay(params, grads, weight_decay, n_decayed)
    first_moment *= beta_1
    first_moment += (1 - beta_1) * total
    second_moment *= beta_2
    second_moment += (1 - beta_2) * total * total
    rate = learning_rate * np.sqrt(1 - beta_2**step) / (1 - beta_1**step)
    params -= rate * first_moment / (np.sqrt(second_moment) + epsilon)
    return squares


def ema_update(average, params, decay):
    """``average = decay * average + (1 - decay) * params``."""
    average *= decay
    average += (1 - decay) * params


def mirror_mean(weight, input_pairs, output_pairs):
    """``weight = (weight + mirror image) / 2``; of pairs, the halves of channels change places."""
    mirrored = weight[:, ::-1]
    for axis, are_pairs in ((2, input_pairs), (3, output_pairs)):
        if are_pairs:
            mirrored = np.roll(mirrored, weight.shape[axis] // 2, axis)
    weight[...] = (weight + mirrored) * weight.dtype.type(0.5)


def sum_of_squares(x):
    """``sum(x ** 2)`` in float64."""
    x = np.asarray(x, dtype=np.float64)
    return float(np.dot(x, x))


def scale_inplace(x, factor):
    """``x *= factor``."""
    x *= factor
