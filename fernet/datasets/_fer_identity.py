"""Which of FER2013's images a picture is, in whatever order and file it comes.

Kaggle's folders and CSVs that were written anew have the competition's images in other orders,
some saved as JPEG. A table of fingerprints, 64 bits an image, finds each one's row again. The
fingerprint is the signs of an image's 64 coarsest cosine coefficients but the mean: saving as JPEG
of quality 75, which changes pixels by 4 grey levels on average, turned at most 3 of them in 1,500
images.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from fernet.emotions import IMAGE_SHAPE

__all__ = ["FINGERPRINTED", "find_rows", "fingerprints"]
__dir__ = __all__.copy

FINGERPRINTED = (28709, 3589)
"""How many images of Training and of PublicTest the table holds; PrivateTest's are not in it."""

_TABLE = "fer2013_fingerprints.npy"
_MOST_TURNED = 3
_LEAST = 0.5  # grey levels: in a blank image every coefficient is 0 but for rounding
_AT_A_TIME = 2048
_FREQUENCIES = sorted(
    ((u, v) for u in range(12) for v in range(12) if u or v),
    key=lambda uv: (uv[0] ** 2 + uv[1] ** 2, uv),
)[:64]
_WORD_BITS = 16
_ONES = np.array([bin(byte).count("1") for byte in range(256)], dtype=np.uint8)


def fingerprints(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return the fingerprints of images.

    Parameters
    ----------
    pixels : ndarray of shape (n, 2304), uint8

    Returns
    -------
    ndarray of shape (n,), uint64
        0 for an image without any structure.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.datasets._fer_identity import fingerprints
    >>> fingerprints(np.full((1, 2304), 90, np.uint8)).tolist()
    [0]
    """
    parts = [
        _fingerprints(pixels[start : start + _AT_A_TIME])
        for start in range(0, len(pixels), _AT_A_TIME)
    ]
    return np.concatenate([np.empty(0, np.uint64), *parts])


def _fingerprints(pixels: NDArray[np.uint8]) -> NDArray[np.uint64]:
    images = pixels.reshape(-1, *IMAGE_SHAPE).astype(np.float64)
    coarse = dct(dct(images, axis=1)[:, :12], axis=2)[:, :, :12]
    rows, columns = zip(*_FREQUENCIES, strict=True)
    positive = coarse[:, rows, columns] > _LEAST
    packed = np.ascontiguousarray(np.packbits(positive, axis=1, bitorder="little"))
    return packed.view("<u8").ravel().astype(np.uint64)


def find_rows(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find images in FER2013.

    Parameters
    ----------
    pixels : ndarray of shape (n, 2304), uint8

    Returns
    -------
    split : ndarray of shape (n,), int64
        0 for Training, 1 for PublicTest, -1 for an image that is not found, or has no structure.
    row : ndarray of shape (n,), int64
        Which image of its split; the first of several that are alike.
    """
    table = _table()
    prints = fingerprints(pixels)
    known, first = np.unique(table, return_index=True)
    at = np.searchsorted(known, prints).clip(max=len(known) - 1)
    exact = (known[at] == prints) & (prints != 0)
    found = np.where(exact, first[at], -1)
    others = np.flatnonzero(~exact & (prints != 0))
    found[others] = _nearest(prints[others], table)
    split = np.where(found < 0, -1, (found >= FINGERPRINTED[0]).astype(np.int64))
    return split, np.where(split == 1, found - FINGERPRINTED[0], found)


def _nearest(prints: NDArray[np.uint64], table: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Find the table's entry with the fewest bits turned, -1 where that is too many.

    Of 64 bits in four words at most three are turned, so that one word at least is as it was.
    """
    best = np.full(len(prints), -1, np.int64)
    fewest = np.full(len(prints), _MOST_TURNED + 1, np.int64)
    for shift in range(0, 64, _WORD_BITS):
        words, wanted = _word(table, shift), _word(prints, shift)
        order = np.argsort(words, kind="stable")
        starts = np.searchsorted(words[order], wanted, side="left")
        stops = np.searchsorted(words[order], wanted, side="right")
        for i, (start, stop) in enumerate(zip(starts, stops, strict=True)):
            candidates = order[start:stop]
            if not len(candidates):
                continue
            turned = _count_ones(table[candidates] ^ prints[i])
            nearest = int(turned.argmin())
            if (turned[nearest], candidates[nearest]) < (fewest[i], best[i]):
                fewest[i], best[i] = turned[nearest], candidates[nearest]
    return best


def _word(prints: NDArray[np.uint64], shift: int) -> NDArray[np.uint64]:
    return (prints >> np.uint64(shift)) & np.uint64(2**_WORD_BITS - 1)


def _count_ones(bits: NDArray[np.uint64]) -> NDArray[np.int64]:
    return _ONES[bits.view(np.uint8).reshape(len(bits), 8)].sum(axis=1, dtype=np.int64)


@cache
def _table() -> NDArray[np.uint64]:
    with resources.files("fernet.datasets").joinpath(_TABLE).open("rb") as file:
        return np.load(file, allow_pickle=False).astype(np.uint64)
