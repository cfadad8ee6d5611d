"""A number that tells whether anything in an array has changed."""

from __future__ import annotations

import numpy as np

FACTOR = 0x9E3779B97F4A7C15


def checksum(x):
    """``sum(x[i] * FACTOR ** i)`` modulo 2 ** 64, over the array as unsigned words of 32 bits.

    FACTOR is odd and so has an inverse: a word that changes always changes the sum.
    """
    words = np.ascontiguousarray(x).reshape(-1).view(np.uint32).astype(np.uint64)
    factors = np.full(words.size, FACTOR, dtype=np.uint64)
    factors[:1] = 1
    return int(np.sum(words * np.cumprod(factors, dtype=np.uint64), dtype=np.uint64))
