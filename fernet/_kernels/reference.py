"""The kernels in plain NumPy: what each one computes, written to be read.

Every function here has the name, the arguments and the meaning of its compiled twin in
:mod:`fernet._kernels`, and is the oracle that the twin is tested against. Outputs are given by
the caller and overwritten. Arrays may be of any floating dtype; gradients are checked against
central differences here in float64.
"""

from __future__ import annotations

import numpy as np

# -- linear layer: y = x W + b (report, section 1) -----------------------------------------


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


# -- ReLU (report, section 1.3) --------------------------------------------------------------


def relu_forward(x, y):
    """``y = max(x, 0)``; NaN stays NaN."""
    np.maximum(x, 0, out=y)


def relu_backward(dy, y, dx):
    """``dx = dy`` where the output `y` was positive, else 0."""
    positive = y > 0
    np.copyto(dx, np.where(positive, dy, 0))


# -- inverted dropout (report, section 2) ----------------------------------------------------

_PHILOX_M0, _PHILOX_M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_PHILOX_W0, _PHILOX_W1 = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)


def philox4x32(n, seed, step, layer):
    """First `n` outputs of Philox4x32-10 with the 64-bit key `seed`.

    Output ``4 b + j`` is word ``j`` of the block whose counter is
    ``(b mod 2^32, layer, step mod 2^32, step >> 32)``; the high part of ``b`` is folded into
    `layer`'s upper half. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
    """
    block = np.arange((n + 3) // 4, dtype=np.uint64)
    c0 = block & _LOW
    c1 = np.uint64(layer & 0xFFFF) | ((block >> np.uint64(32)) << np.uint64(16))
    c2 = np.full_like(block, step & 0xFFFFFFFF)
    c3 = np.full_like(block, (step >> 32) & 0xFFFFFFFF)
    k0, k1 = seed & 0xFFFFFFFF, (seed >> 32) & 0xFFFFFFFF
    for _ in range(10):
        p0, p1 = _PHILOX_M0 * c0, _PHILOX_M1 * c2
        c0, c1, c2, c3 = (
            (p1 >> np.uint64(32)) ^ c1 ^ np.uint64(k0),
            p1 & _LOW,
            (p0 >> np.uint64(32)) ^ c3 ^ np.uint64(k1),
            p0 & _LOW,
        )
        k0, k1 = (k0 + _PHILOX_W0) & 0xFFFFFFFF, (k1 + _PHILOX_W1) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=1).ravel()[:n].astype(np.uint32)


def dropout_threshold(rate):
    """Number of the 2^32 random words that drop an element."""
    return int(rate * 2.0**32)


def _keep_scale(rate):
    return np.float32(1.0 / (1.0 - rate))


def dropout_forward(x, y, mask, rate, seed, step, layer):
    """Keep each element with probability ``1 - rate`` and scale it by ``1 / (1 - rate)``.

    `mask` (uint8, one bit an element, lowest bit first) remembers what was kept. Srivastava et
    al., "Dropout", JMLR 2014; the inverted form is the report's.
    """
    kept = philox4x32(x.size, seed, step, layer) >= dropout_threshold(rate)
    mask[:] = np.packbits(kept, bitorder="little")
    np.copyto(y, np.where(kept.reshape(x.shape), x * _keep_scale(rate), 0))


def dropout_backward(dy, dx, mask, rate):
    """``dx = dy / (1 - rate)`` where `mask` kept the element, else 0."""
    kept = np.unpackbits(mask, bitorder="little", count=dy.size).astype(bool).reshape(dy.shape)
    np.copyto(dx, np.where(kept, dy * _keep_scale(rate), 0))


# -- softmax and cross-entropy (report, section 3) -------------------------------------------


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
    n, n_classes = logits.shape
    log_proba = np.empty_like(logits)
    log_softmax_forward(logits, log_proba)
    smoothed = np.full_like(logits, label_smoothing / n_classes)
    smoothed[np.arange(n), target] += 1 - label_smoothing
    row_weight = np.ones(n, logits.dtype) if weight is None else weight
    # 0 * inf: a class that carries no target mass adds nothing, even at log p = -inf
    terms = np.where(smoothed > 0, smoothed * log_proba, 0)
    np.multiply(-terms.sum(axis=1), row_weight, out=loss)
    np.multiply(np.exp(log_proba) - smoothed, (scale * row_weight)[:, None], out=dlogits)


# -- updates over the flat parameter array ---------------------------------------------------


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


def sum_of_squares(x):
    """``sum(x ** 2)`` in float64."""
    x = np.asarray(x, dtype=np.float64)
    return float(np.dot(x, x))


def scale_inplace(x, factor):
    """``x *= factor``."""
    x *= factor


# -- batches ---------------------------------------------------------------------------------


def _standardise(values, offset, scale):
    if offset is not None:
        values = values - offset
    return values if scale is None else values * scale


def gather_rows(X, indices, offset, scale, out):
    """``out[b] = (X[indices[b]] - offset) * scale``: a batch in float32, rows of any dtype."""
    np.copyto(out, _standardise(X[indices].astype(np.float32), offset, scale))


def _mirror(position, size):
    """Position on ``0 .. size - 1`` reflected about the centres of the edge pixels."""
    if size == 1:
        return np.zeros_like(position)
    period = np.float32(2 * (size - 1))
    position = np.abs(position)
    position = position - np.floor(position / period) * period
    return np.minimum(position, period - position).clip(0, size - 1)


def _bilinear(image, r, c):
    """Values of `image` (H, W, C) at the real positions `r`, `c`."""
    height, width = image.shape[:2]
    r0, c0 = r.astype(np.int64), c.astype(np.int64)
    r1, c1 = np.minimum(r0 + 1, height - 1), np.minimum(c0 + 1, width - 1)
    fr, fc = (r - r0)[..., None].astype(np.float32), (c - c0)[..., None].astype(np.float32)
    image = image.astype(np.float32)
    top = image[r0, c0] + fc * (image[r0, c1] - image[r0, c0])
    bottom = image[r1, c0] + fc * (image[r1, c1] - image[r1, c0])
    return top + fr * (bottom - top)


def affine_gather(X, indices, matrices, gain, bias, boxes, fill, offset, scale, out):
    """A batch of warped images in float32.

    Pixel (r, c) of image ``b`` takes the value at ``matrices[b] @ (r - cr, c - cc, 1) + (cr, cc)``
    of ``X[indices[b]]``, where (cr, cc) is the image's centre; between pixels bilinear, beyond
    the border mirrored. Then ``gain[b] * v + bias[b]``, clipped to 0..255 for uint8 images; then
    the box ``boxes[b] = (r0, r1, c0, c1)`` is set to `fill`; then ``(v - offset) * scale``.
    """
    height, width = X.shape[1:3]
    centre_r, centre_c = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    r, c = np.meshgrid(
        np.arange(height, dtype=np.float32) - centre_r,
        np.arange(width, dtype=np.float32) - centre_c,
        indexing="ij",
    )
    for b, index in enumerate(indices):
        m = matrices[b]
        source_r = _mirror(m[0, 0] * r + m[0, 1] * c + m[0, 2] + centre_r, height)
        source_c = _mirror(m[1, 0] * r + m[1, 1] * c + m[1, 2] + centre_c, width)
        value = _bilinear(X[index], source_r, source_c) * gain[b] + bias[b]
        if X.dtype == np.uint8:
            value = value.clip(0, 255)
        r0, r1, c0, c1 = boxes[b].clip(0)
        value[r0:r1, c0:c1] = fill
        out[b] = _standardise(value.ravel(), offset, scale).reshape(out.shape[1:])
