"""Softmax and cross-entropy (report, section 3)."""

from __future__ import annotations

import numpy as np


def softmax_forward(logits, proba):
    """Rows of `proba` are ``exp(logits) / sum(exp(logits))``, the maximum subtracted first."""
    np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf), out=proba)
    proba /= proba.sum(axis=1, keepdims=True)


def log_softmax_forward(logits, log_proba):
    """Logarithm of the softmax, without taking the logarithm of a vanished probability."""
    shifted = logits - logits.max(axis=1, keepdims=True, initial=-np.inf)
    np.subtract(shifted, np.log(np.exp(shifted).sum(axis=1, keepdims=True)), out=log_proba)


def softmax_cross_entropy(logits, target, weight, scale, label_smoothing, loss, dlogits):
    """Cross-entropy of each row and its gradient to the logits.

    ``loss[i] = weight[i] * -sum_k t[i, k] log p[i, k]`` and
    ``dlogits[i] = scale * weight[i] * (p[i] - t[i])``, where ``t`` puts ``1 - label_smoothing``
    on the target and spreads `label_smoothing` evenly over all classes (Szegedy et al. 2016).
    """
    n = len(logits)
    one_hot = np.zeros_like(logits)
    one_hot[np.arange(n), target] = 1
    soft_target_cross_entropy(logits, one_hot, weight, scale, label_smoothing, loss, dlogits)


def soft_target_cross_entropy(logits, target, weight, scale, label_smoothing, loss, dlogits):
    """Cross-entropy of each row, and its gradient, where rows of `target` are distributions.

    As `softmax_cross_entropy`, with ``t = (1 - label_smoothing) * target + label_smoothing /
    n_classes``. Each row of `target` has to sum to 1, or the gradient is not that of the loss.
    """
    n, n_classes = logits.shape
    log_proba = np.empty_like(logits)
    log_softmax_forward(logits, log_proba)
    smoothed = (1 - label_smoothing) * target + label_smoothing / n_classes
    row_weight = np.ones(n, logits.dtype) if weight is None else weight
    # 0 * inf: a class that carries no target mass adds nothing, even at log p = -inf
    terms = np.where(smoothed > 0, smoothed * log_proba, 0)
    np.multiply(-terms.sum(axis=1), row_weight, out=loss)
    np.multiply(np.exp(log_proba) - smoothed, (scale * row_weight)[:, None], out=dlogits)


def count_right(logits, target):
    """How many rows of `logits` are largest where `target` says; of equal ones the first counts.

    A NaN counts as larger than all numbers.
    """
    return int(np.count_nonzero(logits.argmax(axis=1) == target))


def batch_figures(loss, logits, target, figures):
    """Write ``figures = (sum of loss, count_right(logits, target))``, in float64.

    The sum is made in the losses' own precision, pairwise.

    Raises
    ------
    FloatingPointError
        If the sum is not finite; `figures` is written all the same. A tape ends there.
    """
    with np.errstate(over="ignore"):
        figures[:] = np.add.reduce(loss), count_right(logits, target)
    if not np.isfinite(figures[0]):
        raise FloatingPointError("the sum of the losses is not finite")
