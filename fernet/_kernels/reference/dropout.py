"""Inverted dropout (report, section 2)."""

from __future__ import annotations

import numpy as np

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


def dropout_backward(dy, dx, mask, rate, y=None):
    """``dx = dy / (1 - rate)`` where `mask` kept the element, and ``y > 0`` if given, else 0."""
    kept = np.unpackbits(mask, bitorder="little", count=dy.size).astype(bool).reshape(dy.shape)
    if y is not None:
        kept &= y > 0
    np.copyto(dx, np.where(kept, dy * _keep_scale(rate), 0))
